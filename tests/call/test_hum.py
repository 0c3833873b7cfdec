"""A constant part and mains hum are found where they cover a channel's noise, and taken out."""

import numpy as np
import pytest

from analyzer.call.hum import hum_level, without_hum
from analyzer.call.legs import look_at_legs
from analyzer.call.types import CallAudio, Sound, WavFacts

RATE = 8000


def channel(seconds: int = 12) -> np.ndarray:
    """Noise at -60 dBFS over which somebody speaks every other second: 200 Hz and its harmonics."""
    rng = np.random.default_rng(1)
    time = np.arange(seconds * RATE) / RATE
    voice = sum(np.sin(2 * np.pi * 200 * h * time) / h for h in range(1, 9)) * 0.05
    return np.asarray(rng.standard_normal(time.size) * 0.001 + voice * (time.astype(int) % 2), np.float32)


def hum(size: int, level: float) -> np.ndarray:
    return np.asarray(np.sin(2 * np.pi * 50 * np.arange(size) / RATE) * level, np.float32)


def audio(*channels: Sound) -> CallAudio:
    frames = len(channels[0])
    facts = WavFacts("0" * 64, frames * 4, "RIFF", "pcm_s16le", RATE, len(channels), frames, frames, frames // 8)
    return CallAudio(facts, channels)


@pytest.mark.parametrize(("added", "level_db"), [(np.float32(0.02), -34), ("hum", -43)])
def test_it_is_found_and_taken_out_and_the_voice_stays(added: np.float32 | str, level_db: float) -> None:
    clean = channel()
    dirty = clean + (hum(clean.size, 0.01) if isinstance(added, str) else added)
    found = hum_level(dirty, RATE)
    assert found == pytest.approx(level_db, abs=0.5)
    out = without_hum(dirty, RATE)[:]
    assert hum_level(out, RATE) is None
    assert np.abs(out[:RATE]).max() < 0.02, "nor does it begin with a click"
    spoken = slice(5 * RATE, 6 * RATE)
    assert np.sqrt(np.mean(out[spoken] ** 2)) == pytest.approx(np.sqrt(np.mean(clean[spoken] ** 2)), rel=0.02)
    assert np.abs(out[4 * RATE + 800 : 5 * RATE]).max() < 0.01


def test_what_the_noise_covers_and_what_is_hardly_there_is_left() -> None:
    assert hum_level(channel(), RATE) is None
    assert hum_level(channel() + hum(12 * RATE, 0.0005), RATE) is None
    assert hum_level(np.zeros(3 * RATE, np.float32), RATE) is None
    assert hum_level(np.zeros(100, np.float32), RATE) is None


def test_digital_silence_stays_so() -> None:
    dirty = channel() + np.float32(0.02)
    dirty[6 * RATE : 8 * RATE] = 0.0
    out = without_hum(dirty, RATE)[:]
    assert not out[6 * RATE : 8 * RATE].any()
    assert np.abs(out[8 * RATE + 800 : 9 * RATE]).max() < 0.01


def test_it_is_named_and_a_clean_channel_is_what_it_was() -> None:
    clean = channel()
    legs = look_at_legs(audio(clean, clean[::-1] + np.float32(0.02)))
    assert [(d.code, d.channel) for d in legs.defects] == [("hum", 1)]
    assert legs.legs[0].samples is not legs.legs[1].samples
    np.testing.assert_array_equal(legs.legs[0].samples[:], clean)
