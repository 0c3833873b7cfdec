"""Both voices at once, learned from layers that say how loud two bands are."""

import numpy as np
import pytest

from analyzer.call.types import Samples
from analyzer.speech.mono.fbank import fbank
from analyzer.speech.mono.own_inner import (
    OwnInnerSettings,
    _of_spectra,
    hear_together,
    layer_rows,
)
from analyzer.speech.mono.own_mix import OwnMixSettings, halved, running_mean
from analyzer.speech.mono.put_together import TogetherSettings
from analyzer.speech.mono.segment import FIRST, FRAME, RATE_HZ

FRAMES = 589  # of a window
SECONDS = 30
GRID = SECONDS * RATE_HZ // FRAME - 3
SETTINGS = OwnInnerSettings(TogetherSettings(seconds=40.0))
FLOOR = 1e-6
LOW, HIGH = 500.0, 2000.0
BANDS = [16, 42]  # of a spectrum


def two_bands(window: Samples) -> Samples:
    """Layers that are the level of a low band and of a high one, and where in the window a frame lies."""
    middle = np.arange(FRAMES) * FRAME + FIRST
    parts = np.stack([window[max(0, m - 200) : m + 200][:295] for m in middle])
    spectrum = np.abs(np.fft.rfft(parts * np.hanning(parts.shape[1]), 512, axis=1))
    bands = [np.log(spectrum[:, round(f * 512 / RATE_HZ)] + 1e-3) for f in (LOW, HIGH)]
    return np.stack([*bands, np.arange(FRAMES)], axis=1).astype(np.float32)


def two_of_spectra(features: Samples) -> Samples:
    """Layers that bend what is in the tones' two bands of every second spectrum, as a network's do."""
    draw = np.random.default_rng(0)
    turn, start = draw.normal(0, 0.3, (len(BANDS), 40)), draw.normal(0, 1, 40)
    return np.tanh(features[::2][:, BANDS] @ turn + start).astype(np.float32)


LAYERS = (two_bands, two_of_spectra)
SHARE = 0.2


def at_once(bands: Samples, _: Samples) -> Samples:
    """Both at once are both bands at once: the sum of their levels."""
    return np.asarray(SHARE * bands[:, :2].sum(axis=1) - 1.0, dtype=np.float32)


def on(first_s: float, last_s: float) -> np.ndarray:
    at = (np.arange(GRID) * FRAME + FIRST) / RATE_HZ
    return (at >= first_s) & (at < last_s)


def tone(hertz: float, spans: list[tuple[float, float]], seed: int) -> Samples:
    rng = np.random.default_rng(seed)
    at = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    beat = np.repeat(rng.uniform(0.3, 1.0, SECONDS * 8), RATE_HZ // 8)
    said = sum(((at >= a) & (at < b)).astype(np.float64) for a, b in spans)
    return (0.1 * np.sin(2 * np.pi * hertz * at) * beat * said).astype(np.float32)


@pytest.fixture(scope="module")
def call() -> tuple[Samples, np.ndarray, np.ndarray]:
    """Voice 0 from 0 to 12 s and from 24 s, voice 1 from 10 to 22 s: both for two seconds; nobody for two."""
    sound = tone(LOW, [(0, 12), (24, 30)], 1) + tone(HIGH, [(10, 22)], 2)
    return sound, on(0, 12) | on(24, 30), on(10, 22)


def test_both_at_once_is_told_from_either(call: tuple[Samples, np.ndarray, np.ndarray]) -> None:
    sound, first, second = call
    alone = (first & ~second, second & ~first)
    heard, again = (
        hear_together(sound, halved(fbank(sound, FLOOR)), alone, FLOOR, LAYERS, at_once, OwnMixSettings(), SETTINGS)
        for _ in range(2)
    )
    assert heard is not None and again is not None
    assert np.array_equal(heard.taught, again.taught)
    for own, same in zip(heard.own, again.own, strict=True):  # by the spectra, by the layers of either network
        assert own.shape == (GRID, 3) and np.array_equal(own, same)
        both = running_mean(own[:, 2], 9)
        single = on(1, 9.7) | on(12.3, 21.7)
        assert np.percentile(both[on(10.3, 11.7)], 10) > np.percentile(both[single], 90)
        assert (own[on(1, 9), 0] > own[on(1, 9), 1]).mean() > 0.95
        assert (own[on(13, 21), 1] > own[on(13, 21), 0]).mean() > 0.95


def test_what_composed_calls_taught_is_heard_in_every_frame(call: tuple[Samples, np.ndarray, np.ndarray]) -> None:
    sound, first, second = call
    alone = (first & ~second, second & ~first)
    heard = hear_together(sound, halved(fbank(sound, FLOOR)), alone, FLOOR, LAYERS, at_once, OwnMixSettings(), SETTINGS)
    assert heard is not None
    bands = np.concatenate([part for (part,) in layer_rows(sound, GRID, lambda window: (two_bands(window),))])
    assert np.allclose(heard.taught, np.clip(0.22 * at_once(bands, bands), -2.0, 2.0), atol=1e-5)
    assert heard.taught[on(10.5, 11.5)].mean() > heard.taught[on(1, 9) | on(13, 21)].mean()


def test_too_little_of_a_voice_teaches_nothing(call: tuple[Samples, np.ndarray, np.ndarray]) -> None:
    sound, first, _ = call
    alone = (first, on(13, 13.8))
    spectra = halved(fbank(sound, FLOOR))
    assert hear_together(sound, spectra, alone, FLOOR, LAYERS, at_once, OwnMixSettings(), SETTINGS) is None


@pytest.mark.parametrize("frame", [3, 200, 585])
def test_what_is_made_of_spectra_lies_where_it_was_heard(frame: int) -> None:
    window = np.zeros(10 * RATE_HZ, dtype=np.float32)
    middle = frame * FRAME + FIRST
    window[middle - 80 : middle + 80] = 0.1
    rows = _of_spectra(lambda features: features[::2].sum(axis=1, keepdims=True), FLOOR)(window)
    assert rows.shape == (FRAMES, 1)
    heard = np.flatnonzero(rows[:, 0] > (rows.max() + rows.min()) / 2)
    assert abs(heard.mean() - frame) <= 1


@pytest.mark.parametrize("frames", [1, 57, 588, 589, 590, 1063, 1064, 2000])
def test_every_frame_is_heard_once_and_where_it_is(frames: int) -> None:
    # from a sound that rises, what each frame hears says where it is
    sound = np.zeros((frames + 4) * FRAME, dtype=np.float32)
    middle = np.arange(frames) * FRAME + FIRST
    sound[middle] = np.arange(frames)

    def places(window: Samples) -> tuple[Samples, ...]:
        return window[np.arange(FRAMES) * FRAME + FIRST], np.arange(FRAMES, dtype=np.float32)

    heard, at = (np.concatenate(parts) for parts in zip(*layer_rows(sound, frames, places), strict=True))
    assert heard.tolist() == list(range(frames))
    inner = at[57 : frames - 57]
    assert np.all((inner >= 57) & (inner < FRAMES - 57))  # away from both ends of the window
