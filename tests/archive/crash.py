"""Kills batches and their workers at random moments, and says what was left. Also run by the benchmark.

As a program: one batch, in this process, on a scripted analyser.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from scripted import Scripted, lines, tree

from analyzer.archive.batch import BatchOptions, run_batch
from analyzer.archive.cache import unseal
from analyzer.archive.ledger import REFUSED, SCORED, Ledger

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Outcome:
    """What the kills did, over all rounds; a round begins with an empty output and ends with a whole one."""

    kills: int
    rounds: int
    caught: int  # kills that left recordings begun and not ended
    torn: int  # files at their place that can't be read whole
    finished_again: int  # recordings that were done and were heard or judged once more
    begun_again: int  # hearings begun more than an undisturbed run begins: those that a kill cut off
    same_tree: bool  # after every round, to the byte, as after an undisturbed run


def start(archive: Path, out: Path | str, log: Path, workers: int, delay_s: float) -> subprocess.Popen[bytes]:
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


def is_done(out: Path) -> set[str]:
    """Names of the recordings that ended and whose results are there; not of those on which three workers died."""
    entries = [e for e in Ledger(out).entries.values() if e.outcome in (SCORED, REFUSED)]
    return {Path(e.path).name for e in entries if e.scorecard is None or (out / e.scorecard).exists()}


def torn_files(out: Path) -> int:
    """Files at their final place that can't be read whole."""
    torn = sum(unseal(path.read_bytes()) is None for path in out.rglob("*.gz"))
    for path in out.rglob("*.json"):
        try:
            json.loads(path.read_bytes())
        except ValueError:
            torn += 1
    return torn


class Rounds:
    """Runs batches into one output after another, kills some, and counts what that did.

    Args:
        archive: recordings.
        folder: for outputs and logs.
        workers: of each batch.
        delay_s: how long a hearing takes.
    """

    def __init__(self, archive: Path, folder: Path, workers: int, delay_s: float) -> None:
        self.archive, self.workers, self.delay_s = archive, workers, delay_s
        self.out, self.log = folder / "out", folder / "log"
        self.kills = self.rounds = self.caught = self.torn = self.finished_again = self.begun_again = 0
        self.same_tree = True
        started = time.monotonic()
        assert start(archive, folder / "calm", folder / "calm.log", workers, delay_s).wait() in (0, 5)
        self.takes_s = time.monotonic() - started
        self.calm, self.heard = tree(folder / "calm"), len(lines(folder / "calm.log", "hear "))

    def begin(self) -> subprocess.Popen[bytes]:
        """Starts a batch that goes on where the last one stopped."""
        self.before, self.done = len(lines(self.log)), is_done(self.out)
        return start(self.archive, self.out, self.log, self.workers, self.delay_s)

    def new_lines(self) -> list[str]:
        """What was logged since."""
        return lines(self.log)[self.before :]

    def look(self) -> None:
        """Counts after a batch ended or was killed."""
        time.sleep(0.05)  # workers of a killed batch end with it
        new, done = self.new_lines(), is_done(self.out)
        names = {kind: [line.split(" ", 1)[1] for line in new if line.startswith(kind)] for kind in ("hear ", "judge ")}
        self.caught += any(name not in done for name in (*names["hear "], *names["judge "]))
        self.finished_again += sum(name in self.done for name in (*names["hear "], *names["judge "]))
        self.torn += torn_files(self.out)

    def end(self) -> None:
        """Lets a batch end, compares, and makes way for the next round."""
        process = self.begin()
        assert process.wait() in (0, 5), process.returncode
        self.look()
        self.rounds += 1
        self.begun_again += len(lines(self.log, "hear ")) - self.heard
        self.same_tree &= tree(self.out) == self.calm
        shutil.rmtree(self.out)
        self.log.unlink()

    def outcome(self) -> Outcome:
        """The counts."""
        counts = (self.caught, self.torn, self.finished_again, self.begun_again)
        return Outcome(self.kills, self.rounds, *counts, self.same_tree)


def kill_batches(archive: Path, folder: Path, kills: int, workers: int, seed: int, delay_s: float = 0.01) -> Outcome:
    """Kills the whole batch at random moments: every second time anywhere from its start on, else while it works."""
    rng, rounds = random.Random(seed), Rounds(archive, folder, workers, delay_s)
    while rounds.kills < kills:
        process = rounds.begin()
        if rounds.kills % 2:
            while process.poll() is None and not rounds.new_lines():
                time.sleep(0.002)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0, rounds.takes_s * (0.3 if rounds.kills % 2 else 1)))
        ended = process.poll() is not None
        if not ended:
            process.kill()
            process.wait()
            rounds.kills += 1
        rounds.look()
        if ended:
            rounds.end()
    rounds.end()
    return rounds.outcome()


def kill_workers(archive: Path, folder: Path, kills: int, workers: int, seed: int, delay_s: float = 0.05) -> Outcome:
    """Kills single workers of running batches, at random moments after one of them began something."""
    rng, rounds = random.Random(seed), Rounds(archive, folder, workers, delay_s)
    while rounds.kills < kills:
        process = rounds.begin()
        while process.poll() is None and rounds.kills < kills:
            seen = len(lines(rounds.log))
            while process.poll() is None and len(lines(rounds.log)) <= seen:
                time.sleep(0.002)
            time.sleep(rng.uniform(0, 0.3))
            if alive := children(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(rng.choice(alive), signal.SIGKILL)
                    rounds.kills += 1
        process.wait()
        rounds.look()
        rounds.end()
    return rounds.outcome()


def children(pid: int) -> list[int]:
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (OSError, ValueError):
        return []


def main() -> int:
    archive, out, log, workers, delay_s = sys.argv[1:]
    options = BatchOptions(
        sources=(archive,), out=out if "://" in out else Path(out), workers=int(workers), retry=("failed",)
    )
    return run_batch(options, Scripted(log, delay_s=float(delay_s))).exit_code


if __name__ == "__main__":
    sys.exit(main())
