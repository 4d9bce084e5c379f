"""How a person gets their words out of each app: one sentence per source, shown on the page.

The keys are those of ``core.readers.SOURCES``. Menus move; the name of the thing to ask for
stays, so that is what the sentences lead with.
"""

from __future__ import annotations

#: Source key -> what to do in the app, and what to drop here.
HOW_TO_EXPORT: dict[str, str] = {
    "whatsapp": "Open the chat, tap its name (iPhone) or the three dots and More (Android), "
    "choose Export chat without media, and drop the zip or the .txt.",
    "x": "Settings, Your account, Download an archive of your data; drop the zip that X sends "
    "a day or so later, or only its data/tweets.js. Chats with Grok are read too.",
    "telegram": "In Telegram Desktop open the chat's menu, Export chat history, and set the format "
    "to Machine-readable JSON; drop result.json.",
    "discord": "For whole chats run DiscordChatExporter with the format JSON or CSV; for your own "
    "messages request your data under Settings, Data & Privacy, and drop the zip.",
    "slack": "A workspace owner opens Settings, Import/Export Data, Export; drop the zip.",
    "meta": "Accounts Centre, Your information and permissions, Download your information, with "
    "Messages and the format JSON; drop the zip.",
    "threads": "It is part of the Instagram download: Accounts Centre, Download your information, "
    "with Threads and the format JSON; drop the zip.",
    "signal": "Where your Signal app offers Export chat history, drop the main.jsonl (or a zip of "
    "the folder); else run signal-export on the computer where Signal Desktop is set up, and drop "
    "the chat.md or data.json files it makes.",
    "imessage": "Run imessage-exporter on your Mac with the format txt, and drop the .txt files.",
    "google_chat": "At takeout.google.com choose Google Chat only, and drop the zip.",
    "line": "Open the chat, its menu, Settings, Export chat history, and drop the .txt.",
    "wechat": "Export the chat as CSV with a desktop tool such as WeChatMsg, and drop the CSV.",
    "kakaotalk": "Open the chat, its menu, Settings, Export messages as text, and drop the .txt or "
    "the CSV.",
    "mastodon": "Preferences, Import and export, Request your archive; drop the zip or tar.gz.",
    "bluesky": "Settings, Account, Export my data, Download CAR file; drop repo.car.",
    "reddit": "At reddit.com/settings/data-request ask for your data, and drop the zip.",
    "linkedin": "Settings & Privacy, Data privacy, Get a copy of your data, with messages, comments "
    "and shares; drop the zip.",
    "mail": "At takeout.google.com choose Mail, or save messages from any mail program; drop the "
    ".mbox or the .eml files.",
    "chatgpt": "Settings, Data controls, Export data; drop the zip or conversations.json.",
    "ready": "Training files as they are: chat JSONL, prompt and completion, ShareGPT, Alpaca, "
    "preference pairs or ChatML.",
    "conversation_csv": "One column per person with the name on top, one exchange a row, and ### "
    "between two conversations; save it as CSV from any spreadsheet.",
    "table": "Any CSV, JSON list or Excel sheet with a header row; you choose which column holds "
    "the words, the author, the time and the conversation.",
    "dialogue": "A text in which every line begins with a name and a colon, say Ann: hello.",
    "plain": "A text with one post a line, or with a blank line between posts.",
}
