"""Soundalike: page names, the provider box in the sidebar, and the chosen page."""

import streamlit as st

from core.ui import frame, state
from core.ui.provider_box import provider_box
from core.ui.surprises import keep_words_out_of_logs, surprises_shown
from core.ui.visitor import remember_visitor

st.set_page_config(
    page_title="Soundalike",
    page_icon="🗣️",
    layout="wide",
    initial_sidebar_state="auto",
)
st.logo(str(frame.LOGO), size="large")
state.session()
page = frame.navigation()
remember_visitor()
keep_words_out_of_logs()
with st.sidebar, surprises_shown():
    provider_box()
with surprises_shown(), frame.problems_shown():
    page.run()
state.freeze_imports()
