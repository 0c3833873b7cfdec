"""One drawn-out sound told from words, on synthesised voices and simple lines."""

from pathlib import Path

import numpy as np
import pytest
from made_sounds import hiss, voice

from analyzer.call.types import Layout, Leg, Legs
from analyzer.measure.onesound import is_one_sound
from analyzer.spans import Span
from analyzer.testing import ClipBank
from analyzer.testing.placing import ready

BANK = ClipBank.from_folder(Path(__file__).parents[2] / "fixtures" / "utterances")
BEFORE_MS, RATE = 500, 8000


def hear(speech: np.ndarray, snr_db: float = 30.0, rate: int = RATE, layout: Layout = Layout.STEREO) -> bool:
    """What is made of speech at -26 dBFS out of a hiss so far below it."""
    ms = len(speech) * 1000 // rate
    x = hiss(BEFORE_MS + ms + 500, -26 - snr_db, rate=rate)
    first = BEFORE_MS * rate // 1000
    x[first : first + len(speech)] += speech * np.float32(10 ** (-26 / 20))
    legs = tuple(Leg(i, x, False) for i in range(2 if layout is Layout.STEREO else 1))
    return is_one_sound(Legs(layout, legs, (), rate, len(x) * 1000 // rate, ()), 0, Span(BEFORE_MS, BEFORE_MS + ms))


def said(name: str, text: str, ms: int = 10_000, rate: int = RATE) -> np.ndarray:
    return ready(BANK.find(name, text), rate, (300, 3400)).samples[: ms * rate // 1000]


@pytest.mark.parametrize("snr_db", [20.0, 35.0])
def test_hums_of_every_voice(snr_db: float) -> None:
    assert [name for name in BANK.voices() if not hear(said(name, "嗯嗯。"), snr_db)] == []


@pytest.mark.parametrize("rate", [8000, 11025, 16000])
def test_a_hum_at_any_rate(rate: int) -> None:
    assert hear(said("zf_xiaobei", "嗯嗯。", rate=rate), rate=rate)


@pytest.mark.parametrize("ms", [600, 700, 850])
@pytest.mark.parametrize("snr_db", [20.0, 35.0])
def test_beginnings_of_sentences_are_more_than_one_sound(ms: int, snr_db: float) -> None:
    heard = [
        (clip.voice, clip.text[:6])
        for clip in BANK
        if ready(clip, RATE, (300, 3400)).length_ms > 950 and hear(said(clip.voice, clip.text, ms), snr_db)
    ]
    assert heard == []


def test_what_falls_silent_or_changes_its_timbre_within_is_no_single_sound() -> None:
    whole = voice(150, 700, 0.0)
    assert hear(whole)
    parted, brighter = whole.copy(), whole.copy()
    parted[2400:2900] *= np.float32(0.1)
    brighter[2800:] = hiss(350, 0.0)
    assert not hear(parted)
    assert not hear(brighter)


def test_nothing_is_said_in_loud_noise_of_too_little_or_on_one_channel() -> None:
    whole = voice(150, 700, 0.0)
    assert not hear(whole, snr_db=8.0)
    assert not hear(whole[:1200])
    assert not hear(whole, layout=Layout.MONO)
