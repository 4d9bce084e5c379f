"""Provider profiles: everything that differs between trainers, as data."""

from __future__ import annotations

import dataclasses
import json
import tomllib
import typing
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from core.limits import Limits, limits_from_table
from core.problems import Problem

PROFILES_FILE = Path(__file__).with_name("profiles.toml")


@dataclass(frozen=True, slots=True)
class Profile:
    """One provider: where it is, what it takes, what it can do.

    ``key`` is its table's name. ``hyperparameters`` says whether they travel inside ``method``
    (OpenAI) or at the top of the body; ``learning_rate`` whether the provider takes a multiplier
    or an absolute rate (then ``default_learning_rate`` is what a multiplier of 1 means).
    ``metadata`` says whether jobs keep metadata, by which ours are found again.
    ``auto_epochs`` is the provider's fixed default number of epochs, 0 where "auto" follows
    OpenAI's rule. ``access`` says in few words who may start a job (empty: everybody with a
    key), ``note`` explains it. Sizes are bytes; limits of 0 mean none is known. A file above
    ``max_file_bytes`` goes in parts of ``part_bytes``, up to ``max_upload_bytes`` in all, where
    the provider takes parts (0: it does not). ``rules`` is what it documents about the examples
    themselves, by the names of ``core.limits.Limits``; see ``limits``.
    """

    key: str
    name: str
    base_url: str
    base_url_example: str = ""
    needs_key: bool = True
    key_page: str = ""
    trains: bool = False
    methods: tuple[str, ...] = ()
    sends_organization: bool = False
    hyperparameters: Literal["method", "top_level"] = "method"
    learning_rate: Literal["multiplier", "absolute"] = "multiplier"
    default_learning_rate: float = 0.0
    metadata: bool = False
    bom: bool = False
    max_suffix: int = 64
    suffix_characters: str = "a-z0-9-"
    min_examples: int = 10
    max_file_bytes: int = 0
    part_bytes: int = 0
    max_upload_bytes: int = 0
    max_epochs: int = 50
    auto_epochs: int = 0
    max_batch_size: int = 256
    has_pause: bool = False
    lists_models: bool = True
    serving: str = ""
    idle: str = ""
    privacy: str = ""
    access: str = ""
    note: str = ""
    as_of: date = date(2026, 11, 20)
    source: str = ""
    extra_body: dict[str, Any] = field(default_factory=dict)
    extra_hyperparameters: dict[str, Any] = field(default_factory=dict)
    rules: dict[str, Any] = field(default_factory=dict)

    @property
    def limits(self) -> Limits:
        """What the trainer takes; what the profile does not say is not documented.

        Raises:
            Problem: ``rules`` has a field that is none, or a wrong value.
        """
        base = Limits(
            name=self.name,
            min_examples=self.min_examples if self.min_examples > 1 else None,
            max_file_bytes=self.largest_file or None,
        )
        return limits_from_table(self.rules, base)

    @property
    def largest_file(self) -> int:
        """Bytes of the largest file that gets there, in one request or in parts; 0 is unknown."""
        return max(self.max_file_bytes, self.max_upload_bytes)

    @property
    def is_embedded(self) -> bool:
        """Whether the trainer is this app's own engine: free, and nothing leaves the machine."""
        return self.key == "embedded"


#: Stands for a provider where the caller does not say which.
ANY_PROVIDER = Profile(key="provider", name="The provider", base_url="")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A trainer with an interface of its own; ``core.hosted`` has the commands.

    ``rules`` is what it documents about the examples, as in ``Profile``; empty where it does not
    take chat JSONL as it is.
    """

    key: str
    name: str
    chat_base_url: str
    what: str
    price: str
    as_of: date
    source: str
    rules: dict[str, Any] = field(default_factory=dict)

    @property
    def limits(self) -> Limits:
        """What the trainer takes; what ``rules`` does not say is not documented."""
        return limits_from_table(self.rules, Limits(name=self.name))


def load_profiles() -> dict[str, Profile]:
    """The profiles that come with the app: embedded, openai, azure, nebius, custom."""
    return parse_profiles(PROFILES_FILE.read_text("utf-8"))


@cache
def load_elsewhere() -> tuple[Elsewhere, ...]:
    """Trainers that the app can only export for."""
    tables = tomllib.loads(PROFILES_FILE.read_text("utf-8"))["elsewhere"]
    return tuple(Elsewhere(key=key, **table) for key, table in tables.items())


def parse_profiles(text: str) -> dict[str, Profile]:
    """Profiles from TOML text, one table each; the ``elsewhere`` tables are not profiles.

    Raises:
        Problem: not TOML, an unknown field, a missing name, or a value of the wrong kind; the
            message names the table and the field.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Problem(
            f"The provider text is not valid TOML: {error}.", "Correct it at that place."
        ) from error
    return {key: make_profile(key, t) for key, t in tables.items() if key != "elsewhere"}


def make_profile(key: str, table: Any) -> Profile:
    """A checked profile from one table.

    Raises:
        Problem: see ``parse_profiles``.
    """
    if not isinstance(table, dict):
        raise Problem(
            f"The provider {key!r} is not a table.", f"Write its fields below a line [{key}]."
        )
    hints = typing.get_type_hints(Profile)
    for name in ("name", "base_url"):
        if name not in table:
            raise Problem(f"The provider {key!r} has no {name!r}.", f'Add a line: {name} = "...".')
    values: dict[str, Any] = {"key": key}
    for name, value in table.items():
        if name not in hints or name == "key":
            known = ", ".join(n for n in hints if n != "key")
            raise Problem(
                f"The provider {key!r} has a field {name!r} that the app does not know.",
                f"Known fields: {known}.",
            )
        values[name] = _checked(key, name, value, hints[name])
    profile = Profile(**values)
    if profile.base_url:
        check_base_url(profile.base_url)
    _ = profile.limits  # wrong rules are said here, not on the page that needs them
    return profile


def _checked(key: str, name: str, value: Any, hint: Any) -> Any:
    """``value`` as the field wants it, or a Problem that says what it wants."""
    options = typing.get_args(hint) if typing.get_origin(hint) is Literal else ()
    if options:
        if value in options:
            return value
        wanted = " or ".join(repr(option) for option in options)
    elif typing.get_origin(hint) is tuple:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        wanted = "a list of texts"
    elif typing.get_origin(hint) is dict:
        if isinstance(value, dict):
            return value
        wanted = "a table"
    elif hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    else:
        if type(value) is hint:
            return value
        words = {bool: "true or false", int: "a whole number", str: "a text", date: "a date"}
        wanted = words.get(hint, "a number")
    raise Problem(
        f"The field {name!r} of the provider {key!r} has the wrong kind of value.",
        f"It must be {wanted}.",
    )


def check_base_url(url: str) -> str:
    """A usable base URL: stripped, without a pasted ``/chat/completions``.

    Raises:
        Problem: not an http(s) address, or it holds a user name, a password or a query.
    """
    url = url.strip().removesuffix("/").removesuffix("/chat/completions")
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port  # raises on a port that is no number
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() for c in url):
        raise Problem(
            "The server address is not a web address.",
            "It looks like https://api.example.com/v1.",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise Problem(
            "The server address holds more than an address.",
            "Leave out user name, password and everything after '?' or '#'; "
            "the key has a field of its own.",
        )
    return url


def profile_to_toml(profile: Profile) -> str:
    """One profile as a TOML table; ``parse_profiles`` reads it back unchanged."""
    lines, tables = [f"[{_toml_key(profile.key)}]"], []
    for item in dataclasses.fields(profile):
        value = getattr(profile, item.name)
        required = item.default is dataclasses.MISSING and item.name != "extra_body"
        if item.name == "key" or (not required and value in (item.default, {})):
            continue
        if isinstance(value, dict):
            tables.append(f"{item.name} = {toml_value(value)}")
        else:
            lines.append(f"{item.name} = {toml_value(value)}")
    return "\n".join(lines + tables) + "\n"


def profiles_to_toml(profiles: typing.Iterable[Profile]) -> str:
    """Several profiles as TOML text."""
    return "\n".join(profile_to_toml(profile) for profile in profiles)


def toml_value(value: Any) -> str:
    """A value in TOML's notation (texts, numbers, dates, lists and inline tables)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml_key(k)} = {toml_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    return str(value)


def _toml_key(key: str) -> str:
    plain = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if plain else toml_value(key)
