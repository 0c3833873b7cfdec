"""What a batch tells people of the calls behind its counts."""

from __future__ import annotations

import csv
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from scripted import Scripted, lines, tree, wav

from analyzer.archive import local
from analyzer.archive.batch import BatchOptions, BatchReport, look_over, read_status, rejudge, run_batch
from analyzer.archive.index import write_index
from analyzer.archive.ledger import Entry, Summary
from analyzer.archive.results import FolderResults
from analyzer.archive.watch import WatchOptions, watch
from analyzer.archive.work import Identity
from analyzer.call.types import Role
from analyzer.cli.main import cli
from analyzer.cli.progress import name_columns, print_report, print_status
from analyzer.errors import MetadataError


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, name in enumerate(("good", "quiet-1", "quiet-2", "swapped", "unclear")):
        (folder / f"{name}.wav").write_bytes(wav(number))
    (folder / "unclear.json").write_text('{"released_by": "foo"}', "utf-8")
    return folder


@pytest.fixture
def script(tmp_path: Path) -> Scripted:
    return Scripted(str(tmp_path / "log"))


def batch(archive: Path, script: Scripted, **options: object) -> BatchReport:
    out = archive.parent / "out"
    return run_batch(BatchOptions(sources=(archive,), out=out, workers=0, **options), script)


def check(report: BatchReport) -> None:
    assert report.without_score == {"too_few_rules_apply": ("quiet-1.wav", "quiet-2.wav")}
    assert report.notices == {"roles_contradicted": ("swapped.wav",), "metadata_unclear": ("unclear.wav",)}


def test_calls_that_need_a_look_are_counted_whoever_runs(archive: Path, script: Scripted) -> None:
    check(batch(archive, script))
    check(batch(archive, script))  # nothing is due
    out = archive.parent / "out"
    check(rejudge(out, script, workers=0))
    options = BatchOptions(sources=(archive,), out=out, workers=0)
    check(watch(options, WatchOptions(once=True, settle_s=0), script, None))


def test_the_report_names_them(archive: Path, script: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    report = batch(archive, script)
    print_report(report, archive.parent / "out")
    said = capsys.readouterr().err
    assert "已评分 5（其中 2 通没有得分）" in said
    assert "2 通没有得分：适用的规则太少" in said and "quiet-1.wav、quiet-2.wav" in said
    assert "⚠ 1 通：坐席和客户可能弄反了" in said and "swapped.wav" in said
    assert "1 通：随录音提供的信息有没看懂的" in said and "unclear.wav" in said
    print_report(report, archive.parent / "out", "en")
    said = capsys.readouterr().err
    assert "2 calls without a score: too few rules apply" in said
    assert "1 calls: no score, agent and customer may be mixed up" in said


def test_results_of_another_source_are_counted_before_any_is_replaced(archive: Path, script: Scripted) -> None:
    out, other = archive.parent / "out", archive.parent / "other"
    shutil.copytree(archive / ".", other / "more")
    (other / "good.wav").write_bytes(wav(77))
    (other / "new.wav").write_bytes(wav(78))
    (other / "unclear.wav").write_bytes(wav(79))
    told: list[tuple[int, dict[str, bytes]]] = []

    def run(source: Path) -> dict[str, bytes]:
        """What is there before it."""
        before = tree(out)
        options = BatchOptions(sources=(source,), out=out, workers=0)
        run_batch(options, script, replaces=lambda count: told.append((count, tree(out))))
        return before

    run(archive)
    (archive / "good.wav").write_bytes(wav(80))
    run(archive)
    (archive.parent / "link").symlink_to(archive)
    run(archive.parent / "link")
    rejudge(out, replace(script, standard="s2"), workers=0)
    run(archive)
    assert told == []
    for source in (other, archive, other):
        before = run(source)
        assert told.pop() == (2, before) and not told
    options = BatchOptions(sources=(archive,), out=out, workers=0)
    watch(options, WatchOptions(once=True, settle_s=0), script, None, lambda count: told.append((count, {})))
    assert told == [(2, {})]
    assert not any(os.fsencode(archive.parent) in data for data in tree(out).values())


def test_the_terminal_says_that_another_sources_results_are_replaced(
    archive: Path, script: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "LocalFactory", lambda *_: script)
    other, out = archive.parent / "other", archive.parent / "out"
    shutil.copytree(archive, other)
    (other / "quiet-1.wav").unlink()
    for command in ("batch", "watch"):
        more = ("--once", "--settle", "0") if command == "watch" else ("--workers", "0")
        for source, lang, words in (
            (archive, "zh", "4 个录音的位置上已有"), (other, "en", "4 scorecards stand in the places of"),
        ):  # fmt: skip
            arguments = [command, str(source), "-o", str(out), "--quiet", "--lang", lang, *more]
            said = CliRunner().invoke(cli, arguments, standalone_mode=False).stderr
            assert (words in said) == (command == "watch" or source == other), said


def test_columns_that_are_not_used_are_told_with_the_option_that_uses_them(capsys: pytest.CaptureFixture[str]) -> None:
    name_columns(())
    assert not capsys.readouterr().err
    name_columns(("a.csv", "b.csv"))
    name_columns(("a.csv", "b.csv"), "en")
    zh, en = capsys.readouterr().err.splitlines()
    assert "a.csv、b.csv" in zh and "--manifest" in zh and "a.csv, b.csv" in en and "--manifest" in en


def test_calls_whose_agent_was_not_understood_are_counted_and_named_loudly(
    archive: Path, script: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    (archive / "foreign.wav").write_bytes(wav(7))
    report = batch(archive, script)
    assert report.without_score["words_not_understood"] == report.notices["words_not_understood"] == ("foreign.wav",)
    print_report(report, archive.parent / "out")
    said = capsys.readouterr().err
    assert "（其中 3 通没有得分）" in said
    assert said.index("⚠ 1 通：坐席的话大多没有听懂") < said.index("没看懂")
    with (archive.parent / "out" / "index.csv").open(encoding="utf-8-sig", newline="") as file:
        row = next(r for r in csv.DictReader(file) if r["path"] == "foreign.wav")
    assert (row["reason"], row["notices"]) == ("words_not_understood", "words_not_understood")
    assert row["problem_zh"].startswith("坐席的话大多没有听懂，没有给分")


def test_the_index_says_why_a_call_has_no_score(archive: Path, script: Scripted) -> None:
    batch(archive, script)
    with (archive.parent / "out" / "index.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {r["path"]: r for r in csv.DictReader(file)}
    assert rows["quiet-1.wav"]["reason"] == "too_few_rules_apply"
    assert rows["quiet-1.wav"]["problem_zh"] == "没有得分：适用的规则太少，不足以评分"
    assert rows["swapped.wav"]["notices"] == "roles_contradicted" and "弄反" in rows["swapped.wav"]["problem_zh"]
    assert rows["unclear.wav"]["problem_zh"] == "随录音提供的信息有没看懂的（released_by = foo）"
    assert (rows["good.wav"]["reason"], rows["good.wav"]["notices"], rows["good.wav"]["problem_zh"]) == ("", "", "")


def test_rows_of_a_manifest_that_match_no_recording_are_told(
    archive: Path, script: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = archive / "calls.csv"
    missing = [f"gone/{n}.wav" for n in range(5)]
    rows = "".join(f"{p},7\n" for p in ("good.wav", "swapped.wav", *missing))
    manifest.write_text(f"path,agent_id\n{rows}", "utf-8")
    report = batch(archive, script, manifest=manifest, limit=1)
    assert report.rows_unmatched == tuple(str(archive / p) for p in missing)
    assert report.without_row == 3
    print_report(report, archive.parent / "out")
    said = capsys.readouterr().err
    assert "清单有 5 行没有对应的录音" in said and "gone/2.wav 等 5 个" in said and "gone/3.wav" not in said
    assert "3 个录音不在清单里" in said
    assert batch(archive, script).rows_unmatched == ()


def test_the_gravest_stands_first_in_the_index(tmp_path: Path) -> None:
    summary = Summary(reason="nobody_speaks", notices=("metadata_unclear", "nobody_speaks"))
    write_index(FolderResults(tmp_path), [Entry("a.wav", "scored", summary=summary)], Identity("h", "j"), 1)
    with (tmp_path / "index.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["problem_zh"].startswith("整段录音没有人说话，没有给分")
    assert "没看懂" in row["problem_zh"]


def test_one_recording_under_several_names_is_told(
    archive: Path, script: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("zz", "quiet-9", "text-1", "text-2"):
        (archive / f"{name}.wav").write_bytes(b"no recording" if "text" in name else wav(0))
    report = batch(archive, script)
    assert report.duplicates == (("good.wav", "quiet-9.wav", "zz.wav"),)
    print_report(report, archive.parent / "out")
    said = capsys.readouterr().err
    assert "2 个录音与另一个内容相同" in said and "good.wav = quiet-9.wav、zz.wav" in said
    with (archive.parent / "out" / "index.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    same = {name: row["duplicate_of"] for name, row in rows.items() if row["duplicate_of"]}
    assert same == {"zz.wav": "good.wav", "quiet-9.wav": "good.wav"}
    assert rows["zz.wav"]["problem_zh"] == "与 good.wav 是同一个录音"
    index = json.loads((archive.parent / "out" / "index.json").read_bytes())
    assert {c["path"]: c["duplicate_of"] for c in index["calls"] if c["duplicate_of"]} == same


def test_the_status_names_what_is_still_due(
    archive: Path, script: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    out = archive.parent / "out"
    batch(archive, script, limit=3)
    due = due_of(archive, script)
    assert due == {"not_done": ("swapped.wav", "unclear.wav")}
    print_status(read_status(out), due)
    assert "还有 2 个录音没有完成：\n  swapped.wav\n  unclear.wav\n" in capsys.readouterr().out
    batch(archive, script)
    before = tree(out)
    print_status(read_status(out), due_of(archive, script))
    assert capsys.readouterr().out.splitlines()[-1] == "没有要做的录音"
    assert tree(out) == before


def due_of(archive: Path, script: Scripted, **options: object) -> dict[str, tuple[str, ...]]:
    out = archive.parent / "out"
    return look_over(BatchOptions(sources=(archive,), out=out, **options), script).due


def test_the_status_says_what_the_same_command_would_do_and_why(
    archive: Path, script: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    out, manifest, every = (
        archive.parent / "out",
        archive / "calls.csv",
        tuple(sorted(p.name for p in archive.glob("*.wav"))),
    )
    manifest.write_text("path,agent_id\ngood.wav,7\n", "utf-8")
    batch(archive, script, manifest=manifest)
    assert due_of(archive, script, manifest=manifest) == {}
    assert due_of(archive, script) == {"metadata": ("good.wav",)}
    assert due_of(archive, script, manifest=manifest, roles=(Role.AGENT, Role.CUSTOMER)) == {"metadata": every}
    assert due_of(archive, replace(script, standard="s2"), manifest=manifest) == {"judging": every}
    assert due_of(archive, script, manifest=manifest, redacted=True) == {"judging": every}
    assert due_of(archive, replace(script, model="m2"), manifest=manifest) == {"hearing": every}
    manifest.write_text("path,agent_id\ngood.wav,8\n", "utf-8")
    (archive / "quiet-1.wav").write_bytes(wav(77))
    (archive / "quiet-2.json").write_text('{"agent_id": "9"}', "utf-8")
    (out / "swapped.scorecard.json").unlink()
    (archive / "text.wav").write_text("no recording")
    due = due_of(archive, script, manifest=manifest)
    assert due == {
        "not_done": ("text.wav",), "recording": ("quiet-1.wav",), "metadata": ("good.wav", "quiet-2.wav"),
        "scorecard": ("swapped.wav",),
    }  # fmt: skip
    print_status(read_status(out), due)
    assert "2 个录音要重做，随录音信息有变化：\n  good.wav\n  quiet-2.wav\n" in capsys.readouterr().out
    report = batch(archive, script, manifest=manifest)
    assert report.done == sum(map(len, due.values())) and due_of(archive, script, manifest=manifest) == {}
    assert due_of(archive, script, manifest=manifest, retry=("refused",)) == {"retry": ("text.wav",)}
    manifest.write_text("agent_id\n8\n", "utf-8")
    with pytest.raises(MetadataError):
        due_of(archive, script, manifest=manifest)


def test_the_status_of_a_manifest_that_is_not_there_is_refused(
    archive: Path, script: Scripted, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("analyzer.archive.local.LocalFactory", lambda *_: script)
    batch(archive, script)
    words = ["batch", str(archive), "-o", str(archive.parent / "out"), "--status"]
    assert cli.main(words, standalone_mode=False) == 0
    assert "5 个录音" in capsys.readouterr().out
    with pytest.raises(MetadataError):
        cli.main([*words, "--manifest", str(archive / "none.csv")], standalone_mode=False)
    assert lines(script.log, "load") == lines(script.log)[:1]
