"""Grains of so many ms lie where their times are, at every rate."""

import numpy as np
import pytest

from analyzer.call import grains as module
from analyzer.call.grains import grains
from analyzer.call.sound import rows


def cut(x: np.ndarray, rate: int, ms: int) -> np.ndarray:
    return np.concatenate([np.zeros((0, max(1, rate * ms // 1000)), np.float32), *grains(x, rate, ms)])


@pytest.mark.parametrize("ms", [5, 10, 20])
@pytest.mark.parametrize("rate", [5512, 8000, 11025, 22050, 44100, 48000])
def test_a_grain_begins_at_its_time(rate: int, ms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 5000)
    x = np.arange(rate * 20, dtype=np.float32)  # every sample says where it is
    found = cut(x, rate, ms)
    assert len(found) == 20_000 // ms
    assert np.array_equal(found[:, 0], np.arange(len(found)) * rate * ms // 1000)
    assert np.array_equal(found - found[:, :1], np.tile(np.arange(found.shape[1]), (len(found), 1)))


@pytest.mark.parametrize(("rate", "ms"), [(8000, 5), (16000, 10), (44100, 20), (44100, 10), (48000, 5)])
def test_where_grains_are_whole_samples_they_are_the_rows(rate: int, ms: int) -> None:
    x = np.random.default_rng(0).standard_normal(rate * 4 + 77).astype(np.float32)
    blocks, expected = list(grains(x, rate, ms)), list(rows(x, rate * ms // 1000))
    assert [b.shape for b in blocks] == [b.shape for b in expected]
    assert all(np.array_equal(a, b) and a.flags.c_contiguous for a, b in zip(blocks, expected, strict=True))


@pytest.mark.parametrize(
    ("rate", "samples", "whole"), [(8000, 0, 0), (8000, 79, 0), (8000, 159, 1), (11025, 110, 0), (11025, 111, 1)]
)
def test_what_makes_no_whole_grain_is_left_out(rate: int, samples: int, whole: int) -> None:
    assert len(cut(np.zeros(samples, np.float32), rate, 10)) == whole
