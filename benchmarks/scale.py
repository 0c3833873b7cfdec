"""What an archive costs beside the analysis itself, and what kills and broken files do to it.

No model is loaded: a scripted analyser stands for it, so that every millisecond here is the archive's own.

    python benchmarks/scale.py [--quick] [--json FILE] [--only overhead,malformed,memory,kills,worker_kills]
"""

import argparse
import contextlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "archive"), str(ROOT / "tests" / "call")]

import crash  # noqa: E402
import numpy as np  # noqa: E402
import wav_files  # noqa: E402
from scripted import Scripted, make_archive, tree  # noqa: E402

from analyzer.archive.batch import BatchOptions, Progress, rejudge, run_batch  # noqa: E402
from analyzer.archive.sources import find_recordings  # noqa: E402
from analyzer.call.wav import read_call  # noqa: E402
from analyzer.errors import AudioError  # noqa: E402


@dataclass(frozen=True)
class Figure:
    """One measured figure; `goal` in words, `holds` None when nothing was asked."""

    name: str
    value: float | int | str
    goal: str = ""
    holds: bool | None = None


def overhead(folder: Path, quick: bool) -> Iterator[Figure]:
    """Empty-ish recordings through the whole archive, everything but hearing and judging counted.

    By processor time where it is ours, by the clock where somebody waits for it.
    """
    count = 2_000 if quick else 10_000
    archive = make_archive(folder / "in", count, broken=False)
    total = count + 2
    script = Scripted(str(folder / "log"))
    started = time.perf_counter()
    listed = len(find_recordings([archive]).recordings)
    yield Figure(f"listing {listed} recordings, s", round(time.perf_counter() - started, 3))

    for workers in (0, 1):
        out, spent, waited, first = folder / f"out{workers}", _Spent(), _Spent(), []
        started, spent_cpu = time.perf_counter(), time.process_time()
        options = BatchOptions(sources=(archive,), out=out, workers=workers)
        with _waiting_for_the_disk(waited):
            run_batch(options, _Timed(script, spent) if workers == 0 else script, _note_first(first, started))
        took = time.perf_counter() - started
        if workers == 0:
            own = (time.process_time() - spent_cpu - spent.seconds) / total * 1000
            yield Figure("archive's own processor time in one process, ms a call", round(own, 2), "at most 3", own <= 3)
            flush = waited.seconds / total * 1000
            yield Figure("waiting until the disk has it (fsync), ms a call", round(flush, 2))
        else:
            yield Figure("one worker process, all of it, ms a call", round(took / total * 1000, 2))
            after, cpu = first[0], first[1] - spent_cpu
            yield Figure("first recording ended after, s", round(after, 2), "at most 5", after <= 5)
            yield Figure("of that processor time of batch and worker, s", round(cpu, 2))
    same = tree(folder / "out0") == tree(folder / "out1")
    yield Figure("same bytes in one process and in a worker", str(same), "True", same)

    started = time.perf_counter()
    report = run_batch(BatchOptions(sources=(archive,), out=folder / "out0", workers=1), script)
    took = time.perf_counter() - started
    yield Figure("the same command again, ms a call", round(took / total * 1000, 3), "nothing done", report.done == 0)

    spent_cpu = time.process_time()
    report = rejudge(folder / "out0", replace(script, standard="s2"), workers=0)
    rate = report.done / (time.process_time() - spent_cpu)
    name = "rejudged by a scripted standard, calls a processor second"
    yield Figure(name, round(rate), "at least 200", rate >= 200)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Figure(f"peak memory of the batch process with {total} calls, MB", round(peak))


def malformed(folder: Path, quick: bool) -> Iterator[Figure]:
    """Broken files, truncations and byte flips: named outcomes only, and how long the slowest took."""
    path, slowest, outcomes = folder / "call.wav", 0.0, {"refused": 0, "read": 0, "unnamed": 0}

    def read(data: bytes) -> None:
        nonlocal slowest
        path.write_bytes(data)
        started = time.perf_counter()
        try:
            read_call(path)
            outcomes["read"] += 1
        except AudioError:
            outcomes["refused"] += 1
        except Exception:
            outcomes["unnamed"] += 1
        slowest = max(slowest, time.perf_counter() - started)

    kinds = wav_files.broken_files()
    for broken in kinds:
        read(broken.data)
    rng, flips = np.random.default_rng(1), 20_000 if quick else 200_000
    bases = [wav_files.GOOD, wav_files.encoded("IMA_ADPCM", 1, frames=2000), wav_files.encoded("FLOAT", 1, frames=1000)]
    for turn in range(flips):
        data = bytearray(bases[turn % len(bases)])
        for _ in range(1 + turn % 3):
            data[int(rng.integers(0, 64 if turn % 4 else len(data)))] = int(rng.integers(256))
        read(bytes(data))
    yield Figure("kinds of broken file", len(kinds), "at least 60", len(kinds) >= 60)
    yield Figure("byte flips", flips)
    yield Figure("refused with a code / read with its defects", f"{outcomes['refused']} / {outcomes['read']}")
    yield Figure("any other outcome", outcomes["unnamed"], "0", outcomes["unnamed"] == 0)
    yield Figure("slowest, s", round(slowest, 3), "at most 1", slowest <= 1)
    yield from _broken_memory(path)


def _broken_memory(path: Path) -> Iterator[Figure]:
    """Memory that broken recordings of 4 MB take, each read in a process of its own.

    Samples are kept in 16 bits: twice an A-law or µ-law file, 10 times GSM. So the goal is asked of files with 16 bits
    a sample, and of the others what they take above their samples.
    """
    size, over_file, over_samples = 4 << 20, 0.0, 0
    for subtype, channels, bits in (("PCM_16", 2, 16), ("ULAW", 2, 8), ("IMA_ADPCM", 1, 4), ("GSM610", 1, 1.625)):
        whole = wav_files.encoded(subtype, channels, frames=int(size * 8 / bits / channels))
        at = whole.index(b"data") + 4
        no_size, too_much = (whole[:at] + n.to_bytes(4, "little") + whole[at + 4 :] for n in (0, 0xF0000000))
        for data in (whole[: size // 2], no_size, too_much, whole.replace(b"RIFF", b"RIFX", 1), whole + b"junk" * 99):
            path.write_bytes(data)
            used, samples = _used(path)
            if subtype == "PCM_16":
                over_file = max(over_file, used / len(data))
            over_samples = max(over_samples, used - samples)
    yield Figure("memory over file size, broken 16-bit files of 4 MB", round(over_file, 2), "at most 3", over_file <= 3)
    yield Figure("memory over the samples kept, any codec, MB", round(over_samples / (1 << 20), 1))


def _used(path: Path) -> tuple[int, int]:
    """Bytes that reading a recording takes at most, and those of its samples (0 when it is refused)."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        samples = 0
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
        before = _peak_kb()
        with contextlib.suppress(AudioError):
            samples = 2 * sum(map(len, read_call(path).samples))
        os.write(theirs, f"{(_peak_kb() - before) * 1024} {samples}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    used, samples = map(int, os.read(ours, 99).split())
    os.close(ours)
    os.close(theirs)
    return used, samples


def _peak_kb() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def memory(folder: Path, quick: bool) -> Iterator[Figure]:
    """Reading a long call, in a process of its own."""
    import subprocess

    hours = 1 if quick else 3
    path = folder / "long.wav"
    minute = wav_files.pcm16(wav_files.tone(8000 * 60))
    size = len(minute) * 60 * hours
    with path.open("wb") as file:
        head = wav_files.chunk(b"fmt ", wav_files.fmt())
        file.write(b"RIFF" + (size + 36).to_bytes(4, "little") + b"WAVE" + head + b"data" + size.to_bytes(4, "little"))
        for _ in range(60 * hours):
            file.write(minute)
    program = (
        "import sys, pathlib; from analyzer.call.wav import read_call\n"
        "def peak():\n"
        " lines = pathlib.Path('/proc/self/status').read_text().splitlines()\n"
        " return int(next(l for l in lines if l.startswith('VmHWM')).split()[1])\n"
        "before = peak()\naudio = read_call(pathlib.Path(sys.argv[1]))\n"
        "print(before, peak())"
    )
    started = time.perf_counter()
    output = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, check=True).stdout
    before, after = map(int, output.split())
    yield Figure(f"reading {hours} h of stereo at 8 kHz, s", round(time.perf_counter() - started, 2))
    peak = after / 1024
    yield Figure("peak memory while reading, MB", round(peak), "under 1200", peak < 1200)
    ratio = (after - before) * 1024 / path.stat().st_size
    yield Figure("memory over file size", round(ratio, 2), "at most 3", ratio <= 3)


def kills(folder: Path, quick: bool) -> Iterator[Figure]:
    """Kill -9 of the batch at random moments."""
    each = 6 if quick else 100
    for workers in (1, 2):
        where = folder / f"batch{workers}"
        where.mkdir()
        seen = crash.kill_batches(make_archive(where / "in", 40), where, each, workers, seed=workers)
        yield from _killed(seen, f"the batch, {workers} workers")


def worker_kills(folder: Path, quick: bool) -> Iterator[Figure]:
    """Kill -9 of single workers at random moments."""
    where = folder / "workers"
    where.mkdir()
    seen = crash.kill_workers(make_archive(where / "in", 60), where, 6 if quick else 50, 2, seed=3)
    yield from _killed(seen, "a worker")


def _killed(seen: crash.Outcome, what: str) -> Iterator[Figure]:
    good = seen.torn == 0 and seen.finished_again == 0 and seen.same_tree
    text = f"torn {seen.torn}, finished done again {seen.finished_again}, same tree {seen.same_tree}"
    yield Figure(f"{seen.kills} kills of {what}, {seen.rounds} archives", text, "0, 0, True", good)
    yield Figure(f"of them caught in mid-call / hearings begun again, {what}", f"{seen.caught} / {seen.begun_again}")


class _Spent:
    seconds = 0.0


@contextlib.contextmanager
def _waiting_for_the_disk(waited: _Spent) -> Iterator[None]:
    """Adds up the time in fsync, which is the disk's and not ours."""
    fsync = os.fsync

    def timed(fd: int) -> None:
        started = time.perf_counter()
        fsync(fd)
        waited.seconds += time.perf_counter() - started

    os.fsync = timed
    try:
        yield
    finally:
        os.fsync = fsync


@dataclass(frozen=True)
class _Timed:
    """A factory whose analysers add up the processor time they take themselves."""

    script: Scripted
    spent: _Spent

    def identify(self) -> object:
        return self.script.identify()

    def identify_judging(self) -> str:
        return self.script.identify_judging()

    def build(self, threads: int) -> object:
        analyser = self.script.build(threads)
        analyser.hear, analyser.judge = self._timed(analyser.hear), self._timed(analyser.judge)
        return analyser

    def _timed(self, work: Callable[..., object]) -> Callable[..., object]:
        def timed(*arguments: object) -> object:
            started = time.process_time()
            try:
                return work(*arguments)
            finally:
                self.spent.seconds += time.process_time() - started

        return timed


def _note_first(first: list[float], started: float) -> Callable[[Progress], None]:
    def show(progress: Progress) -> None:
        if not first:
            first.extend((time.perf_counter() - started, time.process_time() + _of_children()))

    return show


def _of_children() -> float:
    """Processor seconds of the processes that this one started and that live."""
    ticks = 0
    for pid in crash.children(os.getpid()):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


PARTS = {"overhead": overhead, "malformed": malformed, "memory": memory, "kills": kills, "worker_kills": worker_kills}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="under five minutes")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, by name")
    options = parser.parse_args()
    figures = []
    for name in options.only.split(","):
        with tempfile.TemporaryDirectory(prefix="scale-") as folder:
            for figure in PARTS[name](Path(folder), options.quick):
                mark = {True: "ok  ", False: "FAIL", None: "    "}[figure.holds]
                print(
                    f"{mark} {figure.name}: {figure.value}" + (f"  (goal: {figure.goal})" if figure.goal else ""),
                    flush=True,
                )
                figures.append(figure)
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(f) for f in figures], ensure_ascii=False, indent=1) + "\n", "utf-8")
    return int(any(f.holds is False for f in figures))


if __name__ == "__main__":
    sys.exit(main())
