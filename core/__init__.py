"""Soundalike's core: plain functions over plain values; no Streamlit outside ``core.ui``."""
