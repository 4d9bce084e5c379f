"""What five earlier projects document, on their own sample inputs.

Each test gives our settings for that project's way of making examples, and says where we differ
on purpose, because the original loses or leaks something there.
"""

from __future__ import annotations

from datetime import datetime

import orjson
import pytest

from core.dataset import DatasetSettings, Filters, build_dataset
from core.formats import (
    LegacyStyle,
    example_to_chat,
    read_chat_jsonl,
    to_chat_jsonl,
    to_prompt_completion_jsonl,
)
from core.leaks import find_leaks
from core.problems import Problem
from core.readers import read_archive
from tests.core.made_frames import frame_of
from tests.core.test_dataset import sentence

WHOLE = {"held_out_share": 0.0, "validation_share": 0.0}


def lines(data):
    return [orjson.loads(line) for line in data.splitlines()]


def build(frame, me="me", **changes):
    return build_dataset(frame, [me], DatasetSettings(**changes))


class TestSeed000Tweets:
    """An empty prompt and the tweet, the first N of them."""

    MARV = (
        b'{"messages": [{"role": "system", "content": "Marv is a factual chatbot that is also '
        b'sarcastic."}, {"role": "user", "content": "What\'s the capital of France?"}, {"role": '
        b'"assistant", "content": "Paris, as if everyone doesn\'t know that already."}]}\n'
    )

    def test_the_documented_format_is_read_and_written(self):
        (marv,) = read_chat_jsonl(self.MARV)
        assert lines(to_chat_jsonl([marv])) == lines(self.MARV)

    def test_blank_prompt_and_the_text(self):
        tweet = "i would die for kiwis, og fruit, mf legend"
        made = build(frame_of((0, "me", tweet), kind="post"), **WHOLE)
        # The original writes an empty system message as well; we leave it out.
        assert example_to_chat(made.training[0]) == {
            "messages": [{"role": "user", "content": ""}, {"role": "assistant", "content": tweet}]
        }

    def test_from_the_archive_file_to_the_documented_form(self):
        tweet = {
            "id_str": "1",
            "full_text": "i would die for kiwis, og fruit, mf legend",
            "created_at": "Wed Nov 29 17:00:00 +0000 2023",
        }
        file = b"window.YTD.tweets.part0 = " + orjson.dumps([{"tweet": tweet}])
        archive = read_archive(file, name="tweets.js")
        made = build(archive.frame(), archive.frame()["author"].iloc[0], **WHOLE)
        assert [m[:2] for m in made.training[0].messages] == [
            ("user", ""),
            ("assistant", tweet["full_text"]),
        ]

    def test_the_first_n(self):
        frame = frame_of(*[(i, "me", sentence(i)) for i in range(40)], kind="post")
        made = build(frame, max_examples=25, selection="first", **WHOLE)
        assert [one.completion for one in made.training] == [sentence(i) for i in range(25)]

    def test_what_the_original_lets_through_is_counted(self):
        rows = [
            (0, "me", "RT @a: not mine", {"kind": "repost"}),
            (1, "me", "https://t.example/x"),
            (2, "me", "yes!", {"kind": "reply", "reply_to": "elsewhere"}),
            (3, "me", "my own words"),
        ]
        made = build(frame_of(*rows, kind="post"), **WHOLE)
        assert [one.completion for one in made.training] == ["my own words"]
        assert sum(made.receipt.left_out.values()) == 3


class TestSeed001Topics:
    """Entities as the prompt, 80 % for training, the last 20 % for validation."""

    SYSTEM = "You write X/Twitter posts about topics provided by the user."

    def settings(self, **changes):
        usual = {
            "recipe": "topics",
            "system_prompt": self.SYSTEM,
            "topic_count": (3, 3),
            "empty_prompt_share": 0.0,
            "held_out_share": 0.0,
            "validation_share": 0.2,
            "split_by": "time",
        }
        return usual | changes

    def frame(self):
        rows = [(i * 60, "me", f"{sentence(i)} with Barbara in Lisbon") for i in range(240)]
        return frame_of(*rows, (20_000, "me", "so it is then"), kind="post")

    def test_topics_are_the_prompt(self):
        made = build(self.frame(), **self.settings())
        assert [message[:2] for message in made.training[0].messages] == [
            ("system", self.SYSTEM),
            ("user", made.training[0].messages[1].content),
            ("assistant", f"{sentence(0)} with Barbara in Lisbon"),
        ]
        assert made.training[0].messages[1].content.startswith("Barbara, Lisbon, ")

    def test_four_fifths_and_the_latest_for_validation(self):
        made = build(self.frame(), **self.settings())
        assert (len(made.training), len(made.validation)) == (193, 48)
        assert max(e.sent_at for e in made.training) < min(e.sent_at for e in made.validation)

    def test_four_fifths_of_what_is_not_held_out_by_default(self):
        # The original holds nothing out. Here a fifth is kept to judge the voice, and the rest is
        # split as there.
        made = build(self.frame(), recipe="topics")
        assert (len(made.training), len(made.validation), len(made.held_out)) == (154, 39, 48)
        whole = build(self.frame(), recipe="topics", held_out_share=0.0)
        assert (len(whole.training), len(whole.validation)) == (193, 48)
        few = build(
            frame_of(*[(i, "me", sentence(i)) for i in range(14)], kind="post"), recipe="topics"
        )
        assert (len(few.training), len(few.validation), len(few.held_out)) == (11, 3, 0)

    def test_posts_without_a_topic_are_kept_unless_you_say_so(self):
        # The original drops them without a word.
        kept = build(self.frame(), **self.settings())
        blank = [e for e in kept.validation if e.completion == "so it is then"]
        assert blank[0].messages[1].content == ""
        dropped = build(self.frame(), **self.settings(topicless="leave_out"))
        assert dropped.receipt.left_out == {"no topic found": 1}
        assert len(dropped.training) + len(dropped.validation) == 240

    def test_replies_go_before_the_split_so_the_shares_hold(self):
        # The original removes them afterwards, and its 80/20 becomes 4000/500.
        rows = [
            (i * 60, "me", sentence(i), {"kind": "post" if i % 3 else "reply"}) for i in range(300)
        ]
        made = build(frame_of(*rows), **self.settings())
        assert (len(made.training), len(made.validation)) == (160, 40)


LEARN_BEN = {
    "clone": ("Ben",),
    "consent": True,
    "joiner": ". ",
    "merge_gap": float("inf"),
    "buffer_size": 1,
    **WHOLE,
}


class TestSeed002Chat:
    """WhatsApp bursts to prompt and completion, learning the other person."""

    FRAME = frame_of(
        (0, "Ann", "well that was worth a try"),
        (10, "Ann", "don't you think?"),
        (500, "Ben", "no"),
        (510, "Ben", "not really"),
        (900, "Ann", "harsh"),
        (950, "Ben", "fair"),
    )

    def test_the_documented_form(self):
        made = build(self.FRAME, "Ann", **LEARN_BEN)
        assert lines(to_prompt_completion_jsonl(made.training)) == [
            {
                "prompt": "well that was worth a try. don't you think?\n\n###\n\n",
                "completion": " no. not really ###",
            },
            {"prompt": "harsh\n\n###\n\n", "completion": " fair ###"},
        ]

    def test_from_the_chat_file_to_the_documented_form(self):
        chat = (
            "27/07/2023, 21:00 - Ann: well that was worth a try\n"
            "27/07/2023, 21:00 - Ann: don't you think?\n"
            "27/07/2023, 21:08 - Ben: no\n"
            "27/07/2023, 21:08 - Ben: not really\n"
        )
        archive = read_archive(chat.encode(), name="WhatsApp Chat with Ben.txt")
        made = build(archive.frame(), "Ann", **LEARN_BEN)
        assert lines(to_prompt_completion_jsonl(made.training)) == [
            {
                "prompt": "well that was worth a try. don't you think?\n\n###\n\n",
                "completion": " no. not really ###",
            }
        ]

    def test_learning_somebody_else_needs_their_consent(self):
        # The original's argument order clones the contact without saying so.
        with pytest.raises(Problem, match="consent"):
            build(self.FRAME, "Ann", **(LEARN_BEN | {"consent": False}))

    def test_answers_days_apart_do_not_belong_together(self):
        # The original has no notion of time.
        rows = [(0, "Ann", "are you there"), (3 * 86400, "Ben", "happy birthday!")]
        made = build(frame_of(*rows), "Ben", buffer_size=1, **WHOLE)
        assert made.training[0].messages[0].content == ""

    def test_a_third_person_overwrites_nothing(self):
        # The original loses "fine" when somebody else speaks in between.
        rows = [
            (0, "Ann", "how is it"),
            (5, "Ben", "fine"),
            (9, "Zoe", "and me?"),
            (12, "Ben", "really fine"),
        ]
        made = build(frame_of(*rows), "Ben", buffer_size=1, **WHOLE)
        assert [one.completion for one in made.training] == ["fine", "really fine"]


class TestSeed003Entities:
    """One line per message with its time; names filled in, or left to be filled."""

    SAID = (
        ("2012-07-27T21:01:54", "You were supposed to be a shut-in.", ""),
        ("2012-07-27T21:02:03", "Why didn't you call the police?", "police"),
        ("2012-07-27T21:02:34", "Yeah? Who are you pretending to be?", ""),
        (
            "2012-07-27T21:02:56",
            "His wife's in Ibiza. She left her diamonds behind, though. Worried they'd get stolen.",
            "Ibiza",
        ),
    )

    def frame(self):
        rows = [
            (0, "Selina Kyle", text, {"sent_at": datetime.fromisoformat(time)})
            for time, text, _ in self.SAID
        ]
        rows.insert(1, (0, "Bruce Wayne", "I am Bruce Wayne", {"sent_at": None}))
        return frame_of(*rows)

    def made(self, **changes):
        usual = {"recipe": "entities", "merge_gap": None, **WHOLE}
        style = LegacyStyle(separator="", stop="", include_stop=False)
        examples = build(self.frame(), "Selina Kyle", **(usual | changes)).training
        return lines(to_prompt_completion_jsonl(examples, style))

    def test_empty_completions_as_documented(self):
        assert self.made(entity_completion="empty") == [
            {"prompt": f"{time} - {text}", "completion": ""} for time, text, _ in self.SAID
        ]

    def test_filled_completions(self):
        # The original's own sample begins one of four completions with a blank and ends three
        # with END; here all do both, as its table of separators asks.
        assert self.made() == [
            {
                "prompt": f"{time} - {text}",
                "completion": f" named_entities={names}\ntime={time}\nEND",
            }
            for time, text, names in self.SAID
        ]

    def test_include_user_and_no_time(self):
        time, text, _ = self.SAID[0]
        assert self.made(entity_author=True)[0]["prompt"] == f"{time} - Selina Kyle: {text}"
        bare = self.made(entity_time=False)[0]
        assert bare == {"prompt": text, "completion": " named_entities=\nEND"}

    def test_from_the_chat_file_to_the_documented_lines(self):
        said = [
            f"[{datetime.fromisoformat(time):%d/%m/%Y, %H:%M:%S}] Selina Kyle: {text}"
            for time, text, _ in self.SAID
        ]
        said.insert(2, "[27/07/2012, 21:02:10] Bruce Wayne: I am only the butler")
        archive = read_archive("\n".join(said).encode(), name="whatsapp_convo.txt")
        settings = DatasetSettings(
            recipe="entities",
            merge_gap=None,
            entity_completion="empty",
            filters=Filters(without_authors=("Bruce Wayne",)),
            **WHOLE,
        )
        made = build_dataset(archive.frame(), ["Selina Kyle"], settings).training
        style = LegacyStyle(separator="", stop="", include_stop=False)
        assert lines(to_prompt_completion_jsonl(made, style)) == [
            {"prompt": f"{time} - {text}", "completion": ""} for time, text, _ in self.SAID
        ]

    def test_remove_takes_the_speaker_and_the_name(self):
        frame = frame_of((0, "Selina", "Bruce Wayne, you liar"), (9, "Bruce Wayne", "me?"))
        made = build(
            frame,
            "Selina",
            recipe="entities",
            entity_time=False,
            filters=Filters(remove_words=("Bruce Wayne",), without_authors=("Bruce Wayne",)),
            **WHOLE,
        )
        assert [one.messages[0].content for one in made.training] == ["you liar"]


class TestSeed004Conversations:
    """A table of exchanges to prompts with ``buffer_size`` exchanges of context."""

    TABLE = (
        ("Hello", "I'm an AI"),
        ("Open the pod bay doors please", "No"),
        ("Open the pod bay doors!", "Well, if you insist"),
        None,
        ("Good morning", "Hey"),
        ("Can you read me the news?", "No, I can't"),
        ("Is there something you can do?", "You should know"),
        ("Oh okey", "Yeah"),
    )

    def frame(self):
        conversation, rows = 0, []
        for pair in self.TABLE:
            if pair is None:
                conversation += 1
                continue
            where = {"conversation": str(conversation)}
            rows += [(None, "Human", pair[0], where), (None, "AI", pair[1], where)]
        return frame_of(*rows)

    def made(self, *, include_stop=True, **changes):
        style = LegacyStyle(actors=("Human", "AI"), include_stop=include_stop)
        examples = build(self.frame(), "AI", **(WHOLE | {"buffer_size": 3} | changes)).training
        return lines(to_prompt_completion_jsonl(examples, style))

    def test_the_documented_example(self):
        assert self.made()[-1] == {
            "prompt": "Human: Can you read me the news?\nAI: No, I can't\nHuman: Is there something "
            "you can do?\nAI: You should know\nHuman: Oh okey\nAI:",
            "completion": " Yeah\nHuman: ",
        }

    def test_from_the_table_file_to_the_documented_lines(self):
        rows = [pair or ("###", "###") for pair in self.TABLE]
        table = "\n".join(";".join(row) for row in [("Human", "AI"), *rows])
        archive = read_archive(table.encode(), name="conversations.csv")
        made = build(archive.frame(), "AI", buffer_size=3, **WHOLE).training
        style = LegacyStyle(actors=("Human", "AI"), include_stop=True)
        assert lines(to_prompt_completion_jsonl(made, style)) == self.made()

    def test_every_row_gives_an_example(self):
        # As in the original's code; its documentation shows an older version that skips the first
        # buffer_size - 1 rows of every conversation, and texts that are not those of its table.
        made = self.made()
        assert len(made) == 7
        assert made[0] == {"prompt": "Human: Hello\nAI:", "completion": " I'm an AI\nHuman: "}
        assert made[2]["prompt"] == (
            "Human: Hello\nAI: I'm an AI\nHuman: Open the pod bay doors please\nAI: No\n"
            "Human: Open the pod bay doors!\nAI:"
        )

    def test_without_the_stop(self):
        assert self.made(include_stop=False)[-1]["completion"] == " Yeah"

    @pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5])
    def test_buffer_size_is_honoured(self, size):
        # The original passes 3 whatever one asks for.
        made = self.made(buffer_size=size)
        assert max(one["prompt"].count("Human: ") for one in made) == min(size, 4)
        if size == 0:
            assert {one["prompt"] for one in made} == {""}

    def test_training_and_validation_share_no_exchange(self):
        # The original shuffles overlapping windows, and four of six turns of its only validation
        # example are in its training file.
        rows = []
        for i in range(120):
            where = {"conversation": str(i // 6)}
            rows += [
                (None, "Human", sentence(-i - 1), where),
                (None, "AI", sentence(i), where),
            ]
        made = build_dataset(
            frame_of(*rows), ["AI"], DatasetSettings(held_out_share=0.0, validation_share=0.2)
        )
        assert (len(made.training), len(made.validation)) == (96, 24)
        assert find_leaks(made).clean
