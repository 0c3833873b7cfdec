import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from crash import children, kill_batches, kill_workers, start
from scripted import Scripted, lines, make_archive, wav

from analyzer.archive.batch import BatchOptions, read_status, run_batch


@pytest.mark.parametrize(("workers", "kills"), [(0, 4), (1, 3), (2, 3)])
def test_batches_killed_at_random_moments_end_as_if_nothing_had_been(workers: int, kills: int, tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "in", 25)
    outcome = kill_batches(archive, tmp_path, kills, workers, seed=workers)
    assert (outcome.kills, outcome.torn, outcome.finished_again, outcome.same_tree) == (kills, 0, 0, True)
    assert outcome.begun_again <= kills * max(1, workers)


def test_killed_workers_cost_a_second_try_and_nothing_else(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "in", 25)
    outcome = kill_workers(archive, tmp_path, 4, 2, seed=1)
    assert (outcome.kills, outcome.torn, outcome.finished_again, outcome.same_tree) == (4, 0, 0, True)


def test_a_killed_batch_leaves_no_worker(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "in", 25)
    process = start(archive, tmp_path / "out", tmp_path / "log", 2, 0.2)
    while not lines(tmp_path / "log", "hear "):
        assert process.poll() is None
        time.sleep(0.01)
    workers = children(process.pid)
    assert workers
    process.kill()
    process.wait()
    deadline = time.monotonic() + 5
    while any(_alive(pid) for pid in workers):
        assert time.monotonic() < deadline, "a worker outlived its batch"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_batch_finishes_what_is_begun(number: int, tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "in", 25)
    out = tmp_path / "out"
    process = start(archive, out, tmp_path / "log", 1, 0.2)
    while not lines(tmp_path / "log", "heard "):
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, number)  # a terminal sends Ctrl-C to the workers too
    assert process.wait(30) == 130
    log = tmp_path / "log"
    assert len(lines(log, "hear ")) == len(lines(log, "heard ")) == read_status(out).outcomes["scored"] < 25
    assert (out / "index.json").exists()


@pytest.mark.parametrize("workers", [0, 1])
def test_a_second_interrupt_stops_at_once(workers: int, tmp_path: Path) -> None:
    archive = tmp_path / "in"
    archive.mkdir()
    (archive / "hang.wav").write_bytes(wav(1))
    (archive / "a.wav").write_bytes(wav(2))
    process = start(archive, tmp_path / "out", tmp_path / "log", workers, 0)
    while not lines(tmp_path / "log", "hear hang"):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.7)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    assert read_status(tmp_path / "out").outcomes == {"scored": 1}
    assert (tmp_path / "out" / "index.json").exists()


def test_strikes_are_remembered_across_killed_batches(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "in", 3, broken=False)
    (archive / "poison.wav").write_bytes(wav(1))
    out, log = tmp_path / "out", tmp_path / "log"
    process = start(archive, out, log, 1, 0)
    while "struck" not in read_status(out).outcomes:
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    report = run_batch(BatchOptions(sources=(archive,), out=out, workers=1), Scripted(str(log)))
    assert report.outcomes["failed"] == 1
    assert 3 <= len(lines(log, "hear poison")) <= 4  # one may have been begun and not counted when the batch was killed


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
