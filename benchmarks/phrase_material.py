"""What `phrases.py` listens to: human readers and synthesised service phrases over a telephone line."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import soundfile
import soxr

from analyzer.call.types import Layout, Leg, Legs
from analyzer.speech.activity import find_speech
from analyzer.speech.mandarin import spoken_key
from analyzer.speech.recognizer import SpeechRecognizer
from analyzer.speech.transcribe import transcribe
from analyzer.speech.types import SoundReading, Word
from analyzer.testing.line import band_limit, through_codec

RATE_HZ = 8000
BAND_HZ = (300, 3400)
GAP_MS = 700
LONGEST_S = 60.0
LEVEL_DB = {"noise": -15.0}  # of noise, against the voice


@dataclass(frozen=True)
class Stream:
    """One voice over one line: sentences one after the other."""

    name: str
    voice: str
    condition: str
    samples: np.ndarray  # 8 kHz
    sentences: tuple[str, ...]  # as spoken, no punctuation

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE_HZ


def speech_folder() -> Path | None:
    """The human recordings, where they are."""
    folder = Path(os.environ.get("ANALYZER_SPEECH_DIR") or Path(__file__).resolve().parents[2] / "shared" / "speech")
    return folder if (folder / "manifest.csv").exists() else None


def human_streams(folder: Path, condition: str = "telephone") -> list[Stream]:
    """Every Mandarin reader whose text is known, over a telephone band and µ-law; `12 dB`: in noise at that SNR."""
    by_voice: dict[str, list[tuple[Path, str]]] = {}
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            if row["lang"] == "zh" and spoken_key(row["transcript"]):
                by_voice.setdefault(row["speaker"], []).append((folder / row["file"], spoken_key(row["transcript"])))
    return [s for voice, clips in sorted(by_voice.items()) for s in _streams(voice, sorted(clips), condition)]


def spoken_streams(folder: Path, condition: str) -> list[Stream]:
    """The synthesised sentences of every voice: `clean`, `noise` (G.711 at 15 dB SNR) or `fast` (1.3 times)."""
    by_voice: dict[str, list[tuple[Path, str]]] = {}
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            by_voice.setdefault(row["voice"], []).append((folder / row["file"], spoken_key(row["text"])))
    return [s for voice, clips in sorted(by_voice.items()) for s in _streams(voice, clips, condition)]


def _streams(voice: str, clips: list[tuple[Path, str]], condition: str) -> Iterator[Stream]:
    part: list[np.ndarray] = []
    said: list[str] = []
    number = 0
    for path, text in clips:
        clip, rate = soundfile.read(path, dtype="float32", always_2d=True)
        mono = soxr.resample(clip.mean(axis=1), rate, RATE_HZ)
        if condition == "fast":
            mono = faster(mono, 1.3)
        part += [mono * (0.05 / max(1e-6, float(np.sqrt((mono**2).mean())))), np.zeros(RATE_HZ * GAP_MS // 1000)]
        said.append(text)
        if sum(map(len, part)) / RATE_HZ > LONGEST_S:
            yield over_the_line(f"{voice}.{number}", voice, condition, part, said)
            part, said, number = [], [], number + 1
    if said:
        yield over_the_line(f"{voice}.{number}", voice, condition, part, said)


def faster(sound: np.ndarray, times: float) -> np.ndarray:
    """The same voice in less time: 30 ms pieces, each taken where it fits the one before best (WSOLA)."""
    piece, reach = RATE_HZ * 30 // 1000, RATE_HZ * 8 // 1000
    half = piece // 2  # two windows overlap everywhere and their fades add up to one
    fade = np.hanning(piece)
    padded = np.pad(sound, (reach, piece + 2 * reach))
    out = np.zeros(int(len(sound) / times) + piece)
    at = reach
    for start in range(0, len(out) - piece, half):
        if start:
            wanted = padded[at + half : at + half + piece]
            middle = min(int(start * times) + reach, len(padded) - piece - reach)
            near = padded[middle - reach : middle + reach + piece]
            at = middle - reach + int(np.argmax(np.correlate(near, wanted[:piece], "valid")))
        out[start : start + piece] += padded[at : at + piece] * fade
        if at + piece + half >= len(padded):
            break
    return out[: int(len(sound) / times)]


def over_the_line(name: str, voice: str, condition: str, part: list[np.ndarray], said: list[str]) -> Stream:
    rng = np.random.default_rng(int(hashlib.sha256(f"{name}{condition}".encode()).hexdigest()[:8], 16))
    sound = np.concatenate([np.zeros(RATE_HZ // 2), *part])
    level = -float(condition.removesuffix(" dB")) if condition.endswith(" dB") else LEVEL_DB.get(condition, -45.0)
    sound = sound + rng.standard_normal(len(sound)) * 0.05 * 10 ** (level / 20)
    sound = np.clip(band_limit(sound, RATE_HZ, BAND_HZ), -1, 1).astype(np.float32)
    return Stream(name, voice, condition, through_codec(sound, RATE_HZ, "ulaw"), tuple(said))


def in_one_leg(streams: list[Stream], name: str) -> list[Stream]:
    """Readers with a sentence each, one after the other in legs of about a minute."""
    legs: list[Stream] = []
    part: list[Stream] = []
    for stream in [*streams, None]:
        if part and (stream is None or sum(p.seconds for p in part) + stream.seconds > LONGEST_S):
            samples = np.concatenate([p.samples for p in part])
            said = tuple(s for p in part for s in p.sentences)
            legs.append(Stream(f"{name}.{len(legs)}", name, part[0].condition, samples, said))
            part = []
        if stream is not None:
            part.append(stream)
    return legs


def legs_of(stream: Stream) -> Legs:
    """The stream as the one leg of a call."""
    duration = len(stream.samples) * 1000 // RATE_HZ
    return Legs(Layout.STEREO, (Leg(0, stream.samples, False),), (), RATE_HZ, duration, ())


def hear(
    stream: Stream, recognizer: SpeechRecognizer, cache: Path | None
) -> tuple[list[list[Word]], tuple[SoundReading, ...]]:
    """What the product's transcript has of a stream: its utterances as words, and the syllables read off the sound."""
    digest = hashlib.sha256(stream.samples.tobytes() + recognizer.identity.settings.encode())
    kept = cache / f"{digest.hexdigest()[:24]}.json" if cache else None
    if kept and kept.exists():
        return msgspec.json.decode(kept.read_bytes(), type=tuple[list[list[Word]], tuple[SoundReading, ...]])
    legs = legs_of(stream)
    transcript = transcribe(legs, find_speech(legs), recognizer)
    said = [list(u.words) for u in transcript.utterances], transcript.sounds
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(msgspec.json.encode(said))
    return said
