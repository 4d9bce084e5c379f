"""An Ollama Modelfile for a GGUF file: https://docs.ollama.com/modelfile.

What is written here is what Ollama's own parser reads back (``parser/parser.go``): it drops letters
that are not printable, and ends a text in three quotation marks at the next three.
"""

from __future__ import annotations

from typing import NamedTuple

from core.openweights.render import Template
from core.problems import Problem

#: How answers are drawn when nobody says otherwise: as in the app. Ollama's own settings would cut
#: the likeliest words (top_k 40, top_p 0.9) and, in earlier versions, punish repeated ones.
PARAMETERS = {
    "temperature": 0.8,
    "min_p": 0.05,
    "top_k": 0,
    "top_p": 1.0,
    "repeat_penalty": 1.0,
    "num_predict": 500,
}
ROLES = ("system", "user", "assistant")


class ChatFormat(NamedTuple):
    """A chat template that treats every message alike: what stands around role and content.

    ``system``: what the template says of itself when nobody gives a system message.
    """

    before_role: str
    after_role: str
    after_content: str
    answer: str  # what stands where the answer begins
    system: str


def chat_format(template: Template) -> ChatFormat | None:
    """What stands around messages, found by rendering some; None: they are not treated alike."""
    said = [(ROLES[0], "S§1"), (ROLES[1], "U§2"), (ROLES[2], "A§3"), (ROLES[1], "V§4")]
    messages = [{"role": role, "content": content} for role, content in said]
    try:
        rest = template.text(messages, reply=True)
        alone = template.text(messages[1:2], reply=True)
    except Problem:
        return None
    parts = []
    for _, content in said:
        part, found, rest = rest.partition(content)
        if not found:
            return None
        parts.append(part)
    bos = template.tokenizer.bos_token or "\0"
    for opening in (parts[0], parts[0].removeprefix(bos)):  # Ollama writes the bos token itself
        if parts[1].endswith(opening.replace("system", "user")) and opening.count("system") == 1:
            break
    else:
        return None
    before_role, after_role = opening.split("system")
    openings = [f"{before_role}{role}{after_role}" for role in ROLES]
    after_content = parts[1].removesuffix(openings[1])
    if parts[1:] != [after_content + openings[at] for at in (1, 2, 1)]:
        return None
    if not rest.startswith(f"{after_content}{openings[2]}"):
        return None
    head = alone.partition(f"{openings[1]}U§2")[0]
    for own in (head, head.removeprefix(bos)):
        if own.startswith(openings[0]) and own.endswith(after_content):
            system = own[len(openings[0]) : len(own) - len(after_content)]
            break
    else:
        system = ""
    answer = rest.removeprefix(after_content)
    return ChatFormat(before_role, after_role, after_content, answer, system)


def modelfile(template: Template, weights: str, system: str = "") -> str:
    """The Modelfile of a model in a GGUF file.

    Args:
        weights: name of the file, in the same folder.
        system: the system message that the examples were made with, "" for none.
    """
    lines = ["# ollama create NAME -f Modelfile && ollama run NAME", f"FROM ./{weights}"]
    form = chat_format(template)
    if form is not None and all(map(_survives, form)):
        lines.append(
            'TEMPLATE """{{- range .Messages }}'
            f"{form.before_role}{{{{ .Role }}}}{form.after_role}{{{{ .Content }}}}"
            f'{form.after_content}{{{{ end }}}}{form.answer}"""'
        )
        system = system or form.system
    if system:
        lines.append(f'SYSTEM """{_readable(system)}"""')
    stops = sorted(filter(None, map(template.tokenizer.decode, template.ends)))
    lines += [f'PARAMETER stop "{stop}"' for stop in stops if '"' not in stop]
    lines += [f"PARAMETER {name} {value}" for name, value in PARAMETERS.items()]
    return "\n".join(lines) + "\n"


def _survives(part: str) -> bool:
    """Whether Ollama reads a part of a template as it stands."""
    return "{{" not in part and '"""' not in part and part == _readable(part)


def _readable(text: str) -> str:
    """A text as Ollama's parser can keep it: other spaces as plain ones, nothing unprintable."""
    made = "".join(" " if letter.isspace() and letter not in "\n\t" else letter for letter in text)
    made = "".join(letter for letter in made if letter.isprintable() or letter in "\n\t")
    return made.replace('"""', "'''")
