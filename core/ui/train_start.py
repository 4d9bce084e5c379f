"""Starting a job: say what is sent and what it costs, ask, and start it once."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import hashlib
import time
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import openai
import streamlit as st

from core.costs import billed_tokens, resolve_epochs, training_cost
from core.history import JobRecord, upsert
from core.jobs import (
    LaunchSettings,
    is_ours,
    is_terminal,
    launch,
    list_jobs,
    status_words,
    upload,
)
from core.launches import launch_token, remember_sent
from core.prices import ModelPrice, load_prices
from core.problems import Problem
from core.providers import TrainingClosed, UnclearAnswer
from core.shutdown import base_model, model_dates, shutdown_of, shutdown_sentence
from core.spending import check_budget, lent_launch, lent_marks
from core.ui import frame, state
from core.ui.models import prices

#: Seconds for which a launch without a clear answer may still turn up in the list of jobs.
SETTLES = 180

#: Seconds in which a second click on a job of a moment's length is the same click.
DOUBLE_CLICK = 3


@dataclass(frozen=True)
class Material:
    """What a job learns from: the bytes of its files, and what they count."""

    training: bytes
    validation: bytes
    examples: int
    validation_examples: int
    counts: np.ndarray


def price_of(model: str) -> ModelPrice | None:
    """The price of a model at the chosen provider, if the price list has it.

    A tuned model costs what its base costs. For a host's key the app's own list counts, not one
    that the visitor has edited.
    """
    place, base = state.profile().key, base_model(model)
    listed = load_prices() if state.lent() else prices()
    return next((p for p in listed if p.provider == place and p.model == base), None)


def expected(settings: LaunchSettings, material: Material) -> tuple[int, float | None]:
    """Tokens of the whole job, and dollars where the price is known."""
    profile, price = state.profile(), price_of(settings.model)
    epochs = resolve_epochs(settings.n_epochs, material.examples, profile.auto_epochs)
    tokens = billed_tokens(material.counts, price.max_example_tokens if price else 0)
    return tokens * epochs, training_cost(tokens, epochs, price) if price else None


def address() -> str:
    """Where requests to the chosen provider go."""
    profile = state.profile()
    owner = state.lent()
    if owner is not None:
        return owner.base_url or profile.base_url
    return state.session().base_urls.get(profile.key) or profile.base_url


def next_token(
    mine: state.Session, settings: LaunchSettings, material: Material
) -> tuple[str, JobRecord | None]:
    """The token of the next launch of exactly this, and the last job that was exactly this."""
    known = {record.launch: record for record in mine.history if record.launch}
    place = f"{state.profile().key} {address()}"
    last: JobRecord | None = None
    number = 0
    while True:
        token = launch_token(
            mine.project, place, material.training, material.validation, settings, number
        )
        if token not in known and token not in mine.given_up:
            return token, last
        last = known.get(token, last)
        number += 1


def confirm(mine: state.Session, settings: LaunchSettings, material: Material) -> None:
    """Open the question; the token is made here, so that a second click has the same one."""
    owner = state.lent()
    if owner is not None:  # what the host pays must not depend on what "auto" becomes
        auto = state.profile().auto_epochs
        epochs = resolve_epochs(settings.n_epochs, material.examples, auto)
        settings = dataclasses.replace(settings, n_epochs=epochs)
    _ask_for_days(mine)
    state.keep_notes(mine)  # what another tab has started meanwhile
    token, last = next_token(mine, settings, material)
    _confirm(mine, settings, material, token, last, _running_there(mine))


def _running_there(mine: state.Session) -> frozenset[str]:
    """Jobs of this project that the provider says are not over, whoever started them."""
    profile = state.profile()
    if not profile.metadata:
        return frozenset()
    try:
        jobs = list_jobs(state.client(), profile, most=100)
    except Problem:
        return frozenset()
    mine.jobs_seen[profile.key] = (time.time(), jobs)
    ours = [job for job in jobs if is_ours(job, mine.project)]
    return frozenset(job.id for job in ours if not is_terminal(job.status))


def _ask_for_days(mine: state.Session) -> None:
    """Learn from the provider's list of models when they stop; where it does not say, the app's
    own table counts."""
    profile = state.profile()
    if profile.is_embedded:
        return
    with contextlib.suppress(Problem):
        for model, day in model_dates(state.client(), profile).items():
            found = shutdown_of(model, profile.key, day) if day else None
            if found:
                mine.model_days[profile.key, model] = found.day


@st.dialog("Start a paid training job?")
def _confirm(
    mine: state.Session,
    settings: LaunchSettings,
    material: Material,
    token: str,
    last: JobRecord | None,
    running: frozenset[str],
) -> None:
    """Say what is sent, where to and what it costs, before anything is."""
    profile, owner = state.profile(), state.lent()
    tokens, cost = expected(settings, material)
    size = (len(material.training) + len(material.validation)) / 1000
    where = profile.name if address() == profile.base_url else f"{profile.name}, `{address()}`"
    many = f"{material.examples:,} training"
    if material.validation_examples:
        many += f" and {material.validation_examples:,} validation"
    epochs = resolve_epochs(settings.n_epochs, material.examples, profile.auto_epochs)
    times = "1 epoch" if epochs == 1 else f"{epochs} epochs"
    about = f"**{mine.about(cost)}**" if cost is not None else "**not in the price list**"
    st.markdown(
        f"- **Where to:** {where}\n"
        f"- **What is sent:** {many} examples, {size:,.0f} kB\n"
        f"- **Cost:** {about} for {tokens:,} tokens in {times}\n"
        + (f"- **Who pays:** the host of this app, {_left(mine)} left\n" if owner else "")
    )
    day = mine.model_days.get((profile.key, base_model(settings.model)))
    end = shutdown_sentence(shutdown_of(settings.model, profile.key, day), datetime.date.today())
    st.caption(f"{end} {profile.privacy}")
    if profile.serving:
        st.caption(f"{profile.serving} {profile.idle}".replace("$", "\\$"))
    with st.expander("The first examples that would be sent"):
        for line in material.training.decode().splitlines()[:3]:
            st.code(line, language="json", wrap_lines=True)
    again = _asked_again(mine, token, last, running)
    with st.container(horizontal=True):
        pressed = st.button(
            "Send and train", type="primary", disabled=not again, key="confirm_launch"
        )
        if st.button("Cancel", type="tertiary", key="cancel_launch"):
            st.rerun()
    if pressed:
        try:
            check_budget(cost, None if owner else mine.budget, mine.spent, mine.currency)
            start(mine, settings, material, token)
        except TrainingClosed as closed:
            st.session_state["training_closed"] = closed
            st.rerun()
        except Problem as problem:
            frame.show_problem(problem)


def _left(mine: state.Session) -> str:
    owner = state.lent()
    return mine.money(state.ledger().left(owner)) if owner else ""


def _asked_again(
    mine: state.Session, token: str, last: JobRecord | None, running: frozenset[str]
) -> bool:
    """Whether a job may be started although one like it was, or one is under way.

    Looked at whenever the dialog is drawn, so also after the button was pressed: another tab may
    have been quicker.
    """
    state.keep_notes(mine)
    place = state.profile().key
    made = next((record for record in mine.history if record.launch == token), None)
    if made is not None:  # a second click, or the other tab: there is one job, and it is this
        return True
    sent = mine.launches.get(token)
    if sent is not None:
        st.warning(
            "The last try to start exactly this got no clear answer. Pressing the button looks for "
            "that job and sends nothing again.",
            title="This may be running already",
        )
        if time.time() - sent > SETTLES and st.checkbox(
            "I have looked at the provider's own list of jobs: it is not there. Forget that try.",
            key="give_up",
        ):
            mine.given_up.add(token)
            state.keep_notes(mine, settled=token)
            st.rerun()
        return True
    if last is not None and last.status not in ("failed", "cancelled"):
        when = datetime.datetime.fromtimestamp(last.created_at, datetime.UTC)
        title = "You have trained exactly this already"
        words = (
            f"The same examples with the same settings: job {last.job_id} of "
            f"{when:%d %b %Y, %H:%M} UTC ({status_words(last.status).lower()})."
        )
    else:
        going = running | {
            record.job_id
            for record in mine.history
            if record.provider == place and not is_terminal(record.status)
        }
        waiting = [at for at in mine.launches.values() if time.time() - at < 3600]
        if not going and not waiting:
            return True
        title = "A training of yours is under way already"
        words = (
            f"Job {', '.join(sorted(going))} is not over yet."
            if going
            else ("You sent one less than an hour ago, and it is not known yet whether it started.")
        )
    st.warning(words, title=title)
    return st.checkbox("Start another one all the same, and pay for both", key="pay_again")


def start_here(mine: state.Session, settings: LaunchSettings, material: Material) -> None:
    """Train on this machine; a second click opens the job that the first one made."""
    state.keep_notes(mine)  # what another tab has started meanwhile
    token, last = next_token(mine, settings, material)
    if last is not None and _begun_now(last):
        st.toast("This is the training that you have just started.")
        follow(last.job_id)
    start(mine, settings, material, token)


def _begun_now(last: JobRecord) -> bool:
    """Whether a job on this machine is under way, or so young that the click was a double one."""
    try:
        status = state.client().fine_tuning.jobs.retrieve(last.job_id).status
    except openai.NotFoundError:  # deleted on the Clean up page
        return False
    young = time.time() - last.created_at < DOUBLE_CLICK and status == "succeeded"
    return young or not is_terminal(status)


def start(mine: state.Session, settings: LaunchSettings, material: Material, token: str) -> None:
    """Upload and launch, once; the page then follows the job by its id in the address."""
    profile, client, owner = state.profile(), state.client(), state.lent()
    tokens, cost = expected(settings, material)
    if owner is not None:
        state.ledger().check(owner, cost, mine.currency)  # before anything is uploaded
    bar = st.progress(0.0, text="Handing over the examples…")
    size = max(1, len(material.training) + len(material.validation))

    def send(data: bytes, name: str, before: int) -> str:
        def move(share: float) -> None:
            done = min(1.0, (before + share * len(data)) / size)
            bar.progress(done, text=f"Handing over the examples… {done:.0%}")

        return upload(
            client,
            data,
            name,
            profile=profile,
            project=mine.project,
            progress=move,
            started=mine.uploads,
        ).id

    training = send(material.training, "training.jsonl", 0)
    validation = None
    if material.validation:
        validation = send(material.validation, "validation.jsonl", len(material.training))
    marks = {"data_sha256": hashlib.sha256(material.training).hexdigest()}
    if owner is not None:
        marks |= lent_marks(cost or 0.0)
    if token in mine.launches:
        remember_sent(token, mine.launches[token])
    elif not profile.is_embedded:  # written down first: a reload must not send it again
        mine.launches[token] = time.time()
        state.keep_notes(mine)

    def create():
        return launch(
            client,
            profile,
            training,
            validation,
            settings,
            marks,
            token=token,
            project=mine.project,
        )

    try:
        job = lent_launch(state.ledger(), owner, cost, token, create) if owner else create()
    except UnclearAnswer:
        raise
    except Problem:  # a clear no: nothing was started
        mine.launches.pop(token, None)
        state.keep_notes(mine, settled=token)
        raise
    record = JobRecord(
        provider=profile.key,
        job_id=job.id,
        settings=settings,
        training_sha256=marks["data_sha256"],
        validation_sha256=hashlib.sha256(material.validation).hexdigest(),
        training_examples=material.examples,
        validation_examples=material.validation_examples,
        expected_tokens=tokens,
        expected_cost=cost,
        expected_epochs=resolve_epochs(settings.n_epochs, material.examples, profile.auto_epochs),
        created_at=job.created_at,
        launch=token,
        paid_by_host=owner is not None,
    )
    mine.history = upsert(mine.history, record)
    mine.launches.pop(token, None)
    mine.jobs_seen.pop(profile.key, None)
    state.keep_notes(mine, settled=token)
    st.session_state.pop("repeated", None)
    follow(job.id)


def follow(job_id: str) -> NoReturn:
    """Go on with the page of a job at the chosen provider."""
    st.query_params.update(job=job_id, at=state.profile().key)
    st.rerun()
