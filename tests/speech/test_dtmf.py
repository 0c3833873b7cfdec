"""Keys pressed on a telephone are nobody's speech."""

import numpy as np
import pytest

from analyzer.spans import Span, Timeline
from analyzer.speech.dtmf import HIGH_HZ, LOW_HZ, find_keys

RATE = 8000
KEYS = [(low, high) for low in LOW_HZ for high in HIGH_HZ]


def pressed(pairs: list[tuple[float, float]], on_ms: int = 100, off_ms: int = 80, twist_db: float = 0.0) -> np.ndarray:
    """Keys one after the other, a second of silence on both sides."""
    at = np.arange(RATE * on_ms // 1000) / RATE
    gap, parts = np.zeros(RATE * off_ms // 1000), [np.zeros(RATE)]
    for low, high in pairs:
        louder = 10 ** (twist_db / 20)
        parts += [0.05 * (np.sin(2 * np.pi * low * at) + louder * np.sin(2 * np.pi * high * at)), gap]
    return np.concatenate([*parts, np.zeros(RATE)])


def noisy(sound: np.ndarray, level: float = 1e-3) -> np.ndarray:
    return (sound + np.random.default_rng(2).standard_normal(sound.size) * level).astype(np.float32)


@pytest.mark.parametrize("twist_db", [-6.0, 0.0, 6.0])
@pytest.mark.parametrize("noise", [0.0, 1e-3, 1e-2])
def test_every_key_is_found_where_it_is(twist_db: float, noise: float) -> None:
    found = find_keys(noisy(pressed(KEYS, twist_db=twist_db), noise), RATE)
    true = Timeline(tuple(Span(1000 + 180 * i, 1100 + 180 * i) for i in range(16)))
    assert len(found) == 16
    assert (found & true).duration_ms == true.duration_ms, "all of them, and a little around"
    assert (found - true).duration_ms <= 16 * 60


def test_the_shortest_key_and_another_rate() -> None:
    assert len(find_keys(noisy(pressed([KEYS[0]], on_ms=50)), RATE)) == 1
    doubled = np.repeat(pressed([KEYS[5]]), 2)  # 16 kHz, with an image above the telephone's band
    assert len(find_keys(noisy(doubled, 1e-4), 2 * RATE)) == 1


@pytest.mark.parametrize("pair", [(450.0, 450.0), (697.0, 697.0), (697.0, 1000.0), (600.0, 1209.0), (1209.0, 1477.0)])
def test_other_pairs_are_none(pair: tuple[float, float]) -> None:
    assert find_keys(noisy(pressed([pair] * 3)), RATE) == Timeline()


def test_a_voice_and_noise_are_none() -> None:
    assert not find_keys(np.random.default_rng(1).standard_normal(5 * RATE).astype(np.float32) * 0.1, RATE)
    at = np.arange(4 * RATE) / RATE
    phase = 2 * np.pi * np.cumsum(180 + 60 * np.sin(2 * np.pi * 0.4 * at)) / RATE
    assert not find_keys((sum(np.sin(k * phase) / k for k in range(1, 12)) * 0.1).astype(np.float32), RATE)
    assert find_keys(np.zeros(10, np.float32), RATE) == Timeline()
