from __future__ import annotations

import csv
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from analyzer.call.types import Role
from analyzer.cli.export import command
from analyzer.errors import OutputError, UsageError
from analyzer.outputs.encode import encode_scorecard
from analyzer.outputs.export import columns_page, export
from analyzer.outputs.tables import CALLS, REVIEWS, TABLES, call_row, day_of, read_results, rows
from analyzer.rules.types import Evidence, Verdict
from analyzer.spans import Span
from analyzer.speech.types import Announcement
from analyzer.testing.scorecards import make_scorecard

DOCS = Path(__file__).parents[2] / "docs" / "export.md"
CARDS = [(f"t{i % 2}/call-{i}", make_scorecard(i, agent_id=f"A{i % 3}", team=f"组{i % 2}")) for i in range(12)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results")
    for place, scorecard in CARDS:
        file = out / f"{place}.scorecard.json"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(encode_scorecard(scorecard))
    return out


def test_rows_hold_only_documented_columns() -> None:
    for place, scorecard in [*CARDS, ("x", make_scorecard(1, hostile=True))]:
        for table, found in rows(place, scorecard).items():
            names = {c.name for c in TABLES[table]}
            for row in found:
                assert set(row) <= names


def test_announcements_are_events() -> None:
    card = replace(make_scorecard(1), announcements=(Announcement(0, Span(0, 900), "咨询请按1"),))
    (found,) = (r for r in rows("x", card)["events"] if r["event"] == "announcement")
    assert (found["duration_ms"], found["text"]) == (900, "咨询请按1")


def test_a_findings_first_place_is_what_is_judged_and_not_what_called_for_it() -> None:
    card = make_scorecard(1)
    called = Evidence(Span(100, 900), Role.CUSTOMER, "针对这一处", "it is about this", "我要投诉", context=True)
    missing = Evidence(Span(900, 4000), Role.AGENT, "没有听到", "not heard")
    failed = msgspec.structs.replace(card.findings[0], verdict=Verdict.FAIL, evidence=(called, missing))
    row = rows("x", replace(card, findings=(failed,)))["findings"][0]
    assert (row["evidence"], row["start_ms"], row["end_ms"], row["quote"]) == (2, 900, 4000, "")
    only = msgspec.structs.replace(failed, evidence=(called,))
    assert rows("x", replace(card, findings=(only,)))["findings"][0]["start_ms"] is None


def test_columns_are_named_once_and_documented() -> None:
    for columns in (*TABLES.values(), REVIEWS):
        assert len({c.name for c in columns}) == len(columns)
        assert all(c.about for c in columns)
    assert "\n".join(columns_page()) in DOCS.read_text("utf-8"), "docs/export.md is not what columns_page() says"


def test_parquet_says_what_the_scorecards_say(folder: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    counts = export(read_results(folder), tmp_path, "parquet")
    calls = parquet.read_table(tmp_path / "calls.parquet").to_pylist()
    assert counts["calls"] == len(calls) == len(CARDS)
    for place, scorecard in CARDS:
        row = next(r for r in calls if r["call"] == place)
        assert row["score"] == scorecard.score.total
        assert row["failed"] == scorecard.score.failed
        spoken = next(m for m in scorecard.measures if m.name == "articulation_rate" and m.role == "agent")
        assert row["agent_articulation_rate"] == spoken.value
        assert row["agent_mouthpiece_pops"] is None
    findings = parquet.read_table(tmp_path / "findings.parquet").to_pylist()
    fails = sum(f.verdict is Verdict.FAIL for _, s in CARDS for f in s.findings)
    assert sum(r["verdict"] == "fail" for r in findings) == fails
    events = parquet.read_table(tmp_path / "events.parquet").to_pylist()
    assert sum(r["event"] == "overlap" for r in events) == sum(len(s.overlaps) for _, s in CARDS)


REVIEW = [{"call": "t0/call-0", "rule": "V5", "machine": "fail", "human": "pass", "reviewer": "=王", "note": "听过了"}]


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_what_people_said_is_a_table_where_it_is_given(kind: Any, folder: Path, tmp_path: Path) -> None:
    if kind != "csv":
        pytest.importorskip("pyarrow.parquet" if kind == "parquet" else "openpyxl")
    assert "reviews" not in export(read_results(folder), tmp_path / "without", "csv")
    assert not (tmp_path / "without" / "reviews.csv").exists()
    counts = export(read_results(folder), tmp_path, kind, reviews=iter(REVIEW))
    assert (counts["calls"], counts["reviews"]) == (len(CARDS), 1)
    if kind == "csv":
        with (tmp_path / "reviews.csv").open(encoding="utf-8-sig", newline="") as file:
            (row,) = csv.DictReader(file)
        assert list(row) == [c.name for c in REVIEWS] and row["reviewer"] == "'=王" and row["appeal"] == ""
    elif kind == "parquet":
        from pyarrow import parquet

        (row,) = parquet.read_table(tmp_path / "reviews.parquet").to_pylist()
        assert {k: v for k, v in row.items() if v is not None} == REVIEW[0]
    else:
        import openpyxl

        book = openpyxl.load_workbook(tmp_path / "analyzer.xlsx", read_only=True)
        assert book.sheetnames == ["calls", "findings", "events", "reviews", "columns"]
        assert any(row[0].value == "reviews" for row in book["columns"].rows)


def test_csv_says_the_same_and_the_same_bytes_twice(folder: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        export(read_results(folder), tmp_path / name, "csv")
    for table in TABLES:
        assert (tmp_path / "a" / f"{table}.csv").read_bytes() == (tmp_path / "b" / f"{table}.csv").read_bytes()
    with (tmp_path / "a" / "calls.csv").open(encoding="utf-8-sig", newline="") as file:
        read = list(csv.DictReader(file))
    assert [r["call"] for r in read] == sorted(place for place, _ in CARDS)
    assert all(float(r["score"]) == dict(CARDS)[r["call"]].score.total for r in read if r["score"])


def test_excel_opens_with_every_sheet(folder: Path, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    export(read_results(folder), tmp_path, "xlsx")
    book = openpyxl.load_workbook(tmp_path / "analyzer.xlsx", read_only=True)
    assert book.sheetnames == ["calls", "findings", "events", "columns"]
    assert len(list(book["calls"].rows)) == len(CARDS) + 1


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_no_cell_is_a_formula_or_breaks_the_file(kind: Any, tmp_path: Path) -> None:
    scorecard = make_scorecard(1, agent_id='=HYPERLINK("http://x")', team="@x\x00\x0b\x1b\ufffe\uffff")
    export([("-1", scorecard)], tmp_path, kind)
    if kind == "csv":
        assert "'=HYPERLINK" in (tmp_path / "calls.csv").read_text("utf-8-sig")
        return
    openpyxl = pytest.importorskip("openpyxl")
    sheet = openpyxl.load_workbook(tmp_path / "analyzer.xlsx")["calls"]
    cells = {sheet.cell(1, c).value: sheet.cell(2, c) for c in range(1, 8)}
    assert cells["agent_id"].value == '\'=HYPERLINK("http://x")' and cells["agent_id"].data_type == "s"
    assert cells["team"].value == "'@x·····"


def test_every_query_of_the_docs_runs_and_finds_something(folder: Path, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    export(read_results(folder), tmp_path, "parquet", reviews=iter(REVIEW))
    queries = re.findall(r"```sql\n(.*?)```", DOCS.read_text("utf-8"), re.S)
    assert len(queries) >= 4
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        answers = [duckdb.sql(query).fetchall() for query in queries]
    finally:
        os.chdir(here)
    assert all(answers[:3]) and answers[-1] == [("V5", "fail", "pass", 1)]
    teams = {team: calls for team, calls, *_ in answers[0]}
    assert teams == {"组0": 6, "组1": 6}


def test_a_folder_that_is_none_and_a_file_that_is_no_scorecard(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        list(read_results(tmp_path / "none"))
    with pytest.raises(UsageError):
        list(read_results(tmp_path))
    (tmp_path / "bad.scorecard.json").write_text("{}")
    with pytest.raises(OutputError) as caught:
        list(read_results(tmp_path))
    assert caught.value.seen.startswith("bad: ")


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-03-02T09:30:00+08:00", "2026-03-02"), ("2026-03-02", "2026-03-02"), ("gestern", None), (None, None),
     ("２０２６-03-02", None), ("2026/03/02", None)],
)  # fmt: skip
def test_the_day_of_a_call(text: str | None, day: str | None) -> None:
    assert day_of(text) == day


def test_the_call_row_fills_most_columns() -> None:
    row = call_row("a", make_scorecard(1))
    assert [c.name for c in CALLS if c.name not in row][:1] != ["score"]
    assert row["roles_known"] is True and row["day"] == "2026-03-02"


def test_what_was_written_is_said_in_the_readers_language(folder: Path, tmp_path: Path) -> None:
    for lang, said in (((), f"calls：{len(CARDS)} 行"), (("--lang", "en"), f"calls: {len(CARDS)} rows")):
        done = CliRunner().invoke(command, [str(folder), "--format", "csv", "-o", str(tmp_path), *lang])
        assert said in done.output.splitlines()
