"""What one visitor has done so far: the only place where pages keep results.

Everything personal lives in ``st.session_state``, never in a module global or a shared cache,
because strangers share the process of a hosted app. The one shared object is the embedded
engine, which keeps visitors apart by their visitor token.
"""

from __future__ import annotations

import datetime
import gc
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai
import streamlit as st
from openai.types.fine_tuning import FineTuningJob

from core.checks import limits_of
from core.costs import DOLLARS, Currency, ModelPrice, load_prices, money
from core.dataset import Dataset, build_dataset
from core.engine import Engine, EngineTransport
from core.history import JobRecord
from core.jobs import Snapshot, list_jobs, new_launch_token
from core.lent import LentTransport
from core.messages import Archive
from core.notes import Notes, load_notes, save_notes
from core.parts import Started
from core.privacy import Masked, Scan, StandIns, mask_frame, scan_frame
from core.privacy import Settings as PrivacySettings
from core.privacy.extras import installed
from core.privacy.others import WITHHELD
from core.problems import Problem
from core.providers import Profile, key_slot, load_profiles, open_client
from core.providers.client import TIMEOUT
from core.recipes.base import Labels, prompt_messages
from core.repair import repair
from core.settings import DatasetSettings
from core.spending import Ledger, OwnerKey, lent_so_far
from core.ui.host import host_key
from core.ui.privacy_choices import Choices, obey
from core.ui.upload_local import runs_locally
from core.voice.background import Runs
from core.voice.canaries import PLANTED, Canary, make_canaries, planted_examples
from core.voice.kept import folder_of, forget_run

SESSION_KEY = "soundalike"
VISITOR_COOKIE = "soundalike_visitor"

#: Authors called like this are parts in a play, not people: masking them would hide nobody.
ROLE_WORDS = frozenset(
    [
        "agent",
        "ai",
        "answer",
        "assistant",
        "bot",
        "chatgpt",
        "client",
        "customer",
        "gpt",
        "guest",
        "host",
        "human",
        "me",
        "model",
        "patient",
        "question",
        "student",
        "support",
        "system",
        "teacher",
        "user",
        "you",
    ]
)


@dataclass
class Session:
    """One visitor's work, from the upload to the comparison."""

    visitor: str
    archive: Archive | None = None
    file_names: tuple[str, ...] = ()
    parts: tuple[Any, ...] = ()
    reading: dict[str, Any] = field(default_factory=dict)
    me: tuple[str, ...] = ()
    period: tuple[datetime.date, datetime.date] | None = None
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    people: Choices = field(default_factory=Choices)
    known_names: StandIns | None = None
    extra_finders: tuple[str, ...] = ()
    settings: DatasetSettings = field(default_factory=DatasetSettings)
    settings_round: int = 0
    labels_round: int = 0
    repair: bool = False
    provider: str = "embedded"
    api_keys: dict[str, str] = field(default_factory=dict)
    on_host_key: set[str] = field(default_factory=set)
    base_urls: dict[str, str] = field(default_factory=dict)
    model_names: dict[str, list[str]] = field(default_factory=dict)
    prices: tuple[ModelPrice, ...] | None = None
    profiles: dict[str, Profile] | None = None
    budget: float | None = None
    currency: Currency = DOLLARS
    launch_token: str = field(default_factory=new_launch_token)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    failures: int = 0
    next_look: float = 0.0
    last_trouble: Problem | None = None
    jobs_seen: dict[str, tuple[float, list[FineTuningJob]]] = field(default_factory=dict)
    model_days: dict[tuple[str, str], datetime.date] = field(default_factory=dict)
    uploads: dict[str, Started] = field(default_factory=dict)
    overlaid: set[str] = field(default_factory=set)
    history: list[JobRecord] = field(default_factory=list)
    launches: dict[str, float] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)
    preferences: bytes = b""
    planted: bool = False
    cache: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    upload_round: int = 0

    @property
    def project(self) -> str:
        """Marks this visitor's files and jobs at a provider; says nothing about the visitor."""
        return hashlib.sha256(self.visitor.encode()).hexdigest()[:12]

    @property
    def spent(self) -> float:
        """Dollars of this project's own jobs so far, as billed, else as expected."""
        own = [record for record in self.history if not record.paid_by_host]
        return sum(record.cost or record.expected_cost or 0.0 for record in own)

    def money(self, dollars: float | None) -> str:
        """An amount in the chosen currency, safe to put into Markdown."""
        return money(dollars, self.currency).replace("$", "\\$")

    def remember(self, name: str, key: Any, make: Any) -> Any:
        """Value of ``make()``, kept until ``key`` changes; one value per name, this visitor only.

        Keys hold the ``id`` of what a value was made of. Python gives the id of a dead object to
        a new one, so a value that is replaced takes everything that was made of it along.
        """
        kept = self.cache.get(name)
        if kept is None or kept[0] != key:
            made = make()
            self.drop(name)
            kept = self.cache[name] = (key, made)
        return kept[1]

    def drop(self, name: str) -> None:
        """Forget a remembered value, and every value whose key holds its id."""
        kept = self.cache.pop(name, None)
        if kept is None:
            return
        for other, (key, _) in list(self.cache.items()):
            if _holds(key, id(kept[1])):
                self.drop(other)


def _holds(key: Any, number: int) -> bool:
    if isinstance(key, tuple):
        return any(_holds(one, number) for one in key)
    return type(key) is int and key == number


@st.cache_resource(show_spinner=False)
def engine() -> Engine:
    """The embedded engine of this process, its files in a folder of its own."""
    return Engine(engine_folder())


@st.cache_resource(show_spinner=False)
def judge_runs() -> Runs:
    """The judge runs under way in this process; they hold counts, no texts."""
    return Runs()


def judge_folder() -> Path:
    """Where this visitor's judge run is kept, beside the engine's files."""
    return folder_of(engine().folder, session().visitor)


def engine_folder() -> Path:
    """Where the embedded engine keeps its files: SOUNDALIKE_HOME, else a folder in the home."""
    folder = Path(os.environ.get("SOUNDALIKE_HOME") or Path.home() / ".soundalike")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="soundalike-"))
    return folder


@st.cache_resource(show_spinner=False)
def ledger() -> Ledger:
    """What a host's key has spent, by everybody who uses this process."""
    return Ledger(engine_folder() / "host_key_spent.json")


@st.cache_resource(show_spinner=False)
def freeze_imports() -> None:
    """Move everything imported so far out of the garbage collector's sight, once per process.

    Streamlit runs a full collection after every script run; over pandas, plotly and openai
    that costs 40-90 ms each time, for objects that live as long as the process.
    """
    gc.collect()
    gc.freeze()


def session() -> Session:
    """This visitor's session, made on first use."""
    if SESSION_KEY not in st.session_state:
        visitor = st.context.cookies.get(VISITOR_COOKIE, "")
        if not (len(visitor) == 43 and visitor.replace("-", "").replace("_", "").isalnum()):
            visitor = secrets.token_urlsafe(32)
        st.session_state[SESSION_KEY] = Session(visitor=visitor)
        _read_notes(st.session_state[SESSION_KEY])
        place = st.query_params.get("at", "")  # a job in the address: follow it where it runs
        if place in profiles():
            st.session_state[SESSION_KEY].provider = place
    return st.session_state[SESSION_KEY]


def _notes_file(mine: Session) -> Path:
    name = hashlib.sha256(f"notes {mine.visitor}".encode()).hexdigest()[:32]
    return engine_folder() / "projects" / f"{name}.json"


def _read_notes(mine: Session) -> None:
    """Take what this visitor's project kept from earlier visits into the session."""
    _take(mine, load_notes(_notes_file(mine)))


def _take(mine: Session, notes: Notes) -> None:
    mine.history = list(notes.history)
    mine.launches, mine.given_up = dict(notes.launches), set(notes.given_up)
    mine.profiles = {profile.key: profile for profile in notes.profiles} or None
    mine.prices = notes.prices or None
    mine.currency, mine.budget = notes.currency, notes.budget
    mine.base_urls = dict(notes.base_urls)


def keep_notes(mine: Session, settled: str = "") -> None:
    """Write this visitor's jobs, prices, providers and budget down for the next visit.

    Touches no Streamlit state: a script that the visitor has left behind ends where it does that,
    and what a job was must be written down before.

    Args:
        settled: token of a launch of which it is known now whether it made a job.
    """
    edited = mine.profiles is not None and mine.profiles != load_profiles()
    notes = Notes(
        tuple(mine.history),
        mine.launches,
        frozenset(mine.given_up),
        tuple(mine.profiles.values()) if mine.profiles and edited else (),
        mine.prices or (),
        mine.currency,
        mine.budget,
        dict(mine.base_urls),
    )
    merged = save_notes(_notes_file(mine), notes, settled)
    mine.history = list(merged.history)
    mine.launches, mine.given_up = dict(merged.launches), set(merged.given_up)


def widget_key(name: str) -> str:
    """Key of a control that shows a setting: a new one once settings were loaded from a file.

    A control keeps what it shows as long as its key stays, whatever its default becomes.
    """
    number = session().settings_round
    return f"{name}_{number}" if number else name


def has_session() -> bool:
    """Whether the entry script has run for this visitor."""
    return SESSION_KEY in st.session_state


def set_archive(
    archive: Archive,
    file_names: tuple[str, ...],
    *,
    parts: tuple[Any, ...] = (),
    reading: dict[str, Any] | None = None,
) -> None:
    """Replace the archive and forget everything that was derived from the last one.

    Args:
        parts: what was read, kept only where it may have to be read once more.
        reading: the options it was read with.
    """
    mine = session()
    mine.archive = archive
    mine.file_names = file_names
    mine.parts = parts
    mine.reading = reading or {}
    mine.me = archive.me.names if archive.me else ()
    mine.period, mine.people = None, Choices()
    roles = tuple(name for name in archive.authors().index if str(name).lower() in ROLE_WORDS)
    mine.privacy = PrivacySettings(allowed=roles, seed=secrets.randbits(31))
    mine.settings, mine.repair = DatasetSettings(), False
    mine.cache.clear()


def clear_archive() -> None:
    """Forget the archive and what was made of it; jobs and keys stay."""
    mine = session()
    mine.archive, mine.file_names, mine.me, mine.period = None, (), (), None
    mine.parts, mine.reading = (), {}
    mine.privacy, mine.settings = PrivacySettings(), DatasetSettings()
    mine.repair = False
    mine.people = Choices()
    mine.cache.clear()
    mine.upload_round += 1


def forget_everything() -> None:
    """Delete this visitor's files and models in the embedded engine, then the whole session.

    A new visitor token goes into the browser's cookie, so that nothing leads back.
    """
    judge_runs().stop(session().visitor, seconds=10)
    forget_run(judge_folder())
    engine().forget(session().visitor)
    _notes_file(session()).unlink(missing_ok=True)
    for key in list(st.session_state):
        del st.session_state[key]
    st.query_params.clear()
    st.session_state[SESSION_KEY] = Session(visitor=secrets.token_urlsafe(32))


def dataset_settings() -> DatasetSettings:
    """The visitor's settings with the chosen period among the filters."""
    mine = session()
    if mine.period is None:
        return mine.settings
    first, last = mine.period
    midnight = datetime.time()
    filters = replace(
        mine.settings.filters,
        since=datetime.datetime.combine(first, midnight),
        until=datetime.datetime.combine(last + datetime.timedelta(days=1), midnight),
    )
    return replace(mine.settings, filters=filters)


def scan(progress: Callable[[float], None] | None = None) -> Scan:
    """What the privacy finders found in the archive; redone only when names or countries change.

    Raises:
        Problem: no archive has been read yet.
    """
    mine = session()
    archive = _archive()
    key = (
        id(archive),
        mine.me,
        mine.privacy.nicknames,
        mine.privacy.regions,
        mine.extra_finders,
    )

    def make() -> Scan:
        extra = [make() for name, make in installed().items() if name in mine.extra_finders]
        frame = archive.frame()
        return scan_frame(frame, mine.me, mine.privacy, extra_finders=extra, progress=progress)

    return mine.remember("privacy:scan", key, make)


def masked_everyone() -> Masked:
    """The whole archive with names and numbers masked, before anything is left out by choice.

    Raises:
        Problem: no archive has been read yet.
    """
    mine = session()
    archive = _archive()
    found = scan() if mine.privacy.mode != "off" else None
    return mine.remember(
        "privacy:masked",
        (id(archive), id(found), mine.me, mine.privacy, id(mine.known_names)),
        lambda: mask_frame(
            archive.frame(), mine.me, mine.privacy, scan=found, known=mine.known_names
        ),
    )


def masked() -> Masked:
    """The archive as everything downstream sees it: masked, and without what was left out.

    Raises:
        Problem: no archive has been read yet.
    """
    mine = session()
    everyone = masked_everyone()
    return mine.remember(
        "privacy:used",
        (id(everyone), mine.people),
        lambda: obey(everyone, _archive().frame(), mine.people),
    )


def mask_text(text: str) -> str:
    """Something that the visitor typed, masked with the archive's own stand-ins."""
    mine = session()
    if mine.archive is None or mine.privacy.mode == "off" or not text.strip():
        return text
    people = tuple(scan().authors)
    one = mine.archive.frame().head(1).assign(text=text)
    settings = replace(mine.privacy, mode="standard")  # strict mode would drop the whole prompt
    return str(mask_frame(one, people, settings, known=masked().map).frame["text"].iloc[0])


def _archive() -> Archive:
    archive = session().archive
    if archive is None:
        raise Problem("There is no archive yet.", "Upload a file or try the sample first.")
    return archive


def _mask_edits(edits: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Texts corrected by hand, masked as the archive is now; they are kept with the real names."""
    mine = session()
    if not edits or mine.privacy.mode == "off":
        return edits
    frame, texts = _archive().frame(), dict(edits)
    rows = frame[frame["id"].isin(list(texts))]
    rows = rows.assign(text=[texts[one] for one in rows["id"]])
    settings = replace(mine.privacy, mode="standard")  # strict mode would drop some of them
    safe = mask_frame(rows, tuple(scan().authors), settings, known=masked().map).frame
    return tuple(zip(safe["id"].tolist(), safe["text"].tolist(), strict=True))


def labels() -> dict[str, Labels]:
    """Topics, names and instructions from a chat model or by hand; gone when the masks change."""
    return session().remember("dataset:labels", id(masked()), dict)


def set_labels(known: dict[str, Labels]) -> None:
    """Replace the labels; the data set is built anew with them."""
    mine = session()
    kept = labels()
    kept.clear()
    kept.update(known)
    mine.labels_round += 1


def unrepaired() -> Dataset:
    """The data set for the current archive, owner, period and settings, built when they change.

    Raises:
        Problem: nothing can be built from what is there; the sentence says why.
    """
    mine = session()
    archive, settings = _archive(), dataset_settings()
    safe = masked()
    by_hand = settings.filters.edits
    edits = mine.remember("dataset:edits", (id(safe), by_hand), lambda: _mask_edits(by_hand))
    settings = replace(settings, filters=replace(settings.filters, edits=edits))
    labels_key = (id(labels()), mine.labels_round)

    def make() -> Dataset:
        made = build_dataset(
            safe.frame,
            safe.me,
            settings,
            notes=[*archive.notes, *safe.notes],
            remember=lambda name, of, compute: mine.remember(f"dataset:{name}", of, compute),
            frame_key=id(safe),
            labels=labels(),
            labels_key=labels_key,
        )
        if mine.people.others == "withheld":
            real = [text for text in made.voice_others if WITHHELD not in text]
            made = replace(made, voice_others=real)
        return made

    key = (id(safe), labels_key, settings)
    return mine.remember("dataset", key, make)


def repaired() -> tuple[Dataset, dict[str, int]]:
    """The data set as the chosen provider's trainer takes it, and what was done to it."""
    made, rules = unrepaired(), limits_of(profile())
    return session().remember("dataset:repaired", (id(made), rules), lambda: repair(made, rules))


def dataset() -> Dataset:
    """The data set to train on: repaired for the chosen provider where the visitor said so.

    Raises:
        Problem: nothing can be built from what is there; the sentence says why.
    """
    mine = session()
    made = repaired()[0] if mine.repair else unrepaired()
    if not mine.planted:
        return made

    def plant() -> Dataset:
        planted = planted_examples(visitor_canaries(), prompt_messages(mine.settings, ""))
        return replace(made, training=[*made.training, *planted])

    return mine.remember("dataset:planted", id(made), plant)


def visitor_canaries() -> list[Canary]:
    """This visitor's made-up secrets: always the same, so that a model can be asked later."""
    return make_canaries(len(PLANTED), seed=int(session().project, 16))


def profiles() -> dict[str, Profile]:
    """Every provider profile this visitor can choose: the bundled ones, edited and added to."""
    mine = session()
    if mine.profiles is None:
        mine.profiles = load_profiles()
    return mine.profiles


def profile(provider: str | None = None) -> Profile:
    """A provider's profile, by default the chosen one's; as bundled where the host's key is used."""
    key = provider or session().provider
    return load_profiles()[key] if key in session().on_host_key else profiles()[key]


def lent(provider: str | None = None) -> OwnerKey | None:
    """The host's key, if this visitor uses it at a provider, by default the chosen one."""
    key = provider or session().provider
    return host_key(key) if key in session().on_host_key else None


def use_host_key(owner: OwnerKey) -> None:
    """Let this visitor use the host's key, once it is known what the key has already paid for.

    Raises:
        Problem: the provider cannot be asked, so the cap could not be kept.
    """
    chosen = load_profiles()[owner.provider]
    asking = open_client(chosen, owner.api_key, base_url=owner.base_url)
    listed = [price for price in load_prices() if price.provider == owner.provider]
    paid = lent_so_far(list_jobs(asking, chosen, most=2000), listed)
    ledger().at_least(owner.provider, paid)
    session().on_host_key.add(owner.provider)


def client(provider: str | None = None) -> openai.OpenAI:
    """An OpenAI client for a provider, by default the chosen one; the embedded needs no key.

    Raises:
        Problem: the key or the address is missing or cannot be used.
    """
    mine = session()
    chosen = profile(provider)
    if chosen.key == "embedded":
        key: tuple[str, ...] = ("embedded", mine.visitor)
        return mine.remember("client:embedded", key, lambda: _embedded_client(chosen))
    owner = lent(chosen.key)
    if owner is not None:
        return mine.remember(f"client:{chosen.key}", owner, lambda: _lent_client(chosen, owner))
    base_url = mine.base_urls.get(chosen.key) or None
    slot = key_slot(chosen, base_url)
    api_key = mine.api_keys.get(slot, "")
    key = (slot, api_key, base_url or "")
    return mine.remember(
        f"client:{chosen.key}", key, lambda: open_client(chosen, api_key, base_url=base_url)
    )


def _lent_client(chosen: Profile, owner: OwnerKey) -> openai.OpenAI:
    """A client on the host's key: to the host's address, within what ``LentTransport`` allows."""
    address = owner.base_url or chosen.base_url
    transport = LentTransport(
        httpx2.HTTPTransport(),
        owner,
        ledger(),
        session().project,
        load_prices(),
        urlsplit(address).path,
    )
    sending = httpx2.Client(transport=transport, timeout=TIMEOUT, follow_redirects=False)
    return open_client(chosen, owner.api_key, base_url=address, http_client=sending)


def _embedded_client(chosen: Profile) -> openai.OpenAI:
    transport = EngineTransport(engine(), local=runs_locally())
    return open_client(chosen, session().visitor, http_client=httpx2.Client(transport=transport))
