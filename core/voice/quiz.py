"""The blind game as one HTML file for friends: offline, nothing loaded, nothing sent.

The file holds the rounds in the order shown and no labels. At the end it shows a short code; the
codes of several friends are pasted back into the app and pooled.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from core.problems import Problem
from core.voice.blind import Choice, Round

_MARK = "SAQ1"
_LETTERS: dict[str, Choice] = {"L": "left", "R": "right", "N": "neither"}


class QuizAnswers(NamedTuple):
    """One friend's answers: to which quiz, a number of their own, and the choices in order."""

    quiz: str
    friend: str
    choices: tuple[Choice, ...]


class Pool(NamedTuple):
    """All answers together: ``rounds`` and ``votes`` run in step. ``friends`` answered."""

    rounds: list[Round]
    votes: list[Choice]
    friends: int


def fingerprint(rounds: Sequence[Round]) -> str:
    """Eight characters that tell a quiz from any other."""
    shown = json.dumps([(r.prompt, r.left, r.right) for r in rounds], ensure_ascii=False)
    return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def quiz_html(
    rounds: Sequence[Round], question: str, *, title: str = "Which one is real?"
) -> bytes:
    """The quiz as one self-contained HTML file (UTF-8).

    Args:
        rounds: as ``blind.make_rounds`` made them; their texts will be in the file.
        question: asked in every round, such as "Which one did Odile write?".
    """
    shown = {
        "quiz": fingerprint(rounds),
        "question": question,
        "rounds": [
            {
                "prompt": [m.content for m in r.prompt if m.role != "system" and m.content.strip()][
                    -3:
                ],
                "left": r.left,
                "right": r.right,
            }
            for r in rounds
        ],
    }
    # "<" may not stand in a script element as it is: a text could end the element.
    data = (
        json.dumps(shown, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", "\\u2028")
    )
    page = _PAGE.replace("%TITLE%", html.escape(title)).replace("%DATA%", data)
    return page.encode("utf-8", "replace")


def read_code(code: str) -> QuizAnswers:
    """Read a code that a friend sent back; blanks and line breaks in it do no harm.

    Raises:
        Problem: it is not such a code, or a character was lost.
    """
    parts = "".join(code.split()).strip(".").split(".")
    if len(parts) != 5 or parts[0].upper() != _MARK:
        raise Problem(
            "This is not an answer code of the quiz.",
            f"A code starts with {_MARK} and has five parts with dots between.",
        )
    _, quiz, friend, choices, check = parts
    if check != checksum(f"{quiz}.{friend}.{choices}") or set(choices) - set(_LETTERS):
        raise Problem("The answer code is damaged.", "Ask your friend to copy and send it again.")
    return QuizAnswers(quiz, friend, tuple(_LETTERS[letter] for letter in choices))


def pool(codes: Iterable[str], rounds: Sequence[Round]) -> Pool:
    """Put the answers of all friends together; the same answers pasted twice count once.

    Raises:
        Problem: a code is damaged or belongs to another quiz.
    """
    quiz = fingerprint(rounds)
    answers = {}
    for number, code in enumerate(codes, start=1):
        read = read_code(code)
        if read.quiz != quiz or len(read.choices) != len(rounds):
            raise Problem(
                f"Code {number} belongs to another quiz.",
                "Each quiz file has codes of its own; paste those of the file you sent last.",
            )
        answers[read.friend] = read
    pooled = Pool([], [], len(answers))
    for read in answers.values():
        pooled.rounds.extend(rounds)
        pooled.votes.extend(read.choices)
    return pooled


def checksum(text: str) -> str:
    """Four characters that change when any character of ``text`` (ASCII) does."""
    total = 7
    for letter in text:
        total = (total * 31 + ord(letter)) % 1_679_616
    digits = ""
    for _ in range(4):
        total, place = divmod(total, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[place] + digits
    return digits


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>%TITLE%</title>
<style>
:root{color-scheme:light dark}
body{font:17px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}progress{width:100%}
.prompt{opacity:.8;white-space:pre-wrap;overflow-wrap:anywhere;border-left:3px solid #8888;padding-left:.8rem}
.two{display:grid;grid-template-columns:1fr 1fr;gap:1rem}
@media(max-width:36rem){.two{grid-template-columns:1fr}}
.two button{font:inherit;text-align:start;white-space:pre-wrap;overflow-wrap:anywhere;padding:1rem;
 border:2px solid #8888;border-radius:12px;background:none;color:inherit;cursor:pointer;min-height:6rem}
.two button:hover,.two button:focus-visible{border-color:#4f46e5}
#neither,#copy{font:inherit;margin-top:1rem;padding:.5rem 1rem}
textarea{width:100%;font:1rem ui-monospace,monospace;box-sizing:border-box}
</style>
<h1 id="question"></h1>
<progress id="done" value="0" max="1"></progress>
<main id="game">
<p class="prompt" id="prompt" dir="auto"></p>
<div class="two"><button id="left" dir="auto"></button><button id="right" dir="auto"></button></div>
<button id="neither">I cannot tell</button>
</main>
<section id="end" hidden>
<p>Thank you. Copy this code and send it to the person who sent you the quiz:</p>
<textarea id="code" rows="3" readonly aria-label="answer code"></textarea>
<button id="copy">Copy the code</button>
<p>Nothing was sent anywhere: this page works without a network.</p>
</section>
<script type="application/json" id="data">%DATA%</script>
<script>
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const at = id => document.getElementById(id);
let choices = "";
function checksum(text) {
  let total = 7;
  for (const letter of text) total = (total * 31 + letter.charCodeAt(0)) % 1679616;
  return total.toString(36).padStart(4, "0");
}
function friend() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, b => (b % 36).toString(36)).join("");
}
function show() {
  at("done").max = data.rounds.length;
  at("done").value = choices.length;
  if (choices.length === data.rounds.length) return finish();
  const round = data.rounds[choices.length];
  at("prompt").textContent = round.prompt.join("\\n");
  at("prompt").hidden = round.prompt.length === 0;
  at("left").textContent = round.left;
  at("right").textContent = round.right;
}
function finish() {
  const body = [data.quiz, friend(), choices].join(".");
  at("game").hidden = true;
  at("end").hidden = false;
  at("code").value = ["SAQ1", body, checksum(body)].join(".");
}
function choose(letter) { choices += letter; show(); }
at("question").textContent = data.question;
at("left").onclick = () => choose("L");
at("right").onclick = () => choose("R");
at("neither").onclick = () => choose("N");
at("copy").onclick = () => { at("code").select(); navigator.clipboard?.writeText(at("code").value); };
show();
</script>
</html>
"""
