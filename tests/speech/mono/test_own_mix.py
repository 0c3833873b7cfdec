"""Both voices at once, learned from a call's own: two noises of different colour that come and go like speech."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from analyzer.call.types import Samples
from analyzer.speech.mono.at_once import AtOnceSettings, odds
from analyzer.speech.mono.fbank import fbank
from analyzer.speech.mono.learned import LearnSettings
from analyzer.speech.mono.own_mix import OwnMixSettings, corrected, halved, hear_own, running_mean
from analyzer.speech.mono.segment import FRAME, RATE_HZ

FLOOR = 1e-6
SECONDS = 30
FRAMES = SECONDS * RATE_HZ // FRAME - 3
SETTINGS = OwnMixSettings(learn=LearnSettings(waves=100), copies=2)


def colour(low_hz: float, high_hz: float, seed: int) -> Samples:
    rng = np.random.default_rng(seed)
    noise = sosfilt(
        butter(2, (low_hz, high_hz), "bandpass", fs=RATE_HZ, output="sos"), rng.normal(size=SECONDS * RATE_HZ)
    )
    beat = np.repeat(rng.uniform(0.2, 1.0, SECONDS * 8), RATE_HZ // 8)  # loud and faint, eight times a second
    return (0.1 * noise / noise.std() * beat).astype(np.float32)


def on(first_s: float, last_s: float) -> np.ndarray:
    at = np.arange(FRAMES) * FRAME / RATE_HZ
    return (at >= first_s) & (at < last_s)


@pytest.fixture(scope="module")
def call() -> tuple[Samples, np.ndarray, np.ndarray]:
    """Voice 0 from 0 to 12 s and from 24 s, voice 1 from 10 to 22 s: both for two seconds; nobody for two."""
    first, second = on(0, 12) | on(24, 30), on(10, 22)
    spread = lambda mask: np.resize(np.repeat(mask, FRAME), SECONDS * RATE_HZ)  # noqa: E731
    sound = colour(200, 900, 1) * spread(first) + colour(1200, 3000, 2) * spread(second)
    return sound.astype(np.float32), first, second


def test_both_at_once_sounds_like_both_laid_over_each_other(call: tuple[Samples, np.ndarray, np.ndarray]) -> None:
    sound, first, second = call
    own = hear_own(sound, halved(fbank(sound, FLOOR)), (first & ~second, second & ~first), FLOOR, SETTINGS)
    assert own is not None and own.shape == (FRAMES, 3)
    both = running_mean(own[:, 2], 9)
    inside, single = on(10.3, 11.7), (on(1, 9.7) | on(12.3, 21.7))
    assert np.percentile(both[inside], 10) > np.percentile(both[single], 90)
    assert (own[on(1, 9), 0] > own[on(1, 9), 1]).mean() > 0.95
    assert (own[on(13, 21), 1] > own[on(13, 21), 0]).mean() > 0.95


def test_a_piece_given_to_the_wrong_voice_is_given_back(call: tuple[Samples, np.ndarray, np.ndarray]) -> None:
    sound, first, second = call
    said = second & ~first
    wrong = said ^ on(16, 17)
    own = hear_own(sound, halved(fbank(sound, FLOOR)), (first & ~wrong, wrong), FLOOR, SETTINGS)
    assert own is not None
    mended = corrected(wrong, own, SETTINGS)
    assert mended[on(16.2, 16.8)].all()
    assert not mended[on(1, 9)].any() and mended[on(13, 15)].all()


def test_too_little_of_a_voice_teaches_nothing(call: tuple[Samples, np.ndarray, np.ndarray]) -> None:
    sound, first, _ = call
    spectra = halved(fbank(sound, FLOOR))
    assert hear_own(sound, spectra, (first, on(13, 13.8)), FLOOR, SETTINGS) is None
    assert hear_own(sound, spectra, (first, on(0, 0)), FLOOR, SETTINGS) is None
    short = replace(SETTINGS, least_s=0.5)
    assert hear_own(sound, spectra, (first, on(13, 13.8)), FLOOR, short) is not None


def test_the_same_call_teaches_the_same(call: tuple[Samples, np.ndarray, np.ndarray]) -> None:
    sound, first, second = call
    spectra = halved(fbank(sound, FLOOR))
    alone = (first & ~second, second & ~first)
    once, again = (hear_own(sound, spectra, alone, FLOOR, SETTINGS) for _ in range(2))
    assert once is not None and again is not None and np.array_equal(once, again)


def test_of_a_long_voice_pieces_from_all_over_are_taken(call: tuple[Samples, np.ndarray, np.ndarray]) -> None:
    sound, first, second = call
    short = replace(SETTINGS, longest_s=2.0)
    own = hear_own(sound, halved(fbank(sound, FLOOR)), (first & ~second, second & ~first), FLOOR, short)
    assert own is not None and np.isfinite(own).all()


def test_a_mean_keeps_its_place() -> None:
    one = np.zeros(11)
    one[5] = 3.0
    assert np.flatnonzero(running_mean(one, 3)).tolist() == [4, 5, 6]
    assert running_mean(np.ones(3), 9).size == 3


def test_what_the_call_itself_sounds_like_moves_the_odds() -> None:
    settings = AtOnceSettings()
    half = np.full(100, 0.5)
    like_both = np.tile([-0.5, -0.5, 0.8], (100, 1))
    like_one = np.tile([0.9, -0.9, -0.9], (100, 1))
    assert odds(half, like_both, settings)[50] > odds(half, None, settings)[50] > odds(half, like_one, settings)[50]
