import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from crash import children
from scripted import Scripted, lines, make_archive, tree, wav

from analyzer.archive.batch import BatchOptions, BatchReport, Progress, run_batch
from analyzer.archive.watch import PATIENCE, WatchOptions, watch

HERE = Path(__file__).resolve().parent
LONG_AGO = (1_000_000_000, 1_000_000_000)


def once(archive: Path, out: Path, script: Scripted, settle_s: float = 0.0, **options: object) -> BatchReport:
    given = {"workers": 0, **options}
    wanted = WatchOptions(interval_s=0.05, settle_s=settle_s, once=True)
    return watch(BatchOptions(sources=(archive,), out=out, **given), wanted, script, None)


@contextmanager
def watching(folder: Path, out: Path, log: Path, workers: int = 1) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [sys.executable, str(HERE / "watching.py"), str(folder), str(out), str(log), str(workers)]
    process = subprocess.Popen(arguments, start_new_session=True)
    try:
        yield process
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def until(condition: Callable[[], object], process: subprocess.Popen[bytes], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("workers", [0, 2])
def test_one_look_leaves_the_same_bytes_as_a_batch(workers: int, tmp_path: Path) -> None:
    archive, script = make_archive(tmp_path / "in", 5), Scripted(str(tmp_path / "log"))
    report = once(archive, tmp_path / "out", script, workers=workers)
    batch = run_batch(BatchOptions(sources=(archive,), out=tmp_path / "calm", workers=0), script)
    assert (report.listed, report.done, report.outcomes) == (batch.listed, batch.done, batch.outcomes)
    assert tree(tmp_path / "out") == tree(tmp_path / "calm")
    heard = len(lines(script.log, "heard "))
    assert once(archive, tmp_path / "out", script).done == 0
    assert len(lines(script.log, "heard ")) == heard


def test_arriving_recordings_are_scored_when_they_are_complete(tmp_path: Path) -> None:
    folder, out, log = tmp_path / "in", tmp_path / "out", tmp_path / "log"
    folder.mkdir()
    whole = wav(1, frames=4000)
    with watching(folder, out, log) as process:
        time.sleep(0.5)
        (folder / "first.wav").write_bytes(wav(7))
        until(lambda: (out / "first.scorecard.json").exists(), process)
        alive = children(process.pid)
        with (folder / "slow.wav").open("wb") as file:  # written in pieces, longer than it takes to settle
            for at in range(0, len(whole), 1000):
                file.write(whole[at : at + 1000])
                file.flush()
                time.sleep(0.15)
        until(lambda: (out / "slow.scorecard.json").exists(), process)
        assert len(lines(log, "hear slow")) == 1
        card = json.loads((out / "slow.scorecard.json").read_bytes())
        assert (card["call"]["facts"]["frames_present"], card["call"]["facts"]["defects"]) == (4000, [])
        until(lambda: "slow.wav" in (out / "index.json").read_text(), process)
        (folder / "first.wav").write_bytes(wav(8))  # changed: scored again
        until(lambda: len(lines(log, "heard first")) == 2, process)
        (folder / "slow.json").write_text('{"agent_id": "5"}')  # its sidecar came late
        until(lambda: len(lines(log, "heard slow")) == 2, process)
        assert children(process.pid) == alive  # the same worker all the time: one model load
    assert len(lines(log, "load")) == 1
    index = json.loads((out / "index.json").read_bytes())
    assert [(c["path"], c["agent_id"]) for c in index["calls"]] == [("first.wav", None), ("slow.wav", "5")]
    script = Scripted(str(log))
    assert run_batch(BatchOptions(sources=(folder,), out=out, workers=0), script).done == 0  # a batch takes it over


def test_a_header_that_claims_more_waits_longer_and_is_then_taken_as_it_is(tmp_path: Path) -> None:
    archive, script = tmp_path / "in", Scripted(str(tmp_path / "log"))
    archive.mkdir()
    (archive / "cut.wav").write_bytes(wav(1, frames=4000)[:-2000])
    (archive / "unfinished.wav").write_bytes(wav(2)[:40] + b"\0\0\0\0" + wav(2)[44:])
    (archive / "whole.wav").write_bytes(wav(3))
    settle = 0.5
    started = time.monotonic()
    report = once(archive, tmp_path / "out", script, settle)
    assert settle * 0.8 < time.monotonic() - started
    assert (report.done, report.not_done) == (1, 2)
    assert lines(script.log, "heard ") == ["heard whole.wav"]
    time.sleep(settle * PATIENCE)
    report = once(archive, tmp_path / "out", script, settle)
    assert (report.done, report.not_done, report.outcomes) == (2, 0, {"scored": 3})
    index = json.loads((tmp_path / "out" / "index.json").read_bytes())
    defects = [c["defects"] for c in index["calls"]]
    assert ("data_truncated" in defects[0], "data_size_zero" in defects[1], defects[2]) == (True, True, [])


def test_a_recording_with_an_old_time_that_is_still_copied_is_left_alone(tmp_path: Path) -> None:
    archive, script = tmp_path / "in", Scripted(str(tmp_path / "log"))
    archive.mkdir()
    (archive / "call.wav").write_bytes(wav(1))
    os.utime(archive / "call.wav", LONG_AGO)  # as copying tools set it; the change itself can't be backdated
    started = time.monotonic()
    assert once(archive, tmp_path / "out", script, 0.5).done == 1
    assert time.monotonic() - started > 0.4


def test_links_to_nothing_are_refused_as_by_a_batch(tmp_path: Path) -> None:
    archive, script = tmp_path / "in", Scripted(str(tmp_path / "log"))
    archive.mkdir()
    (archive / "call.wav").write_bytes(wav(1))
    (archive / "dangling.wav").symlink_to(tmp_path / "nothing.wav")
    (archive / "loop.wav").symlink_to(archive / "loop.wav")
    report = once(archive, tmp_path / "out", script, 0.2)
    assert report.codes == {"audio.not_found": 1, "audio.unreadable": 1}
    assert (report.done, report.not_done, report.exit_code) == (3, 0, 5)


def test_results_of_recordings_taken_away_stay_in_the_index(tmp_path: Path) -> None:
    archive, script = make_archive(tmp_path / "in", 3, broken=False), Scripted(str(tmp_path / "log"))
    once(archive, tmp_path / "out", script)
    index = (tmp_path / "out" / "index.json").read_bytes()
    (archive / "team1" / "call0001.wav").unlink()
    (archive / "客服" / "twin.wav").unlink()
    report = once(archive, tmp_path / "out", script)
    assert (report.listed, report.done, report.not_done) == (5, 0, 0)
    assert (tmp_path / "out" / "index.json").read_bytes() == index


def test_poison_does_not_end_the_watch(tmp_path: Path) -> None:
    folder, out, log = tmp_path / "in", tmp_path / "out", tmp_path / "log"
    folder.mkdir()
    (folder / "a-poison.wav").write_bytes(wav(1))
    with watching(folder, out, log) as process:
        until(lambda: len(lines(log, "hear a-poison")) == 3, process)
        (folder / "later.wav").write_bytes(wav(2))
        until(lambda: (out / "later.scorecard.json").exists(), process)
    index = json.loads((out / "index.json").read_bytes())
    assert index["outcomes"] == {"failed": 1, "scored": 1}
    assert len(lines(log, "hear a-poison")) == 3


def test_a_folder_that_goes_away_for_a_while_is_waited_for(tmp_path: Path) -> None:
    folder, out, log = tmp_path / "in", tmp_path / "out", tmp_path / "log"
    folder.mkdir()
    with watching(folder, out, log, workers=0) as process:
        (folder / "one.wav").write_bytes(wav(1))
        until(lambda: (out / "one.scorecard.json").exists(), process)
        folder.rename(tmp_path / "away")
        time.sleep(0.3)
        assert process.poll() is None
        (tmp_path / "away").rename(folder)
        (folder / "two.wav").write_bytes(wav(2))
        until(lambda: (out / "two.scorecard.json").exists(), process)
    assert len(lines(log, "heard ")) == 2


def test_every_end_is_told(tmp_path: Path) -> None:
    archive, script = make_archive(tmp_path / "in", 2), Scripted(str(tmp_path / "log"))
    told: list[Progress] = []
    options = BatchOptions(sources=(archive,), out=tmp_path / "out", workers=0)
    watch(options, WatchOptions(interval_s=0.05, settle_s=0.0, once=True), script, told.append)
    assert [(p.name, p.outcome) for p in told][:2] == [
        ("team0/call0000.wav", "scored"),
        ("team1/call0001.wav", "scored"),
    ]
    assert all((p.score is not None) == (p.outcome == "scored") for p in told)
