"""Results in a store: an S3 server on loopback."""

import os
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from crash import start
from scripted import BUCKET, Scripted, lines, make_archive, tree

from analyzer.archive import remote
from analyzer.archive.batch import BatchOptions, BatchReport, read_status, rejudge, run_batch
from analyzer.archive.ledger import SCORED, Ledger
from analyzer.archive.place import home_of
from analyzer.archive.store_lock import LOCK_NAME, StoreLock
from analyzer.archive.store_results import StoreResults
from analyzer.archive.terms import NOTED, JudgedBy, Terms, recalled
from analyzer.cli.main import cli
from analyzer.errors import OutputError, UsageError

pytestmark = pytest.mark.cluster

OUT = f"s3://{BUCKET}/results/2024"


@pytest.fixture(autouse=True)
def state(store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANALYZER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return home_of(OUT)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return make_archive(tmp_path / "in", 6)


@pytest.fixture
def script(tmp_path: Path) -> Scripted:
    return Scripted(str(tmp_path / "log"))


def batch(archive: Path, script: Scripted, **options: Any) -> BatchReport:
    show = options.pop("show", None)
    return run_batch(BatchOptions(sources=(archive,), **{"out": OUT, "workers": 0, **options}), script, show)


def objects(store: Any) -> dict[str, bytes]:
    """All that stands at the address but the lock and the note of what results are made by."""
    listed = store.list_objects_v2(Bucket=BUCKET, Prefix="results/2024/").get("Contents", [])
    found = {one["Key"]: store.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in listed}
    names = {key.removeprefix("results/2024/"): body for key, body in found.items()}
    return {name: body for name, body in names.items() if name not in (LOCK_NAME, NOTED)}


def local(archive: Path, folder: Path, script: Scripted, standard: str = "s1") -> dict[str, bytes]:
    """Scorecards and index of a batch into a folder."""
    run_batch(
        BatchOptions(sources=(archive,), out=folder, workers=0),
        replace(script, log=script.log + ".calm", standard=standard),
    )
    return {name: data for name, data in tree(folder).items() if not name.startswith(".analyzer/")}


def error_of(call: Callable[[], Any]) -> str:
    with pytest.raises(OutputError) as caught:
        call()
    return caught.value.code


@pytest.mark.parametrize("workers", [0, 2])
def test_scorecards_and_index_are_those_of_a_folder(
    workers: int, archive: Path, store: Any, tmp_path: Path, script: Scripted, state: Path
) -> None:
    expected = local(archive, tmp_path / "calm", script)
    report = batch(archive, script, workers=workers)
    assert (report.listed, report.done, report.outcomes) == (10, 10, {"scored": 8, "refused": 2})
    assert objects(store) == expected
    assert read_status(OUT).outcomes == report.outcomes
    kept = {path.relative_to(state / ".analyzer").parts[0] for path in state.rglob("*") if path.is_file()}
    assert kept == {"heard", "hits", "ledger.jsonl", "lock", "store.json"}  # nothing waits to go out any more
    log = lines(script.log)
    assert batch(archive, script, workers=workers).done == 0
    assert lines(script.log) == log
    store.delete_object(Bucket=BUCKET, Key="results/2024/team0/call0003.scorecard.json")
    assert batch(archive, script, workers=workers).done == 1
    assert [line for line in lines(script.log)[len(log) :] if not line.startswith("load")] == ["judge call0003.wav"]
    assert objects(store) == expected


def test_what_results_are_made_by_is_noted_at_the_address(archive: Path, script: Scripted, tmp_path: Path) -> None:
    strict = JudgedBy(profile="strict")
    batch(archive, script, redacted=True, judged_by=strict)
    for state in (None, tmp_path / "yours"):  # a colleague's state folder knows nothing of it
        batch(archive, script, state=state)
        assert recalled(StoreResults(tmp_path, OUT)) == Terms(True, strict)
    rejudge(OUT, script, workers=0, redacted=False, state=tmp_path / "yours")
    assert recalled(StoreResults(tmp_path, OUT)) == Terms(False, strict)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_batch_killed_at_random_moments_ends_as_if_nothing_had_been(
    workers: int, store: Any, tmp_path: Path, script: Scripted, state: Path
) -> None:
    archive, log = make_archive(tmp_path / "in", 25), Path(script.log)
    expected = local(archive, tmp_path / "calm", script)
    rng, kills, caught = random.Random(workers), 0, 0
    while kills < 4:
        done = {Path(e.path).name for e in Ledger(state).entries.values() if e.outcome == SCORED}
        before = len(lines(log))
        process = start(archive, OUT, log, workers, 0.2)
        while process.poll() is None and not any(line.startswith("hear ") for line in lines(log)[before:]):
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.3))
        if process.poll() is not None:
            break  # on a slow machine the last ones end first
        process.kill()
        process.wait()
        kills += 1
        time.sleep(0.1)  # its workers end with it
        begun = [line.split(" ", 1)[1] for line in lines(log)[before:] if line.startswith(("hear ", "judge "))]
        assert not done & set(begun)
        assert all(expected[name] == body for name, body in objects(store).items())  # none is torn
        caught += not {Path(e.path).name for e in Ledger(state).entries.values()} >= set(begun)
    assert min(caught, kills) >= 1
    assert start(archive, OUT, log, workers, 0).wait() == 5
    assert objects(store) == expected
    assert len(lines(log, "hear ")) <= len(lines(script.log + ".calm", "hear ")) + kills * max(1, workers)


def test_a_recording_that_is_refused_now_loses_its_scorecard(archive: Path, store: Any, script: Scripted) -> None:
    batch(archive, script)
    (archive / "team0" / "call0003.wav").write_bytes(b"not a recording")
    assert "team0/call0003.scorecard.json" in objects(store)
    assert batch(archive, script).outcomes == {"scored": 7, "refused": 3}
    assert "team0/call0003.scorecard.json" not in objects(store)


def test_judged_again_in_the_store(archive: Path, store: Any, tmp_path: Path, script: Scripted) -> None:
    batch(archive, script)
    other, heard = replace(script, standard="s2"), len(lines(script.log, "hear "))
    shutil.rmtree(archive / "team1")
    assert rejudge(OUT, other, workers=0).outcomes == {"scored": 8, "refused": 2}
    local(make_archive(tmp_path / "again", 6), tmp_path / "calm", script)
    rejudge(tmp_path / "calm", replace(other, log=script.log + ".calm"), workers=0)
    assert objects(store) == {k: v for k, v in tree(tmp_path / "calm").items() if not k.startswith(".analyzer/")}
    assert len(lines(script.log, "hear ")) == heard
    with pytest.raises(UsageError) as caught:
        rejudge(f"s3://{BUCKET}/elsewhere", other, workers=0)
    assert caught.value.code == "usage.nothing_heard"


def test_two_runs_with_one_state_or_with_two(archive: Path, store: Any, tmp_path: Path, script: Scripted) -> None:
    mine, yours = tmp_path / "mine", tmp_path / "yours"
    codes: list[str] = []

    def meanwhile(_: Any) -> None:
        if not codes:
            for folder in (mine, yours):
                codes.append(error_of(lambda folder=folder: batch(archive, script, state=folder)))

    batch(archive, script, state=mine, show=meanwhile)
    assert codes == ["output.locked", "output.locked"]
    assert batch(archive, script, state=yours).done == 10  # the first ended and let go


def test_what_another_state_wrote_is_judged_and_written_anew(
    archive: Path, store: Any, tmp_path: Path, script: Scripted
) -> None:
    expected = local(archive, tmp_path / "calm", script)
    batch(archive, script)
    batch(archive, replace(script, standard="s2"), state=tmp_path / "yours")
    assert objects(store) != expected
    heard = len(lines(script.log, "hear "))
    assert batch(archive, script).done == 8
    assert objects(store) == expected
    assert len(lines(script.log, "hear ")) == heard
    assert batch(archive, script).done == 0


def test_a_lock_left_behind_is_gone_on_with_or_broken(
    archive: Path, store: Any, tmp_path: Path, script: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StoreLock, "release", lambda self: None)  # as when it is killed
    batch(archive, script, limit=2)
    assert batch(archive, script, limit=2).done == 2
    yours = tmp_path / "yours"
    with pytest.raises(OutputError) as caught:
        batch(archive, script, state=yours)
    assert caught.value.code == "output.locked"
    assert "--break-lock" in caught.value.todo
    assert batch(archive, script, state=yours, break_lock=True).done == 10
    store.put_object(Bucket=BUCKET, Key=f"results/2024/{LOCK_NAME}", Body=b"{")
    assert error_of(lambda: batch(archive, script)) == "output.locked"


@pytest.mark.parametrize(("every_s", "written"), [(30.0, 10), (0.0, 1)])
def test_a_run_whose_lock_is_broken_ends(
    every_s: float,
    written: int,
    archive: Path,
    store: Any,
    tmp_path: Path,
    script: Scripted,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("analyzer.archive.store_lock.CHECK_EVERY_S", every_s)
    other: list[BatchReport] = []

    def meanwhile(_: Any) -> None:
        if not other:
            options = {"state": tmp_path / "yours", "break_lock": True}
            other.append(batch(archive, replace(script, standard="s2"), **options))

    assert error_of(lambda: batch(archive, script, show=meanwhile)) == "output.lock_lost"
    assert len(Ledger(state).entries) == written
    lock = StoreLock(OUT, "")
    assert lock.before is not None
    assert not lock.before.at_work  # what the other one said when it ended stands
    assert batch(archive, script).not_done == 0
    assert objects(store) == local(archive, tmp_path / "calm", script)


def test_of_two_that_come_at_once_one_takes_the_lock(store: Any) -> None:
    one, two = StoreLock(OUT, "1"), StoreLock(OUT, "2")
    one.take()
    assert error_of(two.take) == "output.locked"
    one.check(at_once=True)
    one.release()
    one, two = StoreLock(OUT, "1"), StoreLock(OUT, "2")
    two.take()
    assert error_of(one.take) == "output.locked"
    two.check(at_once=True)


def test_a_store_without_conditions_is_not_written_to(
    archive: Path, store: Any, script: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = remote._system("s3")
    write = system.pipe_file
    monkeypatch.setattr(system, "pipe_file", lambda path, data, **conditions: write(path, data))
    assert error_of(lambda: batch(archive, script)) == "output.no_lock"
    assert objects(store) == {}


@pytest.mark.parametrize("workers", [0, 2])
def test_a_bucket_that_goes_away_in_mid_run(
    workers: int, archive: Path, store: Any, tmp_path: Path, script: Scripted
) -> None:
    def emptied(progress: Any) -> None:
        while progress.done == 3:
            for one in store.list_objects_v2(Bucket=BUCKET).get("Contents", []):
                store.delete_object(Bucket=BUCKET, Key=one["Key"])
            try:
                store.delete_bucket(Bucket=BUCKET)
                return
            except store.exceptions.ClientError:
                continue  # a worker has just put something in

    assert error_of(lambda: batch(archive, script, workers=workers, show=emptied)) == "output.no_bucket"
    store.create_bucket(Bucket=BUCKET)
    batch(archive, script, workers=workers)
    heard = lines(script.log, "heard ")
    assert len(heard) == len(set(heard)) == 8
    assert objects(store) == local(archive, tmp_path / "calm", script)


def test_a_write_that_is_denied_ends_the_run_and_it_goes_on_later(
    archive: Path, store: Any, tmp_path: Path, script: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ClientError
    from s3fs.errors import translate_boto_error

    system = remote._system("s3")
    write, written = system.pipe_file, []

    def denied(path: str, data: bytes, **conditions: str) -> Any:
        if path.endswith(".scorecard.json") and len(written) == 3:
            raise translate_boto_error(ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject"))
        written.extend([path] if path.endswith(".scorecard.json") else [])
        return write(path, data, **conditions)

    monkeypatch.setattr(system, "pipe_file", denied)
    with pytest.raises(OutputError) as caught:
        batch(archive, script)
    assert caught.value.code == "output.denied"
    assert len(objects(store)) == 3
    monkeypatch.setattr(system, "pipe_file", write)
    assert batch(archive, script).skipped >= 3
    assert len(lines(script.log, "heard ")) == 8
    assert objects(store) == local(archive, tmp_path / "calm", script)


def test_what_is_wrong_with_the_store_is_said_before_a_model_is_loaded(
    archive: Path, script: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert error_of(lambda: batch(archive, script, out="s3://nobucket/results")) == "output.no_bucket"
    remote._system.cache_clear()
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert error_of(lambda: batch(archive, script)) == "output.store"
    remote._system.cache_clear()
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert error_of(lambda: batch(archive, script)) == "output.no_credentials"
    assert lines(script.log) == []


def test_a_state_folder_belongs_to_one_address(archive: Path, tmp_path: Path, script: Scripted) -> None:
    batch(archive, script, out=OUT + "/", state=tmp_path / "mine")
    assert batch(archive, script, state=tmp_path / "mine").done == 0
    for options, code in [
        ({"out": f"s3://{BUCKET}/other", "state": tmp_path / "mine"}, "usage.state"),
        ({"out": tmp_path / "out", "state": tmp_path / "mine"}, "usage.state"),
        ({"out": "gs://calls/results"}, "usage.remote_output"),
    ]:
        with pytest.raises(UsageError) as caught:
            batch(archive, script, **options)
        assert caught.value.code == code


def test_from_the_command_line(
    archive: Path, store: Any, tmp_path: Path, script: Scripted, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr("analyzer.archive.local.LocalFactory", lambda *_: script)
    flags = ["--state", str(tmp_path / "mine"), "--quiet"]
    assert cli.main(["batch", str(archive), "-o", OUT, "--workers", "0", *flags], standalone_mode=False) == 5
    assert f"结果和索引：{OUT}" in capsys.readouterr().err
    assert cli.main(["batch", str(archive), "-o", OUT, "--status", *flags], standalone_mode=False) == 0
    assert "10 个录音：拒绝分析 2，已评分 8" in capsys.readouterr().out
    script = replace(script, standard="s2")
    assert cli.main(["rejudge", OUT, *flags], standalone_mode=False) == 5
    assert objects(store) == local(archive, tmp_path / "calm", script, "s2")
    for words in (["export", OUT], ["review", OUT], ["report", "team", OUT], ["compare", OUT, OUT]):
        with pytest.raises(UsageError) as caught:
            cli.main(words, standalone_mode=False)
        assert caught.value.code == "usage.remote_results"
    with pytest.raises(UsageError) as caught:
        cli.main(["watch", str(archive), "-o", OUT], standalone_mode=False)
    assert caught.value.code == "usage.remote_output"
