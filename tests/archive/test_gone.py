"""Results whose recording is not there any more, and recordings that are passed over: told, and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from scripted import Scripted, lines, tree, wav

from analyzer.archive import local
from analyzer.archive.batch import BatchOptions, BatchReport, look_over, rejudge, run_batch
from analyzer.archive.gone import count_gone
from analyzer.archive.ledger import Ledger
from analyzer.cli.main import cli
from analyzer.errors import UsageError


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    for number, name in enumerate(("team/a", "team/b", "c")):
        path = tmp_path / "in" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wav(number))
    return tmp_path / "in"


@pytest.fixture
def script(tmp_path: Path) -> Scripted:
    return Scripted(str(tmp_path / "log"))


def batch(source: Path, script: Scripted, **options: object) -> BatchReport:
    return run_batch(BatchOptions(sources=(source,), out=source.parent / "out", workers=0, **options), script)


def test_results_without_a_recording_are_counted_and_kept(archive: Path, script: Scripted) -> None:
    out = archive.parent / "out"
    assert batch(archive, script).gone == ()
    whole = tree(out)
    (archive / "team" / "a.wav").rename(archive.parent / "a.wav")
    before = tree(out)
    assert look_over(BatchOptions(sources=(archive,), out=out), script).gone == ("team/a.wav",)
    assert tree(out) == before
    for _ in range(2):
        assert batch(archive, script).gone == ("team/a.wav",)
    assert (out / "team/a.scorecard.json").exists() and count_gone(out) == 1
    once = tree(out)
    rejudge(out, replace(script, standard="s2"), workers=0)
    assert count_gone(out) == 1
    rejudge(out, script, workers=0)
    batch(archive, script)
    assert tree(out) == once
    archive.rename(archive.parent / "moved")  # the whole folder: its recordings are there
    assert batch(archive.parent / "moved", script).gone == ("team/a.wav",)
    (archive.parent / "moved").rename(archive)
    (archive.parent / "a.wav").rename(archive / "team" / "a.wav")
    assert batch(archive, script).gone == () and count_gone(out) == 0
    assert {name for name in tree(out) if ".analyzer" not in name} == {n for n in whole if ".analyzer" not in n}


def test_recordings_that_are_only_not_asked_for_are_not_gone(archive: Path, script: Scripted) -> None:
    batch(archive, script)
    assert batch(archive / "team", script).gone == ()
    out = archive.parent / "out"
    files = BatchOptions(sources=(archive / "c.wav", archive / "team" / "b.wav"), out=out, workers=0)
    assert run_batch(files, script).gone == ()
    assert batch(archive, script, sample=1).gone == ()


def test_they_are_removed_when_that_is_asked_for_and_with_what_was_heard(archive: Path, script: Scripted) -> None:
    out = archive.parent / "out"
    batch(archive, script)
    heard = Ledger(out).entries["team/a.wav"].heard or "?"
    assert any(heard in name for name in tree(out))
    (archive / "team" / "a.wav").unlink()
    report = batch(archive, script, remove_gone=True)
    assert report.removed == ("team/a.wav",) and report.gone == ()
    assert [name for name in tree(out) if heard in name or "team/a." in name] == []
    assert "team/a.wav" not in Ledger(out).entries and "team/b.wav" in Ledger(out).entries
    assert batch(archive, script, remove_gone=True).removed == ()
    assert [call["path"] for call in json.loads((out / "index.json").read_bytes())["calls"]] == ["c.wav", "team/b.wav"]
    fresh = archive.parent / "fresh"
    run_batch(BatchOptions(sources=(archive,), out=fresh, workers=0), script)
    assert tree(out) == tree(fresh)


def test_where_a_folder_cannot_be_listed_nothing_is_gone_for_all_we_know(
    archive: Path, script: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch(archive, script)
    (archive / "c.wav").unlink()
    listed = os.scandir

    def scandir(at: str) -> object:
        if at == str(archive / "team"):
            raise PermissionError(13, "Permission denied", at)
        return listed(at)

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", scandir)
        report = batch(archive, script, remove_gone=True)
    assert report.unreadable and report.removed == () and report.gone == ()
    assert {"c.wav", "team/a.wav"} <= Ledger(archive.parent / "out").entries.keys()
    assert batch(archive, script, remove_gone=True).removed == ("c.wav",)


def test_recordings_in_other_formats_are_counted_by_ending(archive: Path, script: Scripted) -> None:
    assert batch(archive, script).not_wav == {}
    for name in ("x.mp3", "y.MP3", "team/z.amr", "notes.txt", ".hidden.mp3", "a.json"):
        (archive / name).write_bytes(b"ID3")
    assert batch(archive, script).not_wav == {".mp3": 2, ".amr": 1}
    options = BatchOptions(sources=(archive,), out=archive.parent / "out")
    assert look_over(options, script).not_wav == {".mp3": 2, ".amr": 1}
    only = archive.parent / "only"
    only.mkdir()
    shutil.copy(archive / "x.mp3", only / "x.mp3")
    with pytest.raises(UsageError, match=r"1 \.mp3"):
        batch(only, script)


def test_the_terminal_says_so_and_what_to_do(archive: Path, script: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "LocalFactory", lambda *_: script)
    out = archive.parent / "out"

    def run(*more: str) -> str:
        words = ["batch", str(archive), "-o", str(out), "--workers", "0", *more]
        return CliRunner().invoke(cli, words, standalone_mode=False).output

    run()
    (archive / "team" / "a.wav").unlink()
    (archive / "x.mp3").write_bytes(b"ID3")
    for status in ((), ("--status",)):
        said = run(*status)
        assert "1 个结果的录音已不在原处" in said and "team/a.wav" in said and "--remove-gone" in said
        assert "1 个录音不是 WAV（.mp3 1）" in said
        said = run(*status, "--lang", "en")
        assert "1 results whose recording is not there any more" in said and "--remove-gone" in said
        assert "1 recordings are no WAV (.mp3 1)" in said
    done = CliRunner().invoke(cli, ["report", "team", str(out)], standalone_mode=False)
    assert not done.exception and '"gone":1,' in (out / "team.html").read_text("utf-8").replace(" ", "")
    assert "已按要求移除 1 个" in run("--remove-gone")
    assert "已不在原处" not in run()
    assert len(lines(script.log, "hear ")) == 3
