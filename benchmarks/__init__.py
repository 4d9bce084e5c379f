"""Measurements against named rivals; never part of the test run."""
