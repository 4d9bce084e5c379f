"""6 Clean up: what exists because of you, and how to make it go away."""

import streamlit as st

from core.ui import frame, state

mine = frame.enter()
frame.title(
    "Clean up", "What exists because of you, here and at the provider, and how to delete it."
)


@st.dialog("Forget everything?")
def confirm_forget() -> None:
    st.write(
        "This deletes your archive from this session, every file, job and model that you made on "
        "this machine, and the keys you entered. It cannot be undone. Nothing at a provider is "
        "touched."
    )
    if st.button("Forget everything", type="primary", key="confirm_forget"):
        state.forget_everything()
        st.switch_page("pages/upload.py")


with st.container(border=True):
    st.header("On this machine", anchor=False)
    st.write(
        "The archive lives in this browser session only. Files and models of the embedded engine "
        "stay in the app's own folder so that a reload does not lose them."
    )
    if st.button("Forget everything", icon=":material/delete_forever:", key="forget"):
        confirm_forget()
