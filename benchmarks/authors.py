"""Made-up authors for tests and measures: everyday messages in many different hands.

Every author says much the same things; what differs is how. A ``Hand`` holds the habits as
chances, so that a single message rarely gives its author away and thirty nearly always do.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field


def _list(joined: str) -> list[str]:
    return joined.split("|")


SUBJECTS = _list(
    "the bus|the kettle|my sister|the neighbour's dog|the printer|the bakery|the meeting|"
    "our landlord|the garden|my bike|the new guy at work|the dentist|the choir|"
    "the radiator|that film|the match|the soup|the wifi|the cat|mum's phone|the market|"
    "the train|the exam|the painter|the quiz|the parcel"
)
DOINGS = _list(
    "was late again|stopped working this morning|took ages|turned out fine|"
    "is the best thing this week|made me laugh|cost far too much|"
    "went better than I thought|is still not fixed|kept me up all night|"
    "smells of burnt toast|has a new sign|was closed|looks different today|never answers|"
    "fell apart in my hands|will be ready on Friday|is moving to the other side of town|"
    "left without saying goodbye|got cancelled|needs a good clean|"
    "broke down near the bridge"
)
DETAILS = _list(
    "after dinner|on the way home|in front of everyone|with the rain coming in|"
    "because of the holiday|at half past eight|for the second time|"
    "while I was on the phone|and nobody noticed|before lunch|next to the station|"
    "without any warning|so I walked instead|and I had no umbrella|during the break|"
    "with two bags of shopping|like every single year|just when I sat down"
)
QUESTIONS = _list(
    "are you coming on Saturday|did you see it|what time should we meet|"
    "can you bring the blue one|do you want some of the bread|who else is going|"
    "have you asked them|is it still raining there|shall I call you later|"
    "where did you put the key|did they say anything|is that normal"
)
REPLIES = _list(
    "that sounds good to me|I will be there around seven|I do not think so|"
    "let me check and tell you|you were right about it|I am still at work|"
    "thank you for the lift|see you tomorrow then|I forgot to buy milk|"
    "it is going to be a long day|I have to be up early|we could try again|"
    "I am not sure about that one|you know how they are|I will send you the photos"
)

SHORTENED = {
    r"\bI am\b": "I'm",
    r"\bI will\b": "I'll",
    r"\bdo not\b": "don't",
    r"\bit is\b": "it's",
    r"\bthat is\b": "that's",
    r"\bis not\b": "isn't",
}
CLIPPED = {
    r"\byou\b": "u",
    r"\bare\b": "r",
    r"\bplease\b": "pls",
    r"\bto be\b": "2b",
    r"\bgoing to\b": "gonna",
    r"\bbecause\b": "cos",
    r"\bthank you\b": "thx",
    r"\btomorrow\b": "tmrw",
}


@dataclass(frozen=True)
class Hand:
    """How somebody writes; numbers are chances for each message unless said otherwise."""

    name: str
    small: float = 0.2
    stop: float = 0.4
    bang: float = 0.1
    dots: float = 0.1
    comma: float = 0.4
    short: float = 0.6
    clipped: float = 0.05
    emoji: float = 0.15
    laugh: float = 0.08
    stretch: float = 0.04
    opening: float = 0.25
    closing: float = 0.15
    dash: float = 0.05
    doubled: float = 0.1
    question: float = 0.25
    clauses: float = 1.4
    openings: tuple[str, ...] = ("so", "well", "ok")
    closings: tuple[str, ...] = ("anyway", "I guess")
    emojis: tuple[str, ...] = ("😂", "❤️")
    laughs: tuple[str, ...] = ("haha", "lol")
    joiners: tuple[str, ...] = (" and ", ", ", ". ")
    pets: tuple[str, ...] = ()
    pet: float = 0.0
    leaning: tuple[str, ...] = field(default=())


#: Hands drawn by hand: each is meant to be told from the others by a careful reader.
HANDS: tuple[Hand, ...] = (
    Hand(
        "Mabel Thornycroft",
        small=0.0,
        stop=0.95,
        bang=0.02,
        comma=0.9,
        short=0.1,
        emoji=0.0,
        laugh=0.0,
        opening=0.5,
        closing=0.5,
        dash=0.3,
        clauses=2.2,
        openings=("Well now", "My dear", "Goodness"),
        closings=("love Mabel", "as one does", "mind you"),
        joiners=("; ", ", and ", " - "),
        pets=("rather", "dreadfully"),
        pet=0.3,
    ),
    Hand(
        "Dez",
        small=0.97,
        stop=0.02,
        bang=0.02,
        comma=0.05,
        short=0.9,
        clipped=0.6,
        emoji=0.35,
        laugh=0.35,
        stretch=0.15,
        opening=0.45,
        closing=0.35,
        clauses=1.2,
        openings=("bro", "nah", "yo"),
        closings=("fr", "ngl", "innit"),
        emojis=("💀", "😭"),
        laughs=("lmao", "lol"),
        joiners=(" n ", " ", " but "),
        pets=("lowkey", "mad"),
        pet=0.3,
    ),
    Hand(
        "Priya S.",
        small=0.05,
        stop=0.1,
        bang=0.65,
        comma=0.3,
        short=0.8,
        emoji=0.6,
        laugh=0.3,
        stretch=0.3,
        opening=0.4,
        closing=0.25,
        doubled=0.6,
        clauses=1.5,
        openings=("Omg", "Yesss", "Okay so"),
        closings=("can't wait", "love it", "xx"),
        emojis=("🎉", "😍", "🙈", "✨"),
        laughs=("hahaha", "hehe"),
        joiners=("! ", " and ", "!! "),
        pets=("so", "literally"),
        pet=0.35,
    ),
    Hand(
        "Holger",
        small=0.4,
        stop=0.2,
        bang=0.02,
        dots=0.65,
        comma=0.15,
        short=0.3,
        emoji=0.05,
        laugh=0.05,
        opening=0.35,
        closing=0.3,
        dash=0.0,
        clauses=1.8,
        openings=("hm", "ja", "tja"),
        closings=("or so", "we will see", "whatever"),
        emojis=(":)", ";)"),
        joiners=("... ", ".. ", " but "),
        pets=("somehow", "actually"),
        pet=0.35,
    ),
    Hand(
        "Coach Ruiz",
        small=0.1,
        stop=0.75,
        bang=0.2,
        comma=0.05,
        short=0.7,
        emoji=0.08,
        laugh=0.02,
        opening=0.4,
        closing=0.4,
        question=0.4,
        clauses=2.6,
        openings=("Listen", "Team", "Quick one"),
        closings=("No excuses", "Be on time", "Respect"),
        emojis=("💪", "⚽"),
        joiners=(". ", ". "),
        pets=("guys", "big"),
        pet=0.3,
    ),
    Hand(
        "ines",
        small=0.85,
        stop=0.15,
        bang=0.05,
        dots=0.25,
        comma=0.6,
        short=0.75,
        emoji=0.25,
        laugh=0.4,
        stretch=0.2,
        opening=0.5,
        closing=0.2,
        clauses=1.6,
        openings=("ay", "oye", "mira"),
        closings=("no?", "vale", "besos"),
        emojis=("🥲", "🫶"),
        laughs=("jajaja", "jaja"),
        joiners=(", ", " pero ", " y "),
        pets=("super", "tipo"),
        pet=0.25,
    ),
)

_OPENINGS = _list(
    "so|well|ok|right|honestly|btw|oh|hey|look|um|sorry|yeah|hmm|also|wow|aye|guess what|ugh"
)
_CLOSINGS = _list(
    "anyway|I guess|though|lol|x|really|I suppose|you know|cheers|thanks|haha|sigh|mate|obviously"
)
_EMOJIS = _list("😂|❤️|😭|🙏|👍|😅|🔥|🥺|😊|🤔|💀|✨|🙄|😎|🎉|😬|🤷|👀")
_LAUGHS = _list("haha|hahaha|lol|lmao|hehe|ha|xd|heh")
_JOINERS = [" and ", ", ", ". ", " but ", "... ", " - ", "; ", " so ", "! ", " then "]
_PETS = _list(
    "really|just|quite|actually|pretty|literally|probably|totally|kind of|basically|"
    "maybe|very|still|honestly"
)


def random_hand(seed: int, *, firmness: float = 12.0) -> Hand:
    """A hand drawn at random; the smaller ``firmness``, the odder its habits.

    At 12 a message tells its author from others about as well as a line of public chat does.
    """
    rng = random.Random(seed)

    def chance(middle: float) -> float:
        return rng.betavariate(firmness * middle + 0.05, firmness * (1 - middle) + 0.05)

    return Hand(
        name=f"author {seed}",
        small=chance(0.4), stop=chance(0.35), bang=chance(0.15), dots=chance(0.12), comma=chance(0.4),
        short=chance(0.6), clipped=chance(0.1), emoji=chance(0.2), laugh=chance(0.12),
        stretch=chance(0.06), opening=chance(0.3), closing=chance(0.2), dash=chance(0.06),
        doubled=chance(0.15), question=chance(0.25), clauses=rng.uniform(1.0, 2.4),
        openings=tuple(rng.choices(_OPENINGS, k=7)), closings=tuple(rng.choices(_CLOSINGS, k=7)),
        emojis=tuple(rng.choices(_EMOJIS, k=7)), laughs=tuple(rng.choices(_LAUGHS, k=4)),
        joiners=tuple(rng.choices(_JOINERS, k=7)), pets=tuple(rng.choices(_PETS, k=7)), pet=chance(0.15),
        leaning=tuple(rng.choices(SUBJECTS, k=10)),
    )  # fmt: skip


def write(hand: Hand, count: int, seed: int) -> list[str]:
    """``count`` messages by that hand; another seed gives other messages."""
    rng = random.Random(f"{hand.name}/{seed}")
    return [_message(hand, rng) for _ in range(count)]


def _message(hand: Hand, rng: random.Random) -> str:
    asks = rng.random() < hand.question
    parts = [_clause(hand, rng) for _ in range(1 + _poisson(rng, hand.clauses - 1))]
    if asks:
        parts[-1] = rng.choice(QUESTIONS)
    text = parts[0]
    for part in parts[1:]:
        joiner = rng.choice(hand.joiners)
        text += joiner + (part[0].upper() + part[1:] if joiner in (". ", "! ", "!! ") else part)
    for pattern, short in SHORTENED.items():
        if rng.random() < hand.short:
            text = re.sub(pattern, short, text)
    for pattern, short in CLIPPED.items():
        if rng.random() < hand.clipped:
            text = re.sub(pattern, short, text)
    if rng.random() < hand.opening:
        text = rng.choice(hand.openings) + (", " if rng.random() < hand.comma else " ") + text
    if rng.random() < hand.stretch:
        text = re.sub(r"(\w)(e|o|a|y)\b", r"\1\2\2\2", text, count=1)
    if rng.random() < hand.closing:
        text += (", " if rng.random() < hand.comma else " ") + rng.choice(hand.closings)
    text = text.lower() if rng.random() < hand.small else text[0].upper() + text[1:]
    if rng.random() < hand.laugh:
        text = (
            f"{rng.choice(hand.laughs)} {text}"
            if rng.random() < 0.5
            else f"{text} {rng.choice(hand.laughs)}"
        )
    text += _ending(hand, rng, asks)
    if rng.random() < hand.emoji:
        text += " " + rng.choice(hand.emojis) * rng.choice((1, 1, 2))
    return text


def _clause(hand: Hand, rng: random.Random) -> str:
    if rng.random() < 0.35:
        return rng.choice(REPLIES)
    subject = (
        rng.choice(hand.leaning) if hand.leaning and rng.random() < 0.3 else rng.choice(SUBJECTS)
    )
    clause = f"{subject} {rng.choice(DOINGS)}"
    if rng.random() < hand.pet:
        clause = (
            f"{rng.choice(hand.pets)} {clause}"
            if rng.random() < 0.3
            else f"{clause}, {rng.choice(hand.pets)}"
        )
    if rng.random() < 0.45:
        clause += f"{',' if rng.random() < hand.comma * 0.3 else ''} {rng.choice(DETAILS)}"
    return clause


def _ending(hand: Hand, rng: random.Random, asks: bool) -> str:
    if asks:
        sign = "?" if rng.random() < 0.9 - 0.4 * hand.small else ""
    elif rng.random() < hand.bang:
        sign = "!"
    elif rng.random() < hand.dots:
        return "..."
    else:
        sign = "." if rng.random() < hand.stop else ""
    return (
        sign * (rng.choice((2, 3)) if rng.random() < hand.doubled else 1) if sign != "." else sign
    )


def _poisson(rng: random.Random, mean: float) -> int:
    count, left = 0, rng.expovariate(1.0)
    while left < mean:
        count += 1
        left += rng.expovariate(1.0)
    return min(count, 5)
