"""Kills batches and their workers at random moments, and says what was left. Also run by the benchmark.

As a program: one batch, in this process, on a scripted analyser.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from scripted import Scripted, lines, tree

from analyzer.archive.batch import BatchOptions, run_batch
from analyzer.archive.ledger import STRUCK, Ledger

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Outcome:
    """What the kills did."""

    kills: int
    runs: int
    torn: int  # files at their place that can't be read whole
    finished_again: int  # recordings in the ledger that were heard once more
    begun_again: int  # recordings that a kill caught and that were heard once more
    same_tree: bool


def start(archive: Path, out: Path, log: Path, workers: int, delay_s: float) -> subprocess.Popen[bytes]:
    arguments = [
        sys.executable,
        str(Path(__file__).resolve()),
        str(archive),
        str(out),
        str(log),
        str(workers),
        str(delay_s),
    ]
    return subprocess.Popen(arguments, start_new_session=True, stdout=subprocess.DEVNULL)


def finish(archive: Path, out: Path, log: Path, workers: int, delay_s: float = 0.0) -> int:
    return start(archive, out, log, workers, delay_s).wait()


def in_ledger(out: Path) -> set[str]:
    """Names of the recordings that ended."""
    return {Path(e.path).name for e in Ledger(out).entries.values() if e.outcome != STRUCK}


def torn_files(out: Path) -> int:
    """Files at their final place that can't be read whole."""
    torn = 0
    for path in out.rglob("*.json"):
        try:
            json.loads(path.read_bytes())
        except ValueError:
            torn += 1
    return torn


def kill_batches(archive: Path, folder: Path, kills: int, workers: int, seed: int, delay_s: float = 0.01) -> Outcome:
    """Kills the whole batch again and again, until it was killed so often, then lets it end."""
    rng, out, log = random.Random(seed), folder / "out", folder / "log"
    calm = folder / "calm"
    assert finish(archive, calm, folder / "calm.log", workers) in (0, 5)
    whole = len(lines(folder / "calm.log", "heard "))
    done = runs = torn = again = 0
    while done < kills:
        runs += 1
        before, finished = len(lines(log)), in_ledger(out)
        process = start(archive, out, log, workers, delay_s)
        # Half of the kills fall anywhere in the start-up, the others while recordings are being done.
        if done % 2:
            while process.poll() is None and len(lines(log)) <= before:
                time.sleep(0.002)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0, 0.25) if done % 2 else rng.uniform(0, 1.5))
        if process.poll() is None:
            process.kill()
            process.wait()
            done += 1
        else:
            for path in list(out.rglob("*.scorecard.json"))[:: rng.randint(2, 4)]:
                path.unlink()  # it ended first: give the next one something to do
        torn += torn_files(out)
        again += sum(line[6:] in finished for line in lines(log)[before:] if line.startswith("heard "))
    time.sleep(0.1)  # workers of the killed batch end with it
    before, finished = len(lines(log)), in_ledger(out)
    code = finish(archive, out, log, workers)
    assert code in (0, 5), code
    again += sum(line[6:] in finished for line in lines(log)[before:] if line.startswith("heard "))
    heard = len(lines(log, "heard "))
    return Outcome(done, runs, torn, again, heard - whole, tree(out) == tree(calm))


def kill_workers(archive: Path, folder: Path, kills: int, workers: int, seed: int, delay_s: float = 0.05) -> Outcome:
    """Kills single workers of running batches."""
    rng, out, log = random.Random(seed), folder / "out", folder / "log"
    calm = folder / "calm"
    assert finish(archive, calm, folder / "calm.log", workers) in (0, 5)
    whole = len(lines(folder / "calm.log", "heard "))
    done = runs = 0
    while done < kills:
        runs += 1
        process = start(archive, out, log, workers, delay_s)
        while process.poll() is None and done < kills:
            time.sleep(rng.uniform(0.05, 0.4))
            if done < kills and (alive := children(process.pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(rng.choice(alive), signal.SIGKILL)
                    done += 1
        process.wait()
        if done < kills:
            for path in list(out.rglob("*.scorecard.json")):
                path.unlink()
            for path in list(out.rglob("*.gz"))[::2]:
                path.unlink()
    assert finish(archive, out, log, workers) in (0, 5)
    return Outcome(done, runs, torn_files(out), 0, len(lines(log, "heard ")) - whole, tree(out) == tree(calm))


def children(pid: int) -> list[int]:
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (OSError, ValueError):
        return []


def main() -> int:
    archive, out, log, workers, delay_s = sys.argv[1:]
    options = BatchOptions(sources=(archive,), out=Path(out), workers=int(workers))
    return run_batch(options, Scripted(log, delay_s=float(delay_s))).exit_code


if __name__ == "__main__":
    sys.exit(main())
