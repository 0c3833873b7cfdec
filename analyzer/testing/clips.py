"""Single-speaker sentences to compose calls from, with their true speech spans by energy."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr
from scipy.signal import butter, sosfilt, sosfilt_zi

from analyzer.call.types import Samples
from analyzer.errors import UsageError
from analyzer.spans import Span, Timeline, runs

PAUSE_MS = 200  # a silence inside a sentence this long is a pause, not speech
_WINDOW_MS = 10
_LOWEST_HZ = 50  # of a voice, with room to spare
_BELOW_PEAK_DB = 33.0  # speech reaches this far below the 95th percentile of its own level
_ABOVE_FLOOR_DB = 9.0
_BREATH_MS = 300  # a unit shorter than this and
_BREATH_DB = 19.0  # this far below the loud level is a breath, standing apart from the speech
_CORE_DB = 16.0  # vowels lie within this of the loud level
_LONGEST_FAINT_MS = 250  # what is fainter at the edge of a sentence for longer is breath
_KEPT_HEAD_MS, _KEPT_TAIL_MS = 60, 120
_SHORTEST_MS = 30  # a sound island shorter than this is a click or a smack
_APART_MS = 100  # from the speech; between the burst of an aspirated stop and its vowel lies less
_FILE, _VOICE, _TEXT = ("file",), ("voice", "speaker"), ("text", "transcript")  # columns of a manifest
_NAMED = 5  # of what is missing; the rest is counted
_TODO = "Mend it: docs/composer.md says what such a folder holds"


class NoClipError(LookupError):
    """A line that is not in the bank: what was sought, and what there is."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One sentence by one voice.

    Args:
        text: what is said.
        voice: who says it.
        samples: shape (frames,), float32.
        rate_hz: of the samples.
        name: tells apart two clips of the same voice and text.
    """

    text: str
    voice: str
    samples: Samples
    rate_hz: int
    name: str = ""


def speech_by_energy(samples: Samples, rate_hz: int) -> Timeline:
    """Where a clean single-speaker recording has speech energy.

    What lies under 50 Hz is a room's rumble and no voice; it doesn't count. A 10 ms window around every millisecond
    counts as speech when it lies within 33 dB of the clip's own loud level and at least 9 dB above its floor. Gaps
    under 200 ms belong to the speech; islands under 30 ms and faint short units that stand apart do not, nor does a
    faint head or tail of more than 250 ms, with a click in it or not: those are breaths.

    Args:
        samples: shape (frames,).
        rate_hz: of the samples.
    """
    if not len(samples):
        return Timeline()
    energy = np.concatenate([[0.0], np.cumsum(np.square(_without_rumble(samples, rate_hz)))])
    count = int(len(samples) * 1000 / rate_hz)
    at = np.arange(count)
    low = np.clip(((at - _WINDOW_MS // 2) * rate_hz // 1000), 0, len(samples))
    high = np.clip(((at + _WINDOW_MS // 2) * rate_hz // 1000), 0, len(samples))
    level = 10 * np.log10(np.maximum(energy[high] - energy[low], 0) / np.maximum(high - low, 1) + 1e-12)
    if not count or level.max() < -80:
        return Timeline()
    loud = np.percentile(level[level > level.max() - 40], 95)
    floor = np.percentile(level, 3)
    limit = max(loud - _BELOW_PEAK_DB, min(floor + _ABOVE_FLOOR_DB, loud - 20))
    islands = _timeline(level > limit).close_gaps(40).drop_shorter(_SHORTEST_MS)
    units = islands.close_gaps(PAUSE_MS).drop_shorter(2 * _SHORTEST_MS)
    apart = Timeline(
        tuple(u for u in units if u.duration_ms >= _BREATH_MS or _level(energy, u, rate_hz) > loud - _BREATH_DB)
    )
    clear = _timeline(level > loud - _BREATH_DB).close_gaps(_APART_MS).drop_shorter(_SHORTEST_MS)
    core = _timeline(level > loud - _CORE_DB) & clear
    return _without_breath(apart, core)


def _without_rumble(samples: Samples, rate_hz: int) -> npt.NDArray[np.float64]:
    """The sound from 50 Hz on, nothing of it earlier than it was."""
    sections = butter(2, _LOWEST_HZ, "high", fs=rate_hz, output="sos")
    steady = sosfilt_zi(sections) * float(samples[:1].sum())
    return np.asarray(sosfilt(sections, samples.astype(np.float64), zi=steady)[0])


def _timeline(mask: npt.NDArray[np.bool_]) -> Timeline:
    """Where a mask of milliseconds is True."""
    return Timeline(tuple(Span(a, b) for a, b in runs(mask)))


def _without_breath(speech: Timeline, core: Timeline) -> Timeline:
    """Cuts off a faint head or tail too long for a consonant or a fading vowel: somebody breathing in or out."""
    extent, clear = speech.extent, core.extent
    if extent is None or clear is None:
        return speech
    start = clear.start_ms - _KEPT_HEAD_MS if clear.start_ms - extent.start_ms > _LONGEST_FAINT_MS else extent.start_ms
    end = clear.end_ms + _KEPT_TAIL_MS if extent.end_ms - clear.end_ms > _LONGEST_FAINT_MS else extent.end_ms
    return speech.crop(Span(start, max(start, end)))


def _level(energy: npt.NDArray[np.float64], span: Span, rate_hz: int) -> float:
    """Mean level of a span in dB, from the running sum of squares."""
    a, b = span.start_ms * rate_hz // 1000, min(span.end_ms * rate_hz // 1000, len(energy) - 1)
    return float(10 * np.log10((energy[b] - energy[a]) / max(1, b - a) + 1e-12))


class ClipBank:
    """Clips by voice and text.

    Args:
        clips: in any order; the order given is kept by `of_voice`.
    """

    def __init__(self, clips: Iterable[Clip] = ()) -> None:
        self._clips: list[Clip] = []
        self._by_text: dict[tuple[str, str], Clip] = {}
        self._by_name: dict[str, Clip] = {}
        for clip in clips:
            self.add(clip)

    def __iter__(self) -> Iterator[Clip]:
        return iter(self._clips)

    def __len__(self) -> int:
        return len(self._clips)

    def add(self, clip: Clip) -> None:
        """Takes in one more."""
        self._clips.append(clip)
        self._by_text.setdefault((clip.voice, clip.text), clip)
        if clip.name:
            self._by_name.setdefault(clip.name, clip)

    def voices(self) -> tuple[str, ...]:
        """Every voice, in order of first appearance."""
        return tuple(dict.fromkeys(c.voice for c in self._clips))

    def of_voice(self, voice: str) -> tuple[Clip, ...]:
        """All that voice says."""
        return tuple(c for c in self._clips if c.voice == voice)

    def find(self, voice: str, text: str, name: str | None = None) -> Clip:
        """The clip of that name, else of that voice saying that text.

        Raises:
            NoClipError: when there is none; a LookupError.
        """
        found = self._by_name.get(name) if name else self._by_text.get((voice, text))
        if found is None:
            raise NoClipError(self._missing(voice, text, name))
        return found

    def _missing(self, voice: str, text: str, name: str | None) -> str:
        if name:
            return f"no clip is named {name!r}{_nearest(name, self._by_name)}"
        if voice not in (voices := self.voices()):
            return f"no clip of voice {voice!r}; the bank has {', '.join(voices) or 'none'}"
        said = [clip.text for clip in self.of_voice(voice)]
        return f"no clip in which {voice} says {text!r}{_nearest(text, said)}"

    @classmethod
    def from_folder(cls, folder: Path | str) -> ClipBank:
        """Every single-speaker file that has a transcript.

        Reads `manifest.csv` (columns `file`, `voice` or `speaker`, `text` or `transcript`; UTF-8) where there is one,
        else every `VOICE/NAME.wav` or `.flac` with `NAME.txt` beside it. A clip's name is its path below the folder.
        Several channels are averaged.

        Raises:
            UsageError: no such folder, no clip in it, or a manifest or sound that can't be read, by name.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise UsageError("usage.no_clips", f"{folder.absolute()} is no folder", "Give the folder with the clips")
        listed = _listed(folder)
        if not listed:
            raise UsageError("usage.no_clips", f"no clip with its words below {folder.absolute()}", _TODO)
        return cls(_read(folder / file, voice, text, file) for file, voice, text in listed)


def _nearest(sought: str, there: Iterable[str]) -> str:
    near = difflib.get_close_matches(sought, list(there), 1)
    return f"; the nearest is {near[0]!r}" if near else ""


def _manifest(path: Path) -> list[tuple[str, str, str]]:
    """Its rows as file, voice and text."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            table = csv.DictReader(handle)
            rows, columns = list(table), table.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise UsageError("usage.clips", f"{path} can't be read as UTF-8 CSV: {e}", _TODO) from None
    kinds = [next((c for c in names if c in columns), None) for names in (_FILE, _VOICE, _TEXT)]
    if None in kinds:
        lacking = [" or ".join(n) for n, kind in zip((_FILE, _VOICE, _TEXT), kinds, strict=True) if kind is None]
        seen = f"{path} has columns {', '.join(columns) or 'none'}, and none named {', '.join(lacking)}"
        raise UsageError("usage.clips", seen, _TODO)
    found = [tuple(next((row[c] for c in names if row.get(c)), "") for names in (_FILE, _VOICE, _TEXT)) for row in rows]
    return [(file, voice, text) for file, voice, text in found if file and voice and text]


def _listed(folder: Path) -> list[tuple[str, str, str]]:
    manifest = folder / "manifest.csv"
    if manifest.exists():
        rows = _manifest(manifest)
        if lost := [file for file, _, _ in rows if not (folder / file).is_file()]:
            more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
            seen = f"{manifest} names files that are not there: {', '.join(lost[:_NAMED])}{more}"
            raise UsageError("usage.clips", seen, "Bring them back, or take their lines out")
        return rows
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".wav", ".flac")):
        words = path.with_suffix(".txt")
        if words.exists():
            text = words.read_text(encoding="utf-8").strip()
            found.append((path.relative_to(folder).as_posix(), path.parent.name, text))
    return found


def _read(path: Path, voice: str, text: str, name: str) -> Clip:
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as e:
        seen = f"{path} holds no sound that can be read: {e.error_string.rstrip('.')}"
        raise UsageError("usage.clips", seen, _TODO) from None
    return Clip(text, voice, np.ascontiguousarray(samples.mean(axis=1)), int(rate), name)


def at_rate(clip: Clip, rate_hz: int) -> Samples:
    """The clip's samples at another rate in Hz, shape (frames,), float32."""
    if clip.rate_hz == rate_hz:
        return clip.samples
    return np.asarray(soxr.resample(clip.samples, clip.rate_hz, rate_hz), dtype=np.float32)
