"""Where a clean recording has speech: breaths, and the clicks in them, are none."""

from __future__ import annotations

import numpy as np

from analyzer.call.types import Samples
from analyzer.testing.clips import speech_by_energy

RATE = 8000


def _noise(ms: int, level_db: float) -> Samples:
    x = np.random.default_rng(3).normal(0, 10 ** (level_db / 20), ms * RATE // 1000)
    return np.asarray(x, dtype=np.float32)


def _vowel(ms: int, level_db: float = -20.0) -> Samples:
    at = np.arange(ms * RATE // 1000) / RATE
    return np.asarray(np.sqrt(2) * 10 ** (level_db / 20) * np.sin(2 * np.pi * 200 * at), dtype=np.float32)


def _spans(*parts: Samples) -> list[tuple[int, int]]:
    return [(s.start_ms, s.end_ms) for s in speech_by_energy(np.concatenate(parts), RATE)]


SILENCE = _noise(300, -75)


def test_a_faint_tail_is_cut_off_with_a_click_in_it_too() -> None:
    plain = _spans(SILENCE, _vowel(800), _noise(500, -46), SILENCE)
    with_click = _spans(SILENCE, _vowel(800), _noise(240, -46), _noise(15, -28), _noise(245, -46), SILENCE)
    assert plain == with_click
    ((start, end),) = with_click
    assert abs(start - 300) <= 5
    assert abs(end - (1100 + 120)) <= 10


def test_a_short_syllable_in_a_faint_tail_is_speech() -> None:
    ((_, end),) = _spans(SILENCE, _vowel(800), _noise(200, -46), _vowel(60, -30.0), _noise(200, -46), SILENCE)
    assert abs(end - 1560) <= 5


def test_the_burst_of_a_stop_is_no_click() -> None:
    ((start, _),) = _spans(SILENCE, _noise(200, -46), _noise(15, -28), _noise(80, -42), _vowel(800), SILENCE)
    assert abs(start - 300) <= 5


def test_what_rumbles_below_any_voice_is_no_speech() -> None:
    spoken = (SILENCE, _vowel(800), _noise(500, -75))
    sound = np.concatenate(spoken)
    at = np.arange(len(sound)) / RATE
    rumble = (0.02 * np.sin(2 * np.pi * 20 * at)).astype(np.float32)
    ((start, end),) = _spans(sound + rumble)
    assert abs(start - 300) <= 5
    assert abs(end - 1100) <= 25


def test_no_sound_has_no_speech() -> None:
    assert not _spans(np.zeros(0, dtype=np.float32))
