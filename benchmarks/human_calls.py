"""Stereo telephone calls composed from the human recordings beside the checkout, with what is said on each leg."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

RATE_HZ = 8000
BAND_HZ = (280, 3450)
Sound = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Clip:
    """One utterance of one speaker: samples at 8 kHz over a telephone band, and its words."""

    sound: Sound
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A composed call: its file, and the text of each leg in order."""

    path: Path
    texts: tuple[str, ...]
    duration_s: float
    speech_s: float
    is_human: bool = True


def speech_folder() -> Path:
    """ANALYZER_SPEECH_DIR, else `../shared/speech` beside the checkout."""
    return Path(
        os.environ.get("ANALYZER_SPEECH_DIR") or Path(__file__).parent.parent.parent / "shared" / "speech"
    ).resolve()


def clips(prefixes: Sequence[str], half: int | None = None) -> list[Clip]:
    """Transcribed Mandarin clips of the named sets, trimmed to their speech.

    Args:
        prefixes: folders of the collection.
        half: 0 for every even clip (the half thresholds may be looked at on), 1 for every odd one, None for all.
    """
    folder = speech_folder()
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["transcript"] and r["lang"] == "zh"]
    chosen = [r for p in prefixes for r in rows if r["file"].startswith(p + "/")]
    if half is not None:
        chosen = chosen[half::2]
    return [Clip(_telephone(folder / r["file"]), r["transcript"]) for r in chosen]


def _telephone(path: Path) -> Sound:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    sound = soxr.resample(samples[:, 0], rate, RATE_HZ, quality="HQ")
    spectrum = np.fft.rfft(sound)
    pitch = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    spectrum[(pitch < BAND_HZ[0]) | (pitch > BAND_HZ[1])] = 0
    sound = np.fft.irfft(spectrum, len(sound))
    step = RATE_HZ // 100
    level = 10 * np.log10((sound[: len(sound) // step * step].reshape(-1, step) ** 2).mean(axis=1) + 1e-10)
    on = np.flatnonzero(level > level.max() - 38)
    sound = sound[max(0, on[0] - 5) * step : (on[-1] + 6) * step]
    loud = np.sqrt((sound**2).mean())
    return np.clip(sound * 10 ** (-24 / 20) / loud, -1, 1).astype(np.float32)


def compose(folder: Path, name: str, legs: Sequence[list[Clip]], duration_s: float, seed: int) -> Call:
    """Writes a call in which the two take turns until `duration_s`; clips used are taken from the front of the lists.

    Its sidecar says that the first is the agent, so that everything is done that is done to a real call.

    Args:
        folder: where NAME.wav and NAME.json go (8 kHz stereo µ-law).
        name: of the file.
        legs: the clips of each leg; used ones are removed.
        duration_s: where the last turn may begin.
        seed: of pauses and line noise.
    """
    rng = np.random.default_rng(seed)
    frames = int(duration_s * RATE_HZ)
    tracks = rng.normal(0, 3e-4, (2, frames)).astype(np.float32)
    texts: tuple[list[str], list[str]] = ([], [])
    at, speech, side = int(0.8 * RATE_HZ), 0, 0
    while legs[0] or legs[1]:
        for _ in range(int(rng.integers(1, 4))):
            if not legs[side]:
                break
            clip = legs[side][0]
            if at + len(clip.sound) > frames - RATE_HZ:
                break
            legs[side].pop(0)
            tracks[side, at : at + len(clip.sound)] += clip.sound
            texts[side].append(clip.text)
            at += len(clip.sound) + int(rng.uniform(0.3, 0.9) * RATE_HZ)
            speech += len(clip.sound)
        else:
            side = 1 - side
            continue
        if legs[side]:
            break
        side = 1 - side
    path = folder / f"{name}.wav"
    soundfile.write(path, tracks.T, RATE_HZ, subtype="ULAW")
    path.with_suffix(".json").write_text(json.dumps({"roles": ["agent", "customer"]}), "utf-8")  # nothing said tells
    return Call(path, ("".join(texts[0]), "".join(texts[1])), duration_s, speech / RATE_HZ)
