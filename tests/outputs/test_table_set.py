"""Tables that stand together are of one export, or that is found out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from analyzer.errors import UsageError
from analyzer.outputs import files
from analyzer.outputs.export import export
from analyzer.outputs.report import write_team_page
from analyzer.outputs.table_set import check_tables
from analyzer.testing.scorecards import make_scorecard

OLD, NEW = [("a", make_scorecard(1))], [("a", make_scorecard(1)), ("b", make_scorecard(2))]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_killed_export_leaves_no_tables_that_are_taken_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "tables"

    class KilledError(BaseException):
        pass

    real, left = os.replace, 0

    def move(*args: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise KilledError
        real(*args)

    monkeypatch.setattr(files.os, "replace", move)
    whole = 0
    for stop in range(8):
        left = 100
        export(OLD, out, "csv", iter(()))
        check_tables(out, "csv")
        before = {path.name: path.read_bytes() for path in out.iterdir()}
        left = stop
        try:
            export(NEW, out, "csv")
        except KilledError:
            after = {path.name: path.read_bytes() for path in out.iterdir() if not path.name.endswith(".tmp")}
            if after == before:
                continue  # nothing was moved yet
            with pytest.raises(UsageError) as refused:
                check_tables(out, "csv")
            assert refused.value.code == "usage.mixed_tables"
        else:
            whole += 1
            check_tables(out, "csv")
            assert names(out) == {"calls.csv", "findings.csv", "events.csv", "tables-csv.json"}
    assert whole == 3  # five moves: the list, three tables, the list


def test_tables_of_an_older_export_go_and_nothing_else_does(tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("mine")
    export(OLD, tmp_path, "csv", iter(()))
    assert "reviews.csv" in names(tmp_path)
    listed = json.loads((tmp_path / "tables-csv.json").read_bytes())
    listed["files"] |= {"notes.csv": "", "../out.csv": ""}
    (tmp_path / "tables-csv.json").write_text(json.dumps(listed))
    export(NEW, tmp_path, "csv")
    assert names(tmp_path) == {"notes.csv", "calls.csv", "findings.csv", "events.csv", "tables-csv.json"}


def test_the_teams_page_refuses_tables_of_two_exports(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is missing: pip install -e '.[export]'")
    first, second = tmp_path / "1", tmp_path / "2"
    export(OLD, first, "parquet")
    export(NEW, second, "parquet")
    write_team_page(tmp_path, tmp_path / "team.html", tables=first)
    (first / "findings.parquet").write_bytes((second / "findings.parquet").read_bytes())
    with pytest.raises(UsageError, match=r"findings\.parquet is not the one"):
        write_team_page(tmp_path, tmp_path / "team.html", tables=first)
    (first / "tables-parquet.json").unlink()  # copied without it
    write_team_page(tmp_path, tmp_path / "team.html", tables=first)
