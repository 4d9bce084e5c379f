"""Write large made-up exports for ``benchmarks/readers.py``; the same size gives the same file.

python -m benchmarks.generate_inputs FOLDER [--messages 100000] [--only whatsapp_android ...]
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

_LINE = (
    "the kettle sings again and nobody answers so I moved your bicycle under the stairs because rain "
    "was coming ok fine tomorrow then bring lemons not limes are you up did you see it haha no way "
    "über café naïve 🍋 👩‍👧 lol maybe later on the way home call me when you can it's fine really"
)
_WORDS = _LINE.split()
_START = datetime(2018, 1, 1, 8)
#: The messages are spread over this time, however many there are.
YEARS = 8


def _lines(count: int, seed: int = 7) -> Iterator[tuple[datetime, str, str]]:
    """Time, author and text; one message in 23 has a second line."""
    rng = random.Random(seed)
    when = _START
    pause = timedelta(days=YEARS * 365.25) / max(1, count)
    people = ["Anna", "Ben Miller", "Cleo 🌻", "+49 170 0000000"]
    pool = [" ".join(rng.choices(_WORDS, k=rng.randint(1, 16))) for _ in range(5000)]
    for number in range(count):
        when += pause * rng.choice((0, 0, 0, 0, 1, 1, 2, 4))
        text = pool[rng.randrange(5000)]
        if number % 23 == 0:
            text += "\n" + pool[rng.randrange(5000)]
        yield when, people[rng.randrange(4) if number % 3 else 0], text


def whatsapp_android(path: Path, count: int) -> None:
    """``18/03/2022, 21:05 - Anna: text``, with media, deleted messages and notices."""
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for number, (when, author, text) in enumerate(_lines(count)):
            stamp = f"{when:%d/%m/%Y, %H:%M} - "
            if number % 55 == 0:
                out.write(f"{stamp}{author} added Dora\n")
            elif number % 13 == 0:
                out.write(f"{stamp}{author}: <Media omitted>\n")
            elif number % 151 == 0:
                out.write(f"{stamp}{author}: This message was deleted\n")
            else:
                out.write(f"{stamp}{author}: {text}\n")


def whatsapp_ios(path: Path, count: int) -> None:
    """``[18/03/22, 21:05:12] Anna: text``, with marks before placeholders."""
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for number, (when, author, text) in enumerate(_lines(count)):
            stamp = f"[{when:%d/%m/%y, %H:%M}:{number % 60:02}] "
            if number % 13 == 0:
                out.write(f"\u200e{stamp}{author}: \u200eimage omitted\n")
            else:
                out.write(f"{stamp}{author}: {text}\n")


def tweets(path: Path, count: int) -> None:
    """``tweets.js`` as X writes it, about 1.9 KB a post, newest first."""
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write("window.YTD.tweets.part0 = [")
        for number, (when, _, text) in enumerate(_lines(count)):
            one = _tweet(number, count, when, text)
            out.write(",\n" if number else "\n")
            text = json.dumps({"tweet": one}, indent=2, separators=(",", " : "), ensure_ascii=False)
            out.write(text)
        out.write("\n]")


def _tweet(number: int, count: int, when: datetime, text: str) -> dict:
    key = str(10**18 + (count - number) * 2**22)
    url = f"https://t.co/{number:010d}"
    reply = number % 3 == 0
    body = f"@bob {text} &amp; more" if reply else text
    urls = []
    if number % 4 == 0:
        start = len(body) + 1
        body = f"{body} {url}"
        urls = [
            {
                "url": url,
                "expanded_url": f"https://example.org/articles/{number}",
                "display_url": "example.org/articles",
                "indices": [str(start), str(start + len(url))],
            }
        ]
    one: dict = {
        "edit_info": {
            "initial": {
                "editTweetIds": [key],
                "editableUntil": f"{when:%Y-%m-%dT%H:%M:%S}.000Z",
                "editsRemaining": "5",
                "isEditEligible": True,
            }
        },
        "retweeted": False,
        "source": '<a href="https://mobile.example.com" rel="nofollow">Web App</a>',
        "entities": {
            "hashtags": [{"text": "made_up", "indices": ["0", "8"]}],
            "symbols": [],
            "user_mentions": [
                {
                    "name": "Bob",
                    "screen_name": "bob",
                    "indices": ["0", "4"],
                    "id_str": "7",
                    "id": "7",
                }
            ],
            "urls": urls,
        },
        "display_text_range": ["0", str(len(body))],
        "favorite_count": str(number % 17),
        "id_str": key,
        "truncated": False,
        "retweet_count": "0",
        "id": key,
        "created_at": f"{when:%a %b %d %H:%M:%S} +0000 {when.year}",
        "favorited": False,
        "full_text": body,
        "lang": "en",
    }
    if number % 2:
        photo = {
            "expanded_url": f"https://x.example/anna/status/{key}/photo/1",
            "indices": ["0", "1"],
            "url": "https://t.co/nothing",
            "media_url": "http://img.example/media/abcdefghijk.jpg",
            "id_str": key,
            "id": key,
            "media_url_https": "https://img.example/media/abcdefghijk.jpg",
            "sizes": {
                size: {"w": "1200", "h": "900", "resize": "fit"}
                for size in ("thumb", "small", "large")
            },
            "type": "photo",
            "display_url": "pic.example/abcdefghijk",
        }
        one["extended_entities"] = {"media": [photo]}
        one["possibly_sensitive"] = False
    if reply:
        one |= {
            "in_reply_to_status_id_str": str(10**17 + number),
            "in_reply_to_user_id": "7",
            "in_reply_to_user_id_str": "7",
            "in_reply_to_screen_name": "bob",
        }
    return one


def conversation_csv(path: Path, count: int) -> None:
    """Two people, ``;``, a ``###`` row after every eighth row."""
    rng = random.Random(5)
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, delimiter=";")
        writer.writerow(["Anna", "Ben"])
        texts = [text for _, _, text in _lines(5000)]
        for number in range(count):
            if number % 9 == 8:
                writer.writerow(["###", ""])
            else:
                writer.writerow([f"{rng.choice(texts)}; {number}", rng.choice(texts)])


def telegram(path: Path, count: int) -> None:
    """``result.json`` of one personal chat."""
    messages: list[dict] = [
        {
            "id": number,
            "type": "message",
            "date": f"{when:%Y-%m-%dT%H:%M:%S}",
            "date_unixtime": str(int((when - datetime(1970, 1, 1)).total_seconds())),
            "from": author,
            "from_id": f"user{len(author)}",
            "text": text if number % 5 else [text, {"type": "link", "text": "https://example.org"}],
            "text_entities": [{"type": "plain", "text": text}],
        }
        for number, (when, author, text) in enumerate(_lines(count))
    ]
    chat = {"name": "Anna", "type": "personal_chat", "id": 4, "messages": messages}
    path.write_text(json.dumps(chat, ensure_ascii=False, indent=1), encoding="utf-8")


def discord(path: Path, count: int) -> None:
    """DiscordChatExporter JSON of one channel."""
    messages: list[dict] = [
        {
            "id": str(10**17 + number),
            "type": "Reply" if number % 6 == 0 else "Default",
            "timestamp": f"{when:%Y-%m-%dT%H:%M:%S}.000+00:00",
            "timestampEdited": None,
            "isPinned": False,
            "content": text,
            "author": {
                "id": str(len(author)),
                "name": author,
                "discriminator": "0000",
                "nickname": author,
                "isBot": False,
                "roles": [],
            },
            "attachments": [],
            "embeds": [],
            "stickers": [],
            "reactions": [],
            "mentions": [],
        }
        for number, (when, author, text) in enumerate(_lines(count))
    ]
    export = {
        "guild": {"id": "0", "name": "Direct Messages"},
        "channel": {"id": "1", "type": "DirectTextChat", "name": "Anna"},
        "messages": messages,
        "messageCount": len(messages),
    }
    path.write_text(json.dumps(export, ensure_ascii=False, indent=1), encoding="utf-8")


def messenger(path: Path, count: int) -> None:
    """One thread of the Messenger download, with its wrongly encoded strings."""
    spoilt = [(w, _mojibake(a), _mojibake(t)) for w, a, t in _lines(count)]
    messages: list[dict] = [
        {
            "sender_name": author,
            "timestamp_ms": int((when - datetime(1970, 1, 1)).total_seconds() * 1000),
            "content": text,
            "is_geoblocked_for_viewer": False,
        }
        for when, author, text in reversed(spoilt)
    ]
    people = [{"name": name} for name in dict.fromkeys(a for _, a, _ in spoilt)]
    thread = {
        "participants": people,
        "messages": messages,
        "title": "Anna",
        "is_still_participant": True,
        "thread_path": "inbox/anna_1",
    }
    path.write_text(json.dumps(thread, indent=1), encoding="ascii")


def _mojibake(text: str) -> str:
    return text.encode("utf-8").decode("latin-1")


#: Name -> (file name, writer).
INPUTS: dict[str, tuple[str, Callable[[Path, int], None]]] = {
    "whatsapp_android": ("WhatsApp Chat with Anna.txt", whatsapp_android),
    "whatsapp_ios": ("_chat.txt", whatsapp_ios),
    "tweets": ("tweets.js", tweets),
    "conversation_csv": ("conversations.csv", conversation_csv),
    "telegram": ("result.json", telegram),
    "discord": ("channel.json", discord),
    "messenger": ("message_1.json", messenger),
}


def write_input(folder: Path, name: str, count: int) -> Path:
    """Write one input unless it is there already, and return its path."""
    file_name, writer = INPUTS[name]
    path = folder / f"{name}_{count}" / file_name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        writer(partial, count)
        partial.rename(path)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--only", nargs="*", choices=sorted(INPUTS), default=sorted(INPUTS))
    chosen = parser.parse_args()
    for name in chosen.only:
        path = write_input(chosen.folder, name, chosen.messages)
        print(f"{path.stat().st_size / 1e6:9.1f} MB  {path}")


if __name__ == "__main__":
    main()
