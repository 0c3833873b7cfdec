"""Recordings in a store: an S3 server on loopback."""

import csv
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scripted import BUCKET, Scripted, lines, make_archive, tree, wav

from analyzer.archive import remote
from analyzer.archive.batch import BatchOptions, BatchReport, run_batch
from analyzer.archive.sources import find_recordings
from analyzer.errors import UsageError
from analyzer.outputs.encode import decode_scorecard

pytestmark = pytest.mark.cluster


@pytest.fixture
def archive(store: Any, tmp_path: Path) -> Path:
    """A folder, and the same recordings in the store below `2024/`."""
    folder = make_archive(tmp_path / "in", 5)
    for path in folder.rglob("*"):
        if path.is_file():
            store.put_object(Bucket=BUCKET, Key=f"2024/{path.relative_to(folder)}", Body=path.read_bytes())
    return folder


@pytest.fixture
def script(tmp_path: Path) -> Scripted:
    return Scripted(str(tmp_path / "log"))


def batch(out: Path, script: Scripted, *sources: str | Path, **options: Any) -> BatchReport:
    return run_batch(
        BatchOptions(sources=sources or (f"s3://{BUCKET}/2024",), out=out, **{"workers": 0, **options}), script
    )


def results(out: Path) -> dict[str, bytes]:
    """All but the ledger, which knows the files' times."""
    return {name: data for name, data in tree(out).items() if not name.endswith("ledger.jsonl")}


@pytest.mark.parametrize("workers", [0, 2])
def test_the_same_results_as_from_a_folder(workers: int, archive: Path, tmp_path: Path, script: Scripted) -> None:
    mine = batch(tmp_path / "calm", script, archive)
    report = batch(tmp_path / "out", script, workers=workers)
    assert (report.listed, report.done, report.outcomes, report.codes) == (9, 9, mine.outcomes, mine.codes)
    assert results(tmp_path / "out") == results(tmp_path / "calm")
    card = decode_scorecard((tmp_path / "out" / "team0" / "call0000.scorecard.json").read_bytes())
    assert (card.call.metadata.agent_id, card.call.metadata.source) == ("8027", "sidecar")
    log = lines(script.log)
    assert batch(tmp_path / "out", script, workers=workers).done == 0
    assert lines(script.log) == log


def test_one_at_a_time_and_nothing_stays_behind(
    archive: Path, tmp_path: Path, script: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = tmp_path / "private"
    private.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(private))
    seen: list[list[str]] = []
    note = Scripted.note

    def noted(self: Scripted, line: str) -> None:
        if line.startswith("hear "):
            seen.append([p.name for p in private.rglob("*.wav")])
            assert all(p.parent.stat().st_mode & 0o077 == 0 for p in private.rglob("*.wav"))
        note(self, line)

    monkeypatch.setattr(Scripted, "note", noted)
    batch(tmp_path / "out", script)
    assert [len(names) for names in seen] == [1] * 8  # one of the nine is no recording
    assert not list(private.iterdir())


def test_what_changed_there_is_done_again_and_only_that(
    archive: Path, store: Any, tmp_path: Path, script: Scripted
) -> None:
    out = tmp_path / "out"
    batch(out, script)
    before = len(lines(script.log))
    store.put_object(Bucket=BUCKET, Key="2024/team0/call0003.wav", Body=wav(99))
    store.put_object(Bucket=BUCKET, Key="2024/team1/call0001.json", Body=b'{"agent_id": "1"}')
    store.delete_object(Bucket=BUCKET, Key="2024/team2/call0002.wav")
    report = batch(out, script)
    assert (report.done, report.listed) == (2, 8)
    new = lines(script.log)[before:]
    assert sorted(line for line in new if line.startswith("heard")) == ["heard call0001.wav", "heard call0003.wav"]


def test_a_changed_standard_fetches_nothing(
    archive: Path, tmp_path: Path, script: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    batch(out, script)
    monkeypatch.setattr(remote, "_take_recording", None)
    assert batch(out, replace(script, standard="s2")).outcomes == {"scored": 7, "refused": 2}
    assert len(lines(script.log, "judge ")) == 14


def test_patterns_single_recordings_and_several_prefixes(archive: Path, store: Any) -> None:
    store.put_object(Bucket=BUCKET, Key="2024/.hidden/a.wav", Body=wav(1))
    store.put_object(Bucket=BUCKET, Key="2024/team0//nameless.WAV", Body=wav(1))
    there = [r.relative for r in find_recordings([f"s3://{BUCKET}/2024/team0"]).recordings]
    assert there == ["_~/nameless.WAV", "call0000.wav", "call0003.wav"]
    both = find_recordings([f"s3://{BUCKET}/2024/team2", f"s3://{BUCKET}/2024/team1/", f"s3://{BUCKET}/2024/team2"])
    names = [r.relative for r in both.recordings]
    assert names == [
        "team1/call0001.wav",
        "team1/call0004.wav",
        "team1/empty.wav",
        "team1/text.wav",
        "team2/call0002.wav",
    ]
    one = find_recordings([f"s3://{BUCKET}/2024/team0/call0000.wav"]).recordings
    assert [(r.relative, len(r.sidecars)) for r in one] == [("call0000.wav", 1)]
    found = find_recordings([f"s3://{BUCKET}/2024/team*/*.wav"]).recordings
    assert [r.relative for r in found][:2] == ["team0/call0000.wav", "team0/call0003.wav"]
    listed = {r.relative: r.stamp for r in find_recordings([f"s3://{BUCKET}/2024"]).recordings}
    assert [r.stamp for r in found[:2]] == [listed["team0/call0000.wav"], listed["team0/call0003.wav"]]
    assert remote.stamp_remote(f"s3://{BUCKET}/2024/team0/call0000.wav") == listed["team0/call0000.wav"]


def test_a_manifest_names_what_is_in_the_store(archive: Path, tmp_path: Path, script: Scripted) -> None:
    manifest = tmp_path / "calls.csv"
    with manifest.open("w", newline="") as file:
        rows = [("path", "team"), ("team1/call0001.wav", "one"), (f"s3://{BUCKET}/2024/team2/call0002.wav", "two")]
        csv.writer(file).writerows(rows)
    assert batch(tmp_path / "out", script, manifest=manifest).outcomes == {"scored": 7, "refused": 2}
    for name, team in (("team1/call0001", "one"), ("team2/call0002", "two")):
        card = decode_scorecard((tmp_path / "out" / f"{name}.scorecard.json").read_bytes())
        assert card.call.metadata.team == team


def test_what_vanishes_or_can_not_be_reached_is_named(
    archive: Path, store: Any, tmp_path: Path, script: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = remote.list_remote

    def then_gone(source: str, endings: tuple[str, ...]) -> Any:
        found = find(source, endings)
        store.delete_object(Bucket=BUCKET, Key="2024/team0/call0003.wav")
        return found

    monkeypatch.setattr("analyzer.archive.sources.list_remote", then_gone)
    assert batch(tmp_path / "out", script).codes["audio.not_found"] == 1
    monkeypatch.undo()
    for source, code in [(f"s3://{BUCKET}/nowhere", "usage.no_such_source"), ("nostore://x/y", "usage.no_store")]:
        with pytest.raises(UsageError) as caught:
            batch(tmp_path / "out", script, source)
        assert caught.value.code == code
    with pytest.raises(UsageError) as caught:
        batch(tmp_path / "out", script, f"s3://{BUCKET}/2024", archive)
    assert caught.value.code == "usage.mixed_sources"
    with pytest.raises(UsageError) as caught:
        batch(Path(f"s3://{BUCKET}/results"), script)
    assert caught.value.code == "usage.remote_output"
    assert not os.path.exists("s3:")  # noqa: PTH110
