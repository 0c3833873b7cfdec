"""Yawn, chewing and laughter candidates: how often human speech alone raises one, and how many made sounds are found.

    python benchmarks/nonspeech.py [--speech DIR] [--json FILE]

Nobody yawns, chews or laughs in the recordings, their own breaths and noises are left in: every candidate is a false
alarm. The made sounds (`laugh`, `yawn`, `chew`) are ours, in pauses of 3.5 s between the same recordings. They show
that the shapes are found, not that real yawns are: no labelled recordings with a licence exist. Speech whose words are
not known counts as worded, as the recogniser would have it.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr
from results import Figure, write

from analyzer.call.types import Layout, Leg, Legs, Role
from analyzer.measure.conversation import hear_conversation
from analyzer.measure.measures import measure_call
from analyzer.spans import Span
from analyzer.speech.activity import find_speech
from analyzer.speech.types import Speaker, Transcript, Utterance, Word
from analyzer.testing.line import band_limit

RATE = 8000
PAUSE_MS = 3500
NAMES = ("yawn_candidates", "chewing_candidates", "laughter_candidates")
SPEECH_DB, NOISE_DB = -24.0, -62.0
Sound = npt.NDArray[np.float64]


def laugh(rng: np.random.Generator) -> Sound:
    """Four to eight voiced bursts, 4 to 6 a second, falling in pitch and loudness."""
    rate, bursts = rng.uniform(4, 6), int(rng.integers(4, 9))
    at = np.arange(int(RATE * bursts / rate)) / RATE
    phase = np.cumsum(rng.uniform(200, 380) * (1 - 0.25 * at / at[-1])) / RATE
    voice = sum(np.sin(2 * np.pi * k * phase) / k for k in range(1, 10)) + rng.normal(0, 0.7, at.size)
    beat = np.clip(np.sin(np.pi * ((at * rate) % 1.0) / 0.65), 0, None) * ((at * rate) % 1.0 < 0.65)
    return np.asarray(voice * beat * (1 - 0.5 * at / at[-1]))


def yawn(rng: np.random.Generator) -> Sound:
    """One breathy swell of 1.2 to 3 s with a low voice that rises and falls."""
    at = np.linspace(0, 1, int(RATE * rng.uniform(1.2, 3.0)))
    phase = np.cumsum(110 + 70 * np.sin(np.pi * at)) / RATE
    voice = sum(np.sin(2 * np.pi * k * phase) / k for k in range(1, 12))
    return np.asarray((0.5 * voice + rng.normal(0, 1, at.size)) * np.sin(np.pi * at) ** 2)


def chew(rng: np.random.Generator) -> Sound:
    """Five to eight wet clicks of 10 to 40 ms, one or two a second."""
    out = np.zeros(int(RATE * 3.4))
    start = 0.1
    for _ in range(int(rng.integers(5, 9))):
        size = int(RATE * rng.uniform(0.01, 0.04))
        first = int(start * RATE)
        if first + size > out.size:
            break
        out[first : first + size] += rng.normal(0, 1, size) * np.hanning(size)
        start += rng.uniform(0.35, 0.6)
    return out


MADE: dict[str, Callable[[np.random.Generator], Sound]] = {
    "yawn_candidates": yawn,
    "chewing_candidates": chew,
    "laughter_candidates": laugh,
}


def recordings(folder: Path) -> list[tuple[Sound, str]]:
    """Mandarin speech at 8 kHz in a telephone band with what else is in it, and its words ("" when not known)."""
    out = []
    for row in csv.DictReader((folder / "manifest.csv").open(encoding="utf-8-sig")):
        if row["lang"] != "zh":
            continue
        samples, rate = soundfile.read(folder / row["file"], dtype="float64", always_2d=True)
        for channel in samples.T:
            sound = np.asarray(soxr.resample(channel, rate, RATE))
            sound = band_limit(sound, RATE, (300, 3400))
            loud = np.sqrt(np.mean(np.square(sound[np.abs(sound) > 0.1 * np.abs(sound).max()])))
            out.append((sound * 10 ** (SPEECH_DB / 20) / loud, row["transcript"]))
    return out


def listen(parts: list[tuple[Sound, str]], between: list[Sound], seed: int) -> tuple[Counter[str], float]:
    """Candidates in the parts one after another, with a sound (or none) after each; and hours of call."""
    rng = np.random.default_rng(seed)
    pieces: list[Sound] = []
    spans: list[tuple[Span, str]] = []
    at = 0
    for (speech, text), sound in zip(parts, between, strict=True):
        pause = np.zeros(PAUSE_MS * RATE // 1000)
        pause[400 : 400 + sound.size] += sound[: pause.size - 400]
        spans.append((Span(at * 1000 // RATE, (at + speech.size) * 1000 // RATE), text))
        pieces += [speech, pause]
        at += speech.size + pause.size
    agent = np.concatenate(pieces)
    both = np.stack([agent, np.zeros(agent.size)]) + rng.normal(0, 10 ** (NOISE_DB / 20), (2, agent.size))
    legs = Legs(
        Layout.STEREO,
        tuple(Leg(i, leg, False) for i, leg in enumerate(both.astype(np.float32))),
        (),
        RATE,
        agent.size * 1000 // RATE,
        (),
    )
    voices = find_speech(legs)
    speakers = (Speaker(0, 0, Role.AGENT), Speaker(1, 1, Role.CUSTOMER))
    said = tuple(Utterance(0, s, t, _spread(t or "话" * (s.duration_ms // 250), s)) for s, t in spans)
    conversation = hear_conversation(legs, voices, Transcript(said, (), None), speakers)
    found = {m.name: m for m in measure_call(legs, voices, conversation).items if m.role is Role.AGENT}
    return Counter({n: int(found[n].value or 0) for n in NAMES}), agent.size / RATE / 3600


def _spread(text: str, span: Span) -> tuple[Word, ...]:
    step = span.duration_ms / max(1, len(text))
    return tuple(
        Word(c, Span(span.start_ms + int(i * step), span.start_ms + int((i + 1) * step)), 0.9)
        for i, c in enumerate(text)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--speech", type=Path, help="folder of the human recordings (else ANALYZER_SPEECH_DIR)")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    default = Path(__file__).parent.parent.parent / "shared" / "speech"
    folder = options.speech or Path(os.environ.get("ANALYZER_SPEECH_DIR", default))
    parts = recordings(folder)
    counts, hours = listen(parts, [np.zeros(0)] * len(parts), 1)
    rows = [Figure("hours of human speech and pauses", round(hours, 3))]
    rows += [Figure(f"{name} an hour, none true", round(counts[name] / hours, 1)) for name in NAMES]
    for name, make in MADE.items():
        for under_db in (6, 18):
            rng = np.random.default_rng([7, under_db])
            made = []
            for _ in parts:
                sound = band_limit(make(rng), RATE, (300, 3400))
                made.append(
                    sound * 10 ** ((SPEECH_DB - under_db) / 20) / np.sqrt(np.mean(np.square(sound[sound != 0])))
                )
            more, _ = listen(parts, made, 2)
            share = (more[name] - counts[name]) / len(parts)
            rows.append(
                Figure(f"{name}, made ones {under_db} dB under speech found, share of {len(parts)}", round(share, 3))
            )
    for row in rows:
        print(f"{row.name:<75} {row.value}")
    write(rows, options.json)


if __name__ == "__main__":
    main()
