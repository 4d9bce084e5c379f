"""The collector pauses and comes back as it was."""

from __future__ import annotations

import gc

import pytest

from core.collector import paused_collector


def test_the_collector_is_switched_on_again_even_after_an_error():
    assert gc.isenabled()
    with pytest.raises(ValueError, match="stop"), paused_collector():
        assert not gc.isenabled()
        raise ValueError("stop")
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    try:
        with paused_collector():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
