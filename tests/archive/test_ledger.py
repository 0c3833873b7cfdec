import gzip
import os
import re
import tracemalloc
from pathlib import Path

import pytest
from scripted import Scripted, make_archive, tree

from analyzer.archive import cache
from analyzer.archive.batch import BatchOptions, BatchReport, read_status, rejudge, run_batch
from analyzer.archive.ledger import Entry, Ledger
from analyzer.cli.progress import print_report, print_status
from analyzer.errors import OutputError, UsageError


def test_a_ledger_that_was_closed_goes_on_where_it_ends(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for entry in (Entry("b", "scored"), Entry("a", "scored"), Entry("b", "failed", seen="x" * 50)):
        ledger.append(entry)
    ledger.close()
    ledger.append(Entry("c", "scored"))
    ledger.abandon()
    assert b"\0" not in ledger.path.read_bytes()
    assert {path: entry.outcome for path, entry in Ledger(tmp_path).entries.items()} == {
        "a": "scored", "b": "failed", "c": "scored",
    }  # fmt: skip


def batch(tmp_path: Path, standard: str = "s1") -> BatchReport:
    script = Scripted(str(tmp_path / "log"), standard=standard)
    return run_batch(BatchOptions(sources=(tmp_path / "in",), out=tmp_path / "out", workers=0), script)


def judged_again(tmp_path: Path) -> BatchReport:
    return rejudge(tmp_path / "out", Scripted(str(tmp_path / "log"), standard="s2"), workers=0)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    make_archive(tmp_path / "in", 6, broken=False)
    assert batch(tmp_path).exit_code == 0
    return tmp_path / "out" / ".analyzer" / "ledger.jsonl"


@pytest.mark.parametrize(
    "damage",
    [b"\0" * 40 + b"\n", b"{}\n", b"\xef\xbb\xbf{}\n", b"[" * 5000 + b"\n", b"\n"],
    ids=["zeros", "nothing", "mark", "nested", "blank"],
)
def test_a_damaged_line_is_passed_over_and_said_and_the_others_are_judged(
    damage: bytes, ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join([*whole[:2], damage, *whole[3:]]))
    for _ in range(2):  # said until a batch has looked at every recording again
        report = judged_again(tmp_path)
        assert (report.listed, report.damaged, report.exit_code) == (7, (3,), 5)
        print_report(report, tmp_path / "out")
        assert ".analyzer/ledger.jsonl 有 1 行损坏，已跳过：第 3 行" in capsys.readouterr().err
    for language, said in (("zh", "有 1 行损坏，已跳过：第 3 行"), ("en", "damaged lines were passed over: 3\n")):
        print_status(read_status(tmp_path / "out"), {}, language)
        assert said in capsys.readouterr().out
    again = batch(tmp_path, "s2")
    assert (again.done, again.damaged, again.exit_code) == (1, (3,), 0)
    assert batch(tmp_path, "s2").damaged == ()
    print_status(read_status(tmp_path / "out"), {})
    assert "损坏" not in capsys.readouterr().out
    assert judged_again(tmp_path).exit_code == 0


def test_a_line_that_a_killed_run_tore_is_dropped_without_a_word(ledger: Path, tmp_path: Path) -> None:
    whole = ledger.read_bytes()
    for size in (1, 5, 60):
        ledger.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1 + size])
        report = judged_again(tmp_path)
        assert (report.listed, report.damaged, report.exit_code) == (7, (), 0)


def test_an_end_that_no_killed_run_leaves_is_said(ledger: Path, tmp_path: Path) -> None:
    with ledger.open("ab") as file:
        file.write(b"\0" * (1 << 20))
    for _ in range(2):
        report = judged_again(tmp_path)
        assert (report.listed, report.missed, report.damaged, report.exit_code) == (8, (), (9,), 5)
    assert len(Ledger(tmp_path / "out").entries) == 8
    assert batch(tmp_path, "s2").done == 0


def test_a_ledger_of_which_nothing_can_be_read_is_not_as_if_there_were_none(ledger: Path, tmp_path: Path) -> None:
    ledger.write_bytes(b"\0" * ledger.stat().st_size)
    before = tree(tmp_path / "out")
    with pytest.raises(UsageError) as caught:
        judged_again(tmp_path)
    assert caught.value.code == "usage.damaged_ledger"
    assert tree(tmp_path / "out") == before


def test_calls_that_can_not_be_judged_again_are_named(
    ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (torn, *_) = sorted((tmp_path / "out" / ".analyzer" / "heard").rglob("*.gz"))
    os.truncate(torn, 50)
    (name,) = [e.path for e in Ledger(tmp_path / "out").entries.values() if e.heard == torn.name.split(".")[0]]
    for _ in range(2):
        report = judged_again(tmp_path)
        assert (report.missed, report.not_done, report.exit_code) == ((name,), 1, 5)
        print_report(report, tmp_path / "out", "en")
        assert f"1 calls were not judged again:\n    {name}\n" in capsys.readouterr().err
    assert batch(tmp_path, "s2").exit_code == 0
    assert judged_again(tmp_path).exit_code == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("heard", "../../../hh"), ("heard", "a\\u0000b"), ("heard", "0123456789ABCDEF"), ("heard", ""),
        ("path", "a%00b.wav"), ("path", "a\\u0000b.wav"), ("path", "%41.wav"), ("outcome", "won"),
    ],
)  # fmt: skip
def test_a_line_that_was_edited_leads_nowhere_and_the_others_are_judged(
    field: str, value: str, ledger: Path, tmp_path: Path
) -> None:
    (tmp_path / "hh.json.gz").write_bytes(next((ledger.parent / "heard").rglob("*.gz")).read_bytes())
    whole = ledger.read_bytes().splitlines(keepends=True)
    whole[2] = re.sub(
        rb'"%s":"[^"]*"' % field.encode(), f'"{field}":"{value}"'.replace("\\", "\\\\").encode(), whole[2]
    )
    ledger.write_bytes(b"".join(whole))
    before = {path for path in tmp_path.rglob("*") if tmp_path / "out" not in path.parents}
    report = judged_again(tmp_path)
    assert (report.listed, report.done, report.damaged, report.exit_code) == (7, 7, (3,), 5)
    assert {path for path in tmp_path.rglob("*") if tmp_path / "out" not in path.parents} == before
    assert batch(tmp_path, "s2").exit_code == 0


def test_a_place_of_a_scorecard_that_no_file_has_is_a_scorecard_that_is_gone(ledger: Path, tmp_path: Path) -> None:
    for value in (b"a\\\\u0000b", b"x" * 5000):
        ledger.write_bytes(re.sub(rb'"scorecard":"[^"]*"', b'"scorecard":"%s"' % value, ledger.read_bytes(), count=1))
        assert batch(tmp_path).done == 1


def test_no_ledger_is_waited_for(ledger: Path, tmp_path: Path) -> None:
    ledger.unlink()
    os.mkfifo(ledger)
    with pytest.raises(OutputError) as caught:
        judged_again(tmp_path)
    assert caught.value.code == "output.not_a_ledger"


def test_what_was_heard_is_neither_waited_for_nor_unpacked_without_end(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pipe, *_) = sorted((ledger.parent / "heard").rglob("*.gz"))
    pipe.unlink()
    os.mkfifo(pipe)
    report = judged_again(tmp_path)
    assert (len(report.missed), report.exit_code) == (1, 5)
    monkeypatch.setattr(cache, "MAX_KEPT_BYTES", 1 << 20)
    bomb = gzip.compress(b"0" * (1 << 26))
    tracemalloc.start()
    assert cache.unseal(bomb) is None
    assert tracemalloc.get_traced_memory()[1] < 1 << 23
    tracemalloc.stop()
    assert cache.unseal(cache.seal([b"0" * (1 << 20)])[0]) is None
