"""6 Clean up: what exists because of you, and how to make it go away."""

import pandas as pd
import streamlit as st

from core.cleanup import Inventory, Item, Plan, Receipt, Step, execute, inventory, plan
from core.jobs import is_terminal
from core.ui import frame, state
from core.ui.kept_here import kept_edits, kept_run

WHOSE = {"project": "yours, from here", "app": "this app, another browser", "other": "not ours"}
PURPOSES = {"fine-tune": "examples", "fine-tune-results": "results"}


def load(mine: state.Session) -> None:
    """Ask the provider what is there, and forget an older plan and receipt."""
    st.session_state["inventory"] = inventory(state.client(), state.profile(), mine.project)
    for key in ("cleanup_plan", "cleanup_receipt"):
        st.session_state.pop(key, None)


def is_record(item: Item) -> bool:
    """Whether it is a finished job: providers keep those and delete none."""
    return item.kind == "job" and is_terminal(item.status)


def state_words(item: Item) -> str:
    """A file's purpose and, where it is not ready, its status; a job's status."""
    words = [PURPOSES.get(one, one) for one in item.status.split(", ") if one != "processed"]
    return ", ".join(words)


def step_words(step: Step) -> str:
    verb = "Stop" if step.action == "stop job" else "Delete"
    return f"{verb} the {step.item.kind}"


def size_words(size: int | None) -> str:
    if size is None:
        return ""
    return f"{size / 1000:,.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:,.1f} MB"


def list_items(found: Inventory, whole: bool) -> set[str]:
    """A table of what is there; returns the keys of the ticked rows."""
    everything = whole and st.checkbox(
        "Tick everything in the account", key=f"tick_everything_{found.taken_at}"
    )
    items = [item for item in found.items if whole or item.owner != "other"]
    others = len(found.items) - len(items)
    if others:
        st.caption(f"{others:,} more in this account were not made with this app: not shown.")
    if not items:
        st.write("Nothing of yours is there.")
        return set()
    rows = [
        {
            "delete": (everything or item.owner == "project") and not is_record(item),
            "what": item.kind,
            "name": item.name or item.id,
            "state": state_words(item),
            "size": size_words(item.size),
            "made": pd.Timestamp(item.created_at, unit="s") if item.created_at else None,
            "whose": WHOSE[item.owner],
        }
        for item in items
    ]
    table = pd.DataFrame(rows)
    if table["whose"].nunique() == 1:
        table = table.drop(columns="whose")
    edited = st.data_editor(
        table,
        disabled=["what", "name", "whose", "state", "made", "size"],
        hide_index=True,
        column_config={
            "delete": st.column_config.CheckboxColumn("Delete", width="small"),
            "what": "What",
            "name": "Name",
            "whose": "Whose",
            "state": "State",
            "made": frame.time_column("Made (UTC)"),
            "size": "Size",
        },
        key=f"items_{found.taken_at}_{whole}" + ("_all" if everything else ""),
        alt="Files, jobs and models with a tick box each",
    )
    ticks = edited["delete"].tolist()
    return {item.key for item, tick in zip(items, ticks, strict=True) if tick}


def unlock_account(found: Inventory) -> tuple[bool, str]:
    """Whether everything in the account is in reach, and what was typed for it."""
    with st.expander("Everything in this account, not only what was made here"):
        st.write(
            "This can delete files and models that other tools and people made. Type the "
            f"account's own name to unlock it: **{found.account}**"
        )
        typed = st.text_input("Account name", key=f"account_name_{found.taken_at}")
        if typed.strip() == found.account:
            st.warning("Unlocked: everything in the account is in the list.", icon="⚠️")
            return True, typed
        if typed:
            st.caption("That is not the name of the account.")
    return False, ""


def confirm(planned: Plan) -> None:
    """The dry run: exactly what would be done, and the button that does it."""
    with st.container(border=True):
        records = sum(is_record(item) and item.owner == "project" for item, _ in planned.kept)
        if not planned.steps:
            st.write("There is nothing to delete in that choice: only records of finished jobs.")
            return
        st.markdown(f"**This is what will be done, in this order ({len(planned.steps)}):**")
        st.dataframe(
            [
                {
                    "Step": step_words(s),
                    "Name": s.item.name or s.item.id,
                    "State": state_words(s.item),
                }
                for s in planned.steps
            ],
            hide_index=True,
            key="plan_table",
            alt="What will be deleted",
        )
        in_use = [item for item, reason in planned.kept if reason.startswith("in use")]
        if in_use:
            st.caption(f"{len(in_use)} stay: a running job that is not yours uses them.")
        if records:
            many = f"{records} finished jobs stay" if records > 1 else "1 finished job stays"
            until = "until you forget everything" if state.profile().is_embedded else "there"
            st.caption(f"{many} as a record {until}; only running jobs can be stopped.")
        with st.container(horizontal=True):
            if st.button("Delete now", type="primary", key="confirm_delete"):
                receipt = execute(state.client(), state.profile(), planned)
                load(state.session())
                st.session_state["cleanup_receipt"] = receipt
                state.session().snapshots.clear()
                st.rerun()
            if st.button("Keep everything", key="cancel_delete"):
                st.session_state.pop("cleanup_plan")
                st.rerun()


def show_receipt(receipt: Receipt) -> None:
    if receipt.complete:
        gone = "gone or stopped" if any(o.kind == "job" for o in receipt.outcomes) else "gone"
        many = len(receipt.outcomes)
        st.success(
            f"{f'All {many} are' if many > 1 else 'It is'} {gone}; checked by looking again."
        )
    else:
        st.warning("Not everything is gone; the receipt says what and why.")
    st.dataframe(
        [
            {"What": o.kind, "Name": o.name or o.id, "Result": o.result, "Why": o.reason}
            for o in receipt.outcomes
        ],
        hide_index=True,
        key="receipt_table",
        alt="What became of each",
    )
    st.download_button(
        "Download the receipt",
        receipt.to_json(),
        "cleanup-receipt.json",
        "application/json",
        on_click="ignore",
        icon=":material/download:",
        key="download_receipt",
    )


def at_provider(mine: state.Session) -> None:
    profile = state.profile()
    st.header("On this machine" if profile.is_embedded else f"At {profile.name}", anchor=False)
    st.caption(
        "Files, jobs and models that were made by training. Nothing is deleted before you have "
        "seen the list and said yes."
    )
    receipt: Receipt | None = st.session_state.get("cleanup_receipt")
    if receipt is not None and receipt.provider == profile.key:
        show_receipt(receipt)
    if st.button("Look what is there", icon=":material/search:", key="look"):
        load(mine)
    found: Inventory | None = st.session_state.get("inventory")
    if found is None or (found.provider, found.project) != (profile.key, mine.project):
        return
    own_account = not profile.is_embedded and state.lent() is None
    whole, typed = unlock_account(found) if own_account else (False, "")
    ticked = list_items(found, whole)
    if st.button("Show what would be deleted", disabled=not ticked, key="delete"):
        st.session_state["cleanup_plan"] = (
            ticked,
            plan(found, keys=ticked, whole_account=whole, typed=typed),
        )
    chosen, planned = st.session_state.get("cleanup_plan", (None, None))
    if planned is not None and chosen == ticked:
        confirm(planned)


def forget() -> None:
    st.header("Forget everything here", anchor=False)
    st.write(
        "Deletes the archive and everything made of it from this session, every file, job, model, "
        "judge run and correction that you made on this machine, and the keys you entered. Nothing "
        "at a provider is touched: clean up there first."
    )
    if st.button("Forget everything", icon=":material/delete_forever:", key="forget"):
        st.session_state["forget_asked"] = True
    if not st.session_state.get("forget_asked"):
        return
    with st.container(border=True):
        st.markdown("**This cannot be undone. Forget everything?**")
        with st.container(horizontal=True):
            if st.button("Yes, forget everything", type="primary", key="confirm_forget"):
                state.forget_everything()
                st.session_state["forgotten"] = True
                st.rerun()
            if st.button("No", key="cancel_forget"):
                st.session_state.pop("forget_asked")
                st.rerun()


mine = frame.enter()
frame.title(
    "Clean up", "What exists because of you, here and at the provider, and how to delete it."
)
if st.session_state.pop("forgotten", False):
    st.success("Everything here is forgotten.", icon=":material/check:")
with frame.problems_shown(), st.container(border=True):
    at_provider(mine)
kept_run()
kept_edits()
with st.container(border=True):
    forget()
