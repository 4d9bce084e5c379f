"""The marks of a chat assistant: refusals, talk about being an AI, lists, hedges.

Patterns for the languages that assistants are asked in most; a model that falls back into them
has not learnt the person's voice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

REFUSAL = re.compile(
    r"\bI(?:['’]m| am) sorry,? but I\b|\bI (?:can(?:no|['’])t|am (?:un|not )able to|won['’]t) "
    r"(?:assist|help|provide|fulfil|comply|create|generate|write|do that|answer)"
    r"|\b(?:lo siento|disculpa),? (?:pero )?no puedo\b|\bje suis désolée?,? (?:mais )?je ne peux\b"
    r"|\btut mir leid,? (?:aber )?(?:ich|das) kann\b|\bdesculpe,? (?:mas )?não posso\b"
    r"|\bmi dispiace,? (?:ma )?non posso\b|申し訳ありませんが|对不起,?，?我(?:无法|不能)",
    re.IGNORECASE,
)
SELF = re.compile(
    r"\bas an? (?:AI|artificial intelligence|(?:large )?language model|virtual assistant)\b"
    r"|\bI(?:['’]m| am) (?:just |only )?an? (?:AI|language model|virtual assistant|chatbot)\b"
    r"|\bcomo (?:un )?modelo de (?:lenguaje|linguagem)\b|\ben tant que modèle de langage\b"
    r"|\bals (?:KI|Sprachmodell|KI-Sprachmodell)\b|\bcome modello linguistico\b|作为(?:一个)?(?:AI|人工智能)",
    re.IGNORECASE,
)
PHRASE = re.compile(
    r"\b(?:I hope this helps|let me know if (?:you|there)|feel free to|happy to help|how can I (?:help|assist)"
    r"|great question|here(?:['’]s| is| are) (?:a|an|some|the|your)\b[^.\n]{0,60}:|in conclusion|in summary"
    r"|it(?:['’]s| is) (?:important|worth) (?:to note|noting|remembering)|delve into)\b"
    r"|^\s*(?:certainly|absolutely|of course|sure(?: thing)?)[!,]",
    re.IGNORECASE,
)
LIST = re.compile(r"(?m)^\s*(?:[-*•]|\d{1,2}[.)])\s+\S[^\n]*\n+\s*(?:[-*•]|\d{1,2}[.)])\s+\S")
MARKUP = re.compile(r"\*\*[^*\n]+\*\*|(?m:^#{1,4} \S)|```")
HEDGE = re.compile(
    r"\b(?:it (?:really )?depends|generally speaking|typically|in general|it(?:['’]s| is) possible that"
    r"|may or may not|some (?:people|might) (?:may|might|say|argue)|keep in mind|please note"
    r"|however, it)\b",
    re.IGNORECASE,
)

MARKS: dict[str, tuple[str, tuple[re.Pattern[str], ...]]] = {
    "refusals": ("refuses to answer", (REFUSAL,)),
    "self_talk": ("talks about being an AI", (SELF,)),
    "phrases": ("uses stock phrases of assistants", (PHRASE,)),
    "lists": ("writes lists or markup", (LIST, MARKUP)),
    "hedges": ("hedges", (HEDGE,)),
}


def shows(mark: str, text: str) -> bool:
    """Whether a text shows one of ``MARKS``."""
    return any(pattern.search(text) for pattern in MARKS[mark][1])


def mark_rates(texts: Sequence[str]) -> dict[str, float]:
    """Share of texts (0-1) that show each mark; zeros without texts."""
    count = max(1, len(texts))
    return {mark: sum(shows(mark, text) for text in texts) / count for mark in MARKS}
