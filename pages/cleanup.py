"""6 Clean up: what exists because of you, and how to make it go away."""

import streamlit as st

from core.cleanup import Inventory, Plan, Receipt, execute, inventory, plan
from core.ui import frame, state

WHOSE = {"project": "yours, from here", "app": "this app, another browser", "other": "not ours"}


def load(mine: state.Session) -> Inventory:
    return inventory(state.client(), state.profile(), mine.project)


def list_items(found: Inventory, whole: bool) -> set[str]:
    """A table of what is there; returns the keys of the ticked rows."""
    items = [item for item in found.items if whole or item.owner != "other"]
    if not items:
        st.write("Nothing of yours is there.")
        return set()
    rows = [
        {
            "delete": item.owner == "project",
            "what": item.kind,
            "name": item.name or item.id,
            "whose": WHOSE[item.owner],
            "state": item.status,
            "size": item.size,
        }
        for item in items
    ]
    edited = st.data_editor(
        rows,
        disabled=["what", "name", "whose", "state", "size"],
        hide_index=True,
        column_config={
            "delete": st.column_config.CheckboxColumn("Delete", width="small"),
            "what": "What",
            "name": st.column_config.TextColumn("Name", width="large"),
            "whose": "Whose",
            "state": "State",
            "size": st.column_config.NumberColumn("Size", format="bytes"),
        },
        key=f"items_{found.taken_at}_{whole}",
    )
    return {item.key for item, row in zip(items, edited, strict=True) if row["delete"]}


@st.dialog("Delete these?")
def confirm(planned: Plan) -> None:
    """Show exactly what will be done, then do it once."""
    for step in planned.steps:
        st.markdown(f"- {step.action}: `{step.item.name or step.item.id}`")
    skipped = [item for item, reason in planned.kept if reason.startswith("over already")]
    if skipped:
        st.caption(f"{len(skipped)} finished jobs stay as records; providers do not delete them.")
    if not planned.steps:
        st.write("There is nothing to delete in that choice.")
        return
    if st.button(f"Delete {len(planned.steps)}", type="primary", key="confirm_delete"):
        with frame.problems_shown():
            receipt = execute(state.client(), state.profile(), planned)
            st.session_state["cleanup_receipt"] = receipt
            st.session_state.pop("inventory", None)
            state.session().snapshots.clear()
            st.rerun()


def show_receipt(receipt: Receipt) -> None:
    if receipt.complete:
        st.success(f"All {len(receipt.outcomes)} are gone; checked by looking again.")
    else:
        st.warning("Not everything is gone; the receipt says what and why.")
    st.dataframe(
        [
            {"What": o.kind, "Name": o.name or o.id, "Result": o.result, "Why": o.reason}
            for o in receipt.outcomes
        ],
        hide_index=True,
        key="receipt_table",
    )
    st.download_button(
        "Download the receipt",
        receipt.to_json(),
        "cleanup-receipt.json",
        "application/json",
        on_click="ignore",
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
    if receipt is not None:
        show_receipt(receipt)
    if st.button("Look what is there", icon=":material/search:", key="look"):
        st.session_state["inventory"] = load(mine)
        st.session_state.pop("cleanup_receipt", None)
    found: Inventory | None = st.session_state.get("inventory")
    if found is None or found.provider != profile.key:
        return
    whole, typed = False, ""
    if not profile.is_embedded:
        with st.expander("Everything in this account, not only what was made here"):
            st.write(
                "This can delete files and models that other tools and people made. Type the "
                f"account's own name to unlock it: **{found.account}**"
            )
            typed = st.text_input("Account name", key="account_name")
            whole = typed.strip() == found.account
    ticked = list_items(found, whole)
    if st.button("Delete the ticked ones", disabled=not ticked, key="delete"):
        confirm(plan(found, keys=ticked, whole_account=whole, typed=typed))


@st.dialog("Forget everything?")
def confirm_forget() -> None:
    st.write(
        "This deletes the archive from this session, every file, job and model that you made on "
        "this machine, and the keys you entered. It cannot be undone. Nothing at a provider is "
        "touched."
    )
    if st.button("Yes, forget everything", type="primary", key="confirm_forget"):
        state.forget_everything()
        st.switch_page("pages/upload.py")


mine = frame.enter()
frame.title(
    "Clean up", "What exists because of you, here and at the provider, and how to delete it."
)
with frame.problems_shown(), st.container(border=True):
    at_provider(mine)
with st.container(border=True):
    st.header("Forget everything here", anchor=False)
    st.write(
        "The archive lives in this browser session only. Files and models of the embedded engine "
        "stay in the app's own folder, so that a reload does not lose them, until you delete them."
    )
    if st.button("Forget everything", icon=":material/delete_forever:", key="forget"):
        confirm_forget()
