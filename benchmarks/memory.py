"""Memory of one worker: its peak on a stereo call of three hours, and how it grows over many short calls.

Each in a process of its own, from the file to the scorecard. The long call is the human call of `speed.py` over and
over, written piece by piece. With `--quick` the recogniser really hears the first windows only, which is where its
memory goes, and gives their answers again for the others.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import resource
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from human_calls import clips, compose, speech_folder
from results import Figure, at_most, show, write

HOURS = 3.0
REALLY_HEARD = 8
SETTLED = 0.25  # of the short calls come before the growth is measured
AGENT, CUSTOMERS = ("aishell1_S0150",), ("podcast_pair_zh", "misc_zh", "aishell3_30spk")


class Parrot:
    """Hears the first windows; gives their answers in turn for all others."""

    def __init__(self, real: Any) -> None:
        self.real, self.identity = real, real.identity
        self.heard: list[Any] = []
        self.next: itertools.cycle[Any] | None = None

    def recognize_many(self, sounds: Sequence[Any]) -> tuple[Any, ...]:
        if len(self.heard) < REALLY_HEARD:
            out = self.real.recognize_many(sounds)
            self.heard += out
            return tuple(out)
        self.next = self.next or itertools.cycle(self.heard)
        return tuple(next(self.next) for _ in sounds)

    def recognize(self, sound: Any) -> Any:
        return self.recognize_many([sound])[0]


def repeated(path: Path, once: Path, hours: float) -> Path:
    """A call of this length: `once` over and over."""
    with soundfile.SoundFile(once) as source:
        sound = source.read(dtype="int16", always_2d=True)
        with soundfile.SoundFile(path, "w", source.samplerate, source.channels, source.subtype) as sink:
            frames = int(hours * 3600 * source.samplerate)
            while frames > 0:
                sink.write(sound[:frames])
                frames -= len(sound)
    return path


def resident_mb() -> float:
    """What the process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def work(paths: list[Path], parrot: bool, pipe: Any) -> None:
    """Scores the calls one after the other; sends what the process holds after each, and its peak, in MB."""
    from analyzer.pipeline import Analyzer, judge_call
    from analyzer.rules.pack import load_standard
    from analyzer.speech.model import resolve
    from analyzer.speech.recognizer import WhisperRecognizer

    real: Any = WhisperRecognizer(resolve(), threads=1)
    analyzer = Analyzer(Parrot(real) if parrot else real)
    standard = load_standard("base", organisation=None, profile="default")
    held = []
    for path in paths:
        judge_call(analyzer.hear(path), standard)
        held.append(resident_mb())
    pipe.send((held, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6))


def in_a_process(paths: list[Path], parrot: bool) -> tuple[list[float], float]:
    """`work` in a fresh process."""
    context = multiprocessing.get_context("spawn")
    pipe, other = context.Pipe()
    process = context.Process(target=work, args=(paths, parrot, other), daemon=True)
    process.start()
    other.close()
    held, peak = pipe.recv()
    process.join()
    return held, peak


def long_call(folder: Path, hours: float, quick: bool) -> list[Figure]:
    """The peak on one long call."""
    once = compose(folder, "once", [clips(AGENT), clips(CUSTOMERS)], 300, 1).path
    path = repeated(folder / "long.wav", once, hours)
    _, peak = in_a_process([path], quick)
    path.unlink()
    return [Figure("long call: hours", hours), at_most("long call: peak MB", peak, 1200)]


def short_calls(folder: Path, count: int) -> list[Figure]:
    """The growth over many calls of 12 to 20 s, no two alike."""
    agent, customers = clips(AGENT), clips(CUSTOMERS)
    few = [compose(folder, f"short-{i}", [agent[i::8], customers[i::8]], 12 + i, i).path for i in range(8)]
    held, peak = in_a_process([few[i % len(few)] for i in range(count)], parrot=False)
    settled = int(count * SETTLED)
    slope = float(np.polyfit(np.arange(count - settled), held[settled:], 1)[0])
    return [
        Figure("short calls", count),
        Figure("short calls: MB held after the first", round(held[0], 1)),
        Figure("short calls: MB held after the last", round(held[-1], 1)),
        Figure("short calls: peak MB", round(peak)),
        at_most("short calls: growth, MB a call", slope, 0.1),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="60 short calls; a recogniser that repeats itself")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--hours", type=float, default=HOURS, help="length of the long call")
    parser.add_argument("--calls", type=int, help="how many short ones")
    options = parser.parse_args()
    if not (speech_folder() / "manifest.csv").is_file():
        print("no human recordings: set ANALYZER_SPEECH_DIR to their folder", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        figures = short_calls(Path(folder), options.calls or (60 if options.quick else 300))
        figures += long_call(Path(folder), options.hours, options.quick)
    show(figures)
    write(figures, options.json)
    return 0 if all(f.holds is not False for f in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
