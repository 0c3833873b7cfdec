"""After a run it is said which pages it left behind, and no scorecard that it wrote is read for that."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import Scripted, make_archive

from analyzer.archive.batch import BatchOptions, rejudge, run_batch
from analyzer.outputs import page_mark
from analyzer.outputs.encode import Unreadable
from analyzer.outputs.page_mark import count_outdated
from analyzer.outputs.report import write_call_pages
from analyzer.rules.types import Scorecard

CALLS = 4


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An archive with a page beside each scorecard."""
    make_archive(tmp_path / "in", CALLS, broken=False)
    run_batch(BatchOptions(sources=(tmp_path / "in",), out=tmp_path / "out", workers=0), scripted(tmp_path, "s1"))
    write_call_pages(tmp_path / "out", tmp_path / "out")
    return tmp_path / "out"


def scripted(tmp_path: Path, standard: str) -> Scripted:
    return Scripted(str(tmp_path / "log"), standard=standard)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The scorecards that are read while pages are counted."""
    names: list[str] = []
    whole = page_mark.read_or_note

    def noting(path: Path, shown: str, passed_over: list[Unreadable]) -> Scorecard | None:
        names.append(path.name)
        return whole(path, shown, passed_over)

    monkeypatch.setattr(page_mark, "read_or_note", noting)
    return names


@pytest.mark.parametrize("workers", [0, 1])
def test_pages_that_a_run_left_behind_are_counted_without_reading(
    workers: int, out: Path, tmp_path: Path, read: list[str]
) -> None:
    count = len(list(out.rglob("*.scorecard.json")))
    report = rejudge(out, scripted(tmp_path, "s2"), workers=workers)
    assert count == report.done and (count_outdated(out, report.made), read) == (count, [])
    again = rejudge(out, scripted(tmp_path, "s2"), workers=workers)  # nothing is due, and the pages are still there
    assert again.done == 0 and (count_outdated(out, again.made), read) == (count, [])
    assert count_outdated(out) == count and len(read) == count
    read.clear()
    one = next(out.rglob("*.html"))
    one.unlink()
    assert count_outdated(out, again.made) == count - 1
    write_call_pages(out, out)
    assert (count_outdated(out, again.made), read) == (0, [])


def test_the_same_judged_again_leaves_no_page_behind(out: Path, tmp_path: Path, read: list[str]) -> None:
    for path in out.rglob("*.scorecard.json"):
        path.unlink()  # lost, and written anew as they were
    report = rejudge(out, scripted(tmp_path, "s1"), workers=0)
    assert report.done and (count_outdated(out, report.made), read) == (0, [])


def test_a_page_made_after_the_run_that_wrote_its_scorecard_is_known_to_the_next(
    out: Path, tmp_path: Path, read: list[str]
) -> None:
    for page in out.rglob("*.html"):
        page.unlink()
    report = rejudge(out, scripted(tmp_path, "s2"), workers=0)
    assert report.made == {} and count_outdated(out, report.made) == 0
    write_call_pages(out, out)
    assert len(rejudge(out, scripted(tmp_path, "s3"), workers=0).made) == report.done
