"""A tone under a voice keeps its rhythm."""

import numpy as np
import pytest

from analyzer.spans import Timeline
from analyzer.speech import undertone
from analyzer.speech.tones import Cadence, find_tones
from analyzer.speech.undertone import tone_kept_up

RATE = 8000


def beats(on_ms: int, cycles: int) -> np.ndarray:
    n = on_ms * RATE // 1000
    return np.tile(np.concatenate([0.17 * np.sin(2 * np.pi * 450 * np.arange(n) / RATE), np.zeros(n)]), cycles)


def buzz(ms: int, pitch_hz: float, rms: float) -> np.ndarray:
    """A voice-like sound that comes and goes as syllables do."""
    at = np.arange(ms * RATE // 1000) / RATE
    sound = sum(np.sin(2 * np.pi * pitch_hz * k * at) / k for k in range(1, 20)) * np.sin(2 * np.pi * 2.3 * at) ** 2
    return np.asarray(sound * rms / np.sqrt(np.mean(np.square(sound))))


def recording(sound: np.ndarray, voice: np.ndarray, voice_at_ms: int) -> np.ndarray:
    whole = np.concatenate([np.zeros(RATE), sound, np.zeros(RATE)])
    whole += np.random.default_rng(3).standard_normal(whole.size) * 1e-3
    start = voice_at_ms * RATE // 1000
    part = whole[start : start + voice.size]
    part += voice[: part.size]
    return whole.astype(np.float32)


@pytest.mark.parametrize(("on_ms", "name"), [(350, Cadence.BUSY), (700, Cadence.CONGESTION)])
def test_a_tone_goes_on_under_a_voice(on_ms: int, name: Cadence) -> None:
    sound = recording(beats(on_ms, 6), buzz(8000, 170, 0.06), 1000 + 3 * on_ms // 2)
    tones = find_tones(sound, RATE)
    run = tone_kept_up(sound, RATE, tones)
    assert run is not None
    assert (run.cadence, run.cycles) == (name, 6)
    assert run.span.start_ms == pytest.approx(1000, abs=20)
    assert run.span.end_ms == pytest.approx(1000 + 11 * on_ms, abs=20)


@pytest.mark.parametrize(("on_ms", "name"), [(350, Cadence.BUSY), (700, Cadence.CONGESTION)])
def test_a_voice_over_all_beats_but_the_last_hides_none(on_ms: int, name: Cadence) -> None:
    sound = recording(beats(on_ms, 5), buzz(7 * on_ms, 170, 0.06), 1000 + on_ms // 3)
    run = tone_kept_up(sound, RATE, find_tones(sound, RATE))
    assert run is not None
    assert (run.cadence, run.cycles) == (name, 5)
    assert run.span.start_ms == pytest.approx(1000, abs=20)


def test_two_beats_are_too_few_and_one_long_tone_is_no_rhythm() -> None:
    for sound in (beats(350, 2), beats(3000, 1), beats(350, 1)):
        heard = recording(sound, np.zeros(0), 0)
        assert tone_kept_up(heard, RATE, find_tones(heard, RATE)) is None


def test_a_voice_after_one_beat_is_no_tone() -> None:
    for pitch in (150.0, 225.0, 450.0):
        heard = recording(np.concatenate([beats(350, 1), np.zeros(6 * RATE)]), buzz(5000, pitch, 0.17), 1700)
        assert tone_kept_up(heard, RATE, find_tones(heard, RATE)) is None


def test_nothing_without_a_tone_heard_clearly() -> None:
    assert tone_kept_up(recording(beats(350, 6), np.zeros(0), 0), RATE, Timeline()) is None


def test_a_tone_left_on_for_long_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0

    def counted(*given: object) -> object:
        nonlocal looked
        looked += 1
        return percentile(*given)

    percentile = np.percentile
    monkeypatch.setattr(undertone.np, "percentile", counted)
    looks = []
    for cycles in (40, 80):
        heard = recording(np.concatenate([beats(350, cycles), np.zeros(20 * RATE)]), np.zeros(0), 0)
        tones, looked = find_tones(heard, RATE), 0
        run = tone_kept_up(heard, RATE, tones)
        assert run is not None and run.cycles == len(tones) == cycles
        looks.append(looked)
    assert looks[1] < 2.5 * looks[0]
