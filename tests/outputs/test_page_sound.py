from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from analyzer.call.wav import read_call
from analyzer.outputs.call_page import render_call_page
from analyzer.outputs.sound import EmbeddedSound, LinkedSound, _same_serial, embed_sound, outline
from analyzer.spans import Timeline
from analyzer.testing.scorecards import make_scorecard

RATE = 8000
CALL = Path(__file__).parent.parent.parent / "fixtures" / "audio" / "d0-well-handled.wav"


def tone(seconds: float, channels: int = 2, rate: int = RATE) -> np.ndarray:
    t = np.arange(int(seconds * rate)) / rate
    return np.stack([0.4 * np.sin(2 * np.pi * (440 + 200 * c) * t) for c in range(channels)]).astype(np.float32)


def level(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples**2)))


@pytest.mark.parametrize("codec", ["opus", "flac"])
def test_the_same_samples_are_the_same_bytes(codec: str) -> None:
    one, two = (embed_sound(tone(2), RATE, codec=codec) for _ in range(2))
    assert one == two


@pytest.mark.parametrize(("codec", "rate"), [("opus", 8000), ("opus", 11025), ("opus", 44100), ("flac", 11025)])
def test_what_comes_out_sounds_as_long_and_as_loud(codec: str, rate: int) -> None:
    sound = embed_sound(tone(3, rate=rate), rate, codec=codec)
    heard, out_rate = soundfile.read(io.BytesIO(sound.data))
    assert abs(len(heard) / out_rate - 3) < 0.02
    assert abs(20 * np.log10(level(heard) / level(tone(3, rate=rate)))) < 1.0


def embedded_whole(samples: np.ndarray, rate: int, muted: tuple[int, int], codec: str) -> EmbeddedSound:
    """What a page carries, made of all samples at once."""
    kept, out = np.array(samples), io.BytesIO()
    kept[:, muted[0] * rate // 1000 : muted[1] * rate // 1000] = 0
    if codec == "flac":
        soundfile.write(out, kept.T, rate, format="FLAC", subtype="PCM_16")
        return EmbeddedSound(out.getvalue(), "audio/flac")
    to = 8000 if rate == 8000 else 12000
    frames = np.clip(kept.T if to == rate else soxr.resample(kept.T, rate, to), -1, 1)
    soundfile.write(out, frames, to, format="OGG", subtype="OPUS", compression_level=0.96)
    return EmbeddedSound(_same_serial(out.getvalue()), "audio/ogg; codecs=opus")


def outlined_whole(samples: np.ndarray, rate: int) -> list[np.ndarray]:
    """Lowest and highest of every 10 ms, of all samples at once; the last bin is padded with its own last sample."""
    size = rate // 100
    padded = np.pad(samples, ((0, 0), (0, -samples.shape[1] % size)), mode="edge").reshape(len(samples), -1, size)
    pairs = np.stack([padded.min(2), padded.max(2)], axis=2)
    scale = 127 / float(np.quantile(np.abs(pairs).max(2), 0.999))
    return list(np.clip(np.round(pairs * np.float32(scale)), -127, 127).astype(np.int8))


@pytest.mark.parametrize(("codec", "rate"), [("opus", 8000), ("opus", 11025), ("flac", 8000)])
def test_a_page_made_in_blocks_has_the_bytes_of_one_made_at_once(
    codec: str, rate: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once, _ = soundfile.read(CALL, dtype="int16")
    soundfile.write(tmp_path / "call.wav", np.concatenate([once, once])[:-7], rate)  # more than a minute, no whole bin
    audio, muted = read_call(tmp_path / "call.wav"), (14_000, 65_000)
    samples = np.stack([leg[:] for leg in audio.samples])
    whole = embedded_whole(samples, rate, muted, codec)
    embedded = embed_sound(audio.samples, rate, muted=Timeline.of([muted]), codec=codec)
    assert embedded == whole
    drawn = [
        np.frombuffer(base64.b64decode(leg["b64"]), np.int8).reshape(-1, 2) for leg in outline(audio.samples, rate)
    ]
    assert all(np.array_equal(a, b) for a, b in zip(drawn, outlined_whole(samples, rate), strict=True))
    card = make_scorecard(1)
    pages = (render_call_page(card, samples=s, sound=embedded) for s in (audio.samples, tuple(samples)))
    assert next(pages) == next(pages)


def test_times_in_the_page_are_times_in_the_recording() -> None:
    samples = np.zeros((2, RATE * 4), np.float32)
    samples[0, 2 * RATE : 2 * RATE + 400] = tone(0.05)[0]
    heard, out_rate = soundfile.read(io.BytesIO(embed_sound(samples, RATE).data))
    loud = np.flatnonzero(np.abs(heard[:, 0]) > 0.1)
    assert abs(loud[0] / out_rate - 2.0) < 0.01


@pytest.mark.parametrize("codec", ["opus", "flac"])
def test_muted_stretches_are_silent_and_the_rest_is_not(codec: str) -> None:
    sound = embed_sound(tone(3), RATE, muted=Timeline.of([(1000, 2000)]), codec=codec)
    heard, rate = soundfile.read(io.BytesIO(sound.data))
    assert level(heard[int(1.05 * rate) : int(1.95 * rate)]) < 1e-3
    assert level(heard[: int(0.95 * rate)]) > 0.2


def test_opus_is_a_tenth_of_the_recording() -> None:
    noise = (np.random.default_rng(1).standard_normal((2, RATE * 20)) * 0.1).astype(np.float32)
    assert len(embed_sound(noise, RATE).data) < 20 * 2 * RATE * 2 / 3


def test_more_than_two_channels_and_one_channel() -> None:
    for channels, kept in ((1, 1), (2, 2), (5, 2)):
        heard, _ = soundfile.read(io.BytesIO(embed_sound(tone(1, channels), RATE).data), always_2d=True)
        assert heard.shape[1] == kept


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("a b.wav", "./a%20b.wav"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("//evil.example/a.wav", "/evil.example/a.wav"),
        ("../calls/录音.wav", "../calls/%E5%BD%95%E9%9F%B3.wav"),
        ('"><script>', "./%22%3E%3Cscript%3E"),
    ],
)
def test_a_linked_path_can_only_be_a_path(path: str, url: str) -> None:
    assert LinkedSound(path).url == url


def test_the_outline_holds_the_peaks_where_they_are() -> None:
    samples = np.zeros((2, RATE * 10), np.float32)
    samples[0, 5 * RATE] = 0.9
    samples[1, 7 * RATE] = -0.9
    legs = outline(samples, RATE)
    pairs = [np.frombuffer(base64.b64decode(leg["b64"]), np.int8).reshape(-1, 2) for leg in legs]
    assert legs[0]["bin_ms"] == 10
    assert pairs[0][500, 1] == 127 and pairs[0][:, 0].min() == 0
    assert pairs[1][700, 0] == -127
    assert len(pairs[0]) == 1000


def test_the_outline_of_a_long_call_stays_small() -> None:
    legs = outline(np.zeros((2, RATE * 1800), np.float32), RATE)
    assert sum(len(leg["b64"]) for leg in legs) < 250_000


@pytest.mark.parametrize("frames", [0, 1, 79, 80, 81])
def test_the_outline_of_next_to_nothing(frames: int) -> None:
    assert len(outline(np.zeros((1, frames), np.float32), RATE)) == 1
