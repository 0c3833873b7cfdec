"""Memory of one worker: its peak on a stereo call of three hours, and how it grows over many short calls.

Each in a process of its own that does all a worker does, from the file to the scorecard on the disk. The long call is
the human call of `speed.py` over and over, written piece by piece; with `--mono` both legs in one channel, for what
tells voices apart where that is installed. With `--quick` the recogniser really hears one group
of windows in eight, the first with the longest windows among them, and gives their answers again for the others.
What lies in temporary files is not memory of the worker and not counted; it is said beside the peak.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import resource
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from human_calls import clips, compose, speech_folder
from results import Figure, at_most, show, write

HOURS = 3.0
EVERY = 8  # groups of windows, of which a parrot really hears one
SETTLED = 0.25  # of the short calls come before the growth is measured
AGENT, CUSTOMERS = ("aishell1_S0150",), ("podcast_pair_zh", "misc_zh", "aishell3_30spk")


class Parrot:
    """Hears one group of windows in so many; gives their answers in turn for all others."""

    def __init__(self, real: Any, every: int = EVERY) -> None:
        self.real, self.identity, self.every = real, real.identity, every
        self.groups = self.scored = 0
        self.heard: list[Any] = []
        self.again: Iterator[Any] = iter(())

    def recognize_many(self, sounds: Sequence[Any]) -> tuple[Any, ...]:
        self.groups += 1
        if self.groups % self.every != 1:
            return tuple(next(self.again) for _ in sounds)
        out = tuple(self.real.recognize_many(sounds))
        self.heard += out
        self.again = itertools.cycle(self.heard)
        return out

    def recognize(self, sound: Any) -> Any:
        return self.recognize_many([sound])[0]

    def read(self, sound: Any) -> tuple[Any, ...]:
        return tuple(self.recognize(sound).syllables)

    def score(self, sound: Any, texts: Sequence[str]) -> tuple[Any, ...]:
        from analyzer.speech.recognizer import ScoredToken

        self.scored += 1
        if self.scored % self.every != 1:
            return tuple(tuple(ScoredToken(i, i + 1, -3.0) for i in range(len(text))) for text in texts)
        return tuple(self.real.score(sound, texts))


@dataclass(frozen=True)
class ParrotFactory:
    """Makes the product's analyser, with a recogniser that repeats itself."""

    def build(self, threads: int) -> Any:
        from analyzer.archive.local import LocalAnalyser, LocalFactory, load_analyzer

        analyzer = load_analyzer(None, threads, "")
        analyzer.recognizer = Parrot(analyzer.recognizer)
        return LocalAnalyser(analyzer, LocalFactory().standard())


def repeated(path: Path, once: Path, hours: float, rate_hz: int, mono: bool) -> Path:
    """A call of this length and rate: `once` over and over."""
    sound, rate = soundfile.read(once, dtype="float32", always_2d=True)
    sound = sound.mean(axis=1, keepdims=True) if mono else sound
    subtype = soundfile.info(once).subtype if rate == rate_hz else "PCM_16"
    sound = sound if rate == rate_hz else soxr.resample(sound, rate, rate_hz)
    with soundfile.SoundFile(path, "w", rate_hz, sound.shape[1], subtype) as sink:
        frames = int(hours * 3600 * rate_hz)
        while frames > 0:
            sink.write(sound[:frames])
            frames -= len(sound)
    return path


def resident_mb() -> float:
    """What the process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def temporary_mb() -> float:
    """What the process holds in files without a name."""
    held = 0
    for link in Path("/proc/self/fd").iterdir():
        try:
            facts = link.stat()
        except OSError:  # the one that lists them
            continue
        held += facts.st_size if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 0 else 0
    return held / 1e6


def work(paths: list[Path], parrot: bool, pipe: Any) -> None:
    """Does the calls one after the other as a worker does; sends what it held after each, and its peaks, in MB."""
    from analyzer.archive.local import LocalFactory
    from analyzer.archive.results import FolderResults
    from analyzer.archive.work import Job, Workshop
    from analyzer.call import sound

    tape, files = sound.Tape.write, 0.0

    def write(self: Any, frames: Any) -> None:
        nonlocal files
        tape(self, frames)
        files = max(files, temporary_mb())

    sound.Tape.write = write
    held = []
    with tempfile.TemporaryDirectory() as folder:
        factory = ParrotFactory() if parrot else LocalFactory()
        workshop = Workshop(FolderResults(Path(folder)), factory, LocalFactory().identify())
        workshop.warm_up()
        for i, path in enumerate(paths):
            entry = workshop.do(Job(str(path), f"{i}.wav", f"{i}.wav"))
            assert entry.outcome == "scored", entry
            held.append(resident_mb())
    used = resource.getrusage(resource.RUSAGE_SELF)
    pipe.send((held, used.ru_maxrss * 1024 / 1e6, files, used.ru_utime + used.ru_stime))


def in_a_process(paths: list[Path], parrot: bool) -> tuple[list[float], float, float, float]:
    """`work` in a fresh process: MB held after each call, peak MB, MB in temporary files, processor seconds."""
    context = multiprocessing.get_context("spawn")
    pipe, other = context.Pipe()
    process = context.Process(target=work, args=(paths, parrot, other), daemon=True)
    process.start()
    other.close()
    sent: tuple[list[float], float, float, float] = pipe.recv()
    process.join()
    return sent


def long_call(folder: Path, hours: float, rate_hz: int, quick: bool, mono: bool) -> list[Figure]:
    """The peak on one long call."""
    once = compose(folder, "once", [clips(AGENT), clips(CUSTOMERS)], 300, 1).path
    path = repeated(folder / "long.wav", once, hours, rate_hz, mono)
    _, peak, files, seconds = in_a_process([path], quick)
    path.unlink()
    name = f"long call, {hours:g} h at {rate_hz} Hz{', one channel' if mono else ''}"
    return [
        at_most(f"{name}: peak MB", peak, 1200),
        Figure(f"{name}: MB in temporary files", round(files)),
        Figure(f"{name}: processor seconds", round(seconds)),
    ]


def short_calls(folder: Path, count: int) -> list[Figure]:
    """The growth over many calls of 12 to 20 s, no two alike."""
    agent, customers = clips(AGENT), clips(CUSTOMERS)
    few = [compose(folder, f"short-{i}", [agent[i::8], customers[i::8]], 12 + i, i).path for i in range(8)]
    held, peak, _, _ = in_a_process([few[i % len(few)] for i in range(count)], parrot=False)
    settled = int(count * SETTLED)
    slope = float(np.polyfit(np.arange(count - settled), held[settled:], 1)[0])
    return [
        Figure("short calls", count),
        Figure("short calls: MB held after the first", round(held[0], 1)),
        Figure("short calls: MB held after a quarter", round(held[settled], 1)),
        Figure("short calls: MB held after the last", round(held[-1], 1)),
        Figure("short calls: peak MB", round(peak)),
        at_most("short calls: growth, MB a call", slope, 0.1),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="60 short calls; on the long one a recogniser that repeats itself"
    )
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--hours", type=float, default=HOURS, help="length of the long call")
    parser.add_argument("--rate", type=int, nargs="+", default=[8000], help="sampling rates of the long call, Hz")
    parser.add_argument("--mono", action="store_true", help="the long call on one channel")
    parser.add_argument("--calls", type=int, help="how many short ones")
    parser.add_argument("--only", choices=("long", "short"), help="one of the two")
    options = parser.parse_args()
    if not (speech_folder() / "manifest.csv").is_file():
        print("no human recordings: set ANALYZER_SPEECH_DIR to their folder", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        if options.only != "long":
            figures += short_calls(Path(folder), options.calls or (60 if options.quick else 300))
        for rate in options.rate if options.only != "short" else ():
            figures += long_call(Path(folder), options.hours, rate, options.quick, options.mono)
    show(figures)
    write(figures, options.json)
    return 0 if all(f.holds is not False for f in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
