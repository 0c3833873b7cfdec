"""Pitch against signals whose pitch is known, and against a second estimator on human speech."""

import csv
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
import soxr
from made_sounds import RATE, at_rms, hiss, party, voice
from scipy.signal import lfilter

from analyzer.measure.frames import HOP_MS, look_at_frames
from analyzer.measure.pitch import look_at_pitch, measure_pitch, monotone_stretches, span_of
from analyzer.spans import Span, Timeline


def telephone(x: np.ndarray) -> np.ndarray:
    """Only 300 to 3400 Hz, by cutting the spectrum."""
    spectrum = np.fft.rfft(x)
    hz = np.fft.rfftfreq(x.size, 1 / RATE)
    spectrum[(hz < 300) | (hz > 3400)] = 0
    return np.asarray(np.fft.irfft(spectrum, x.size), dtype=np.float32)


@pytest.mark.parametrize("hz", [75, 100, 140, 190, 260, 340, 450])
def test_a_voice_has_its_pitch_in_a_telephone_band_without_its_first_harmonics(hz: float) -> None:
    frames = look_at_frames(party(telephone(voice(hz, 2000)) + hiss(2000, -60)))
    assert frames.voiced.mean() > 0.95
    assert np.nanmedian(frames.pitch_hz) == pytest.approx(hz, rel=0.01)


def creaky(hz: float, ms: int, jitter: float) -> np.ndarray:
    """Uneven pulses through three resonances, in a telephone band."""
    rng = np.random.default_rng(1)
    x, at = np.zeros(ms * RATE // 1000), 0.0
    while at < x.size:
        x[int(at)] = rng.uniform(0.7, 1.3)
        at += RATE / hz * (1 + rng.normal(0, jitter))
    for formant, width in ((500, 80), (1500, 120), (2500, 160)):
        r = np.exp(-np.pi * width / RATE)
        x = lfilter([1], [1, -2 * r * np.cos(2 * np.pi * formant / RATE), r * r], x)
    return at_rms(telephone(x), -26)


def test_a_low_voice_whose_periods_vary_by_a_twentieth_is_voiced() -> None:
    frames = look_at_frames(party(creaky(100, 4000, 0.05) + hiss(4000, -50)))
    assert frames.voiced.mean() > 0.9
    assert np.nanmedian(frames.pitch_hz) == pytest.approx(100, rel=0.01)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100])
def test_any_sampling_rate_gives_the_same_pitch(rate: int) -> None:
    frames = look_at_frames(party(voice(180, 2000, rate=rate), rate=rate))
    assert np.nanmedian(frames.pitch_hz) == pytest.approx(180, rel=0.01)


@pytest.mark.parametrize("rate", [5512, 8000, 11025])
def test_frames_lie_at_their_times_far_into_speech_at_any_rate(rate: int) -> None:
    x = np.concatenate([hiss(25_000, -60, rate=rate), voice(200, 1000, rate=rate), hiss(2000, -60, rate=rate)])
    frames = look_at_frames(party(x, rate=rate))
    loud = frames.times_ms[frames.level_db > -40]
    assert abs(int(loud[0]) - 25_000) <= 25
    assert abs(int(loud[-1]) - 26_000) <= 25


def test_noise_has_no_pitch() -> None:
    assert look_at_frames(party(hiss(5000, -30))).voiced.mean() < 0.05


def test_frames_lie_in_the_speech_at_their_times() -> None:
    x = np.concatenate([np.zeros(2 * RATE, np.float32), voice(200, 1000), np.zeros(RATE, np.float32)])
    frames = look_at_frames(party(x, Timeline((Span(2000, 3000),))))
    assert frames.times_ms[0] == 2005
    assert frames.times_ms.size == 100
    assert frames.level_db[10:90] == pytest.approx(-26, abs=0.7)
    assert frames.within(Span(2500, 2600)) == slice(50, 60)


def test_a_glide_of_one_octave_spans_nearly_twelve_semitones() -> None:
    pitches = look_at_pitch(look_at_frames(party(voice(150 * 2 ** np.linspace(0, 1, 50), 4000))))
    assert pitches.median_hz == pytest.approx(150 * 2**0.5, rel=0.02)
    assert pitches.span_st == pytest.approx(0.9 * 12, abs=0.4)


def test_a_monotone_stretch_is_found_where_it_is() -> None:
    lively = voice(180 * 2 ** (np.sin(np.linspace(0, 60, 400)) * 5 / 12), 12_000)
    flat = voice(180 * 2 ** (np.sin(np.linspace(0, 60, 400)) * 1 / 12), 12_000)
    p = party(np.concatenate([lively, flat]))
    frames = look_at_frames(p)
    pitches = look_at_pitch(frames)
    flat_stretches, looked_at = monotone_stretches(frames, pitches.semitones)
    assert looked_at == pytest.approx(24_000, abs=1100)
    assert flat_stretches.covered_ms(Span(12_500, 23_500)) > 9000
    assert flat_stretches.covered_ms(Span(0, 11_000)) == 0
    share = next(m for m in measure_pitch(p, frames, pitches, None) if m.name == "monotone_share")
    assert share.value == pytest.approx(50, abs=8)


def test_too_little_voiced_speech_is_undefined() -> None:
    p = party(hiss(3000, -30))
    frames = look_at_frames(p)
    for m in measure_pitch(p, frames, look_at_pitch(frames), None):
        assert (m.value, m.reason) == (None, "too_little_voiced_speech")


def test_no_speech_at_all() -> None:
    p = party(hiss(1000, -60), Timeline())
    frames = look_at_frames(p)
    assert frames.times_ms.size == 0
    assert {m.reason for m in measure_pitch(p, frames, look_at_pitch(frames), None)} == {"no_speech"}


def test_span_of_values_that_are_known() -> None:
    assert span_of(np.linspace(0, 10, 101, dtype=np.float32)) == pytest.approx(9.0)


@pytest.mark.speech
def test_agrees_with_another_estimator_on_human_speech(speech_dir: Path) -> None:
    """On frames both call voiced, the medians of three people agree within 2 % (median of the three)."""
    rows = list(csv.DictReader((speech_dir / "manifest.csv").open(encoding="utf-8-sig")))
    files = [r["file"] for r in rows if r["file"].startswith("aishell3_30spk")][1:30:10]
    errors = []
    for file in files:
        x, rate = soundfile.read(speech_dir / file, dtype="float32")
        x = soxr.resample(x, rate, RATE)[RATE // 4 :][:RATE]
        theirs, _, _ = librosa.pyin(x, fmin=65, fmax=520, sr=RATE, frame_length=512, hop_length=80, resolution=0.2)
        frames = look_at_frames(party(x))
        near = np.minimum(np.round(frames.times_ms / HOP_MS).astype(int), len(theirs) - 1)
        both = frames.voiced & np.isfinite(theirs[near])
        assert both.sum() > 20
        errors.append(abs(np.median(frames.pitch_hz[both]) / np.median(theirs[near][both]) - 1))
    assert np.median(errors) < 0.02
