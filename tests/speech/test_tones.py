"""Call-progress tones and their cadence."""

import numpy as np
import pytest

from analyzer.spans import Timeline
from analyzer.speech.tones import Cadence, find_cadences, find_tones

RATE = 8000


def tone(on_ms: int, off_ms: int, cycles: int, hz: float = 450.0, rate: int = RATE, level: float = 0.1) -> np.ndarray:
    beat = level * np.sin(2 * np.pi * hz * np.arange(rate * on_ms // 1000) / rate)
    return np.tile(np.concatenate([beat, np.zeros(rate * off_ms // 1000)]), cycles)


def in_noise(sound: np.ndarray, level: float = 1e-3, rate: int = RATE) -> np.ndarray:
    quiet = np.zeros(rate)
    whole = np.concatenate([quiet, sound, quiet])
    noise = np.random.default_rng(3).standard_normal(whole.size) * level
    return np.asarray(whole + noise, dtype=np.float32)


@pytest.mark.parametrize(
    ("on", "off", "cycles", "name"),
    [
        (350, 350, 6, Cadence.BUSY),
        (700, 700, 5, Cadence.CONGESTION),
        (1000, 4000, 3, Cadence.RINGBACK),
        (1000, 4000, 1, Cadence.RINGBACK),
        (5000, 0, 1, Cadence.STEADY),
    ],
)
@pytest.mark.parametrize("hz", [430.0, 450.0, 470.0])
@pytest.mark.parametrize("rate", [8000, 16000])
def test_cadences(on: int, off: int, cycles: int, name: Cadence, hz: float, rate: int) -> None:
    (run,) = find_cadences(find_tones(in_noise(tone(on, off, cycles, hz, rate), rate=rate), rate))
    assert (run.cadence, run.cycles) == (name, cycles)
    assert abs(run.span.start_ms - 1000) <= 15
    assert all(abs(t.duration_ms - on) <= 25 for t in run.tones)


def test_number_not_in_service() -> None:
    sound = np.concatenate([tone(100, 100, 3), tone(400, 400, 1)] * 3)
    (run,) = find_cadences(find_tones(in_noise(sound), RATE))
    assert run.cadence is Cadence.NOT_IN_SERVICE


@pytest.mark.parametrize("hz", [350.0, 400.0, 500.0, 620.0, 1000.0])
def test_other_frequencies_are_no_tones(hz: float) -> None:
    assert find_tones(in_noise(tone(350, 350, 6, hz)), RATE) == Timeline()


def test_noise_and_a_gliding_vowel_are_no_tones() -> None:
    noise = np.random.default_rng(1).standard_normal(5 * RATE).astype(np.float32) * 0.1
    assert not find_tones(noise, RATE)
    at = np.arange(2 * RATE) / RATE
    pitch = 220 + 40 * np.sin(2 * np.pi * 0.8 * at)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    vowel = sum(np.sin(k * phase) / k for k in range(1, 9))
    assert not find_tones(np.asarray(0.05 * vowel, dtype=np.float32), RATE)


def test_nothing_in_nothing() -> None:
    assert find_tones(np.zeros(0, dtype=np.float32), RATE) == Timeline()
    assert find_cadences(Timeline()) == ()
