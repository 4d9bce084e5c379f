"""Finders: small functions from a text to the spans of one sort of personal data."""
