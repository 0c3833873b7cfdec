"""Levels of every 5 ms, from which the end of a sound is read."""

import numpy as np
import pytest
from made_sounds import hiss

from analyzer.measure.breakoff import FRAME_MS, levels_of


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100])
def test_a_level_is_at_its_time_at_any_rate(rate: int) -> None:
    x = np.concatenate([hiss(20_000, -30, rate=rate), hiss(300, -60, rate=rate)])
    loud = np.flatnonzero(levels_of(x, rate) > -45)
    assert abs(int(loud[-1]) + 1 - 20_000 // FRAME_MS) <= 1
