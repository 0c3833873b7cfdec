"""People's verdicts leave the review as a table beside the scorecards'."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.cli.export import command
from analyzer.errors import UsageError
from analyzer.outputs.encode import encode_scorecard
from analyzer.outputs.tables import REVIEWS
from analyzer.review.rows import review_rows
from analyzer.review.store import Reviews
from analyzer.rules.types import Verdict
from analyzer.testing.scorecards import make_scorecard


def reviewed(path: Path | str) -> Reviews:
    """Two reviewers on one finding, one of them twice; appeals in every state, with and without a verdict beside."""
    reviews = Reviews(path)

    def judge(who: str, rule: str, machine: str, human: str, note: str = "") -> None:
        reviews.judge("a", rule, who, Verdict(machine), 0.9, Verdict(human), note, "general 1.0")

    def appeal(rule: str, machine: str, state: str = "") -> None:
        reviews.appeal("a", rule, "坐席", "我说了", Verdict(machine), 0.8, "general 1.0")
        if state:
            reviews.settle(max(a["id"] for a in reviews.appeals()), state, "听过了", "主管")

    judge("甲", "R1", "fail", "fail")
    judge("甲", "R1", "fail", "pass", "电话是13800138000")
    judge("乙", "R1", "fail", "fail")
    judge("甲", "R2", "unsure", "unsure")
    appeal("R1", "fail", "rejected")
    appeal("R1", "fail")
    appeal("R3", "fail", "upheld")
    appeal("R4", "fail", "rejected")
    appeal("R5", "unsure")
    return reviews


def test_every_last_word_is_a_row_and_every_appeal_is_seen() -> None:
    rows = list(review_rows(reviewed(":memory:")))
    assert all(set(row) == {c.name for c in REVIEWS} for row in rows)
    said = [(r["rule"], r["machine"], r["human"], r["reviewer"], r["note"], r["appeal"]) for r in rows]
    assert said == [
        ("R1", "fail", "fail", "乙", None, "open"),
        ("R1", "fail", "pass", "甲", "电话是13800138000", "open"),
        ("R2", "unsure", "unsure", "甲", None, None),
        ("R3", "fail", "pass", "主管", "听过了", "upheld"),
        ("R4", "fail", None, "主管", "听过了", "rejected"),
        ("R5", "unsure", None, None, "我说了", "open"),
    ]
    assert all(r["time"] and r["call"] == "a" and r["standard"] == "general 1.0" for r in rows)
    assert [r["confidence"] for r in rows] == [0.9, 0.9, 0.9, 0.8, 0.8, 0.8]


def test_a_row_says_of_which_recording_it_is() -> None:
    reviews = Reviews(":memory:")
    for sha256, human in ((None, "fail"), ("ab" * 32, "fail"), ("cd" * 32, "pass")):
        reviews.judge("a", "R1", "甲", Verdict.FAIL, 0.9, Verdict(human), "", "general 1.0", sha256)
    reviews.appeal("a", "R1", "坐席", "我说了", Verdict.FAIL, 0.9, "general 1.0", "cd" * 32)
    reviews.appeal("a", "R1", "坐席", "我说了", Verdict.FAIL, 0.9, "general 1.0", "ef" * 32)
    said = [(r["recording_sha256"], r["human"], r["appeal"]) for r in review_rows(reviews)]
    assert said == [("ab" * 32, "fail", None), ("cd" * 32, "pass", "open"), ("ef" * 32, None, "open")]


@pytest.mark.parametrize("newer", ["appeal", "word"])
def test_an_appeal_stands_beside_a_word_of_which_the_recording_is_not_known(newer: str) -> None:
    reviews = Reviews(":memory:")
    word, filed = (None, "ab" * 32) if newer == "appeal" else ("ab" * 32, None)
    reviews.judge("a", "R1", "甲", Verdict.FAIL, 0.9, Verdict.FAIL, "", "general 1.0", word)
    reviews.appeal("a", "R1", "坐席", "我说了", Verdict.FAIL, 0.9, "general 1.0", filed)
    assert [(r["human"], r["appeal"]) for r in review_rows(reviews)] == [("fail", "open")]


def test_the_command_writes_them_masked_where_asked(tmp_path: Path) -> None:
    (tmp_path / "a.scorecard.json").write_bytes(encode_scorecard(make_scorecard(3)))
    reviewed(tmp_path / "review.db").close()
    for more, number in (((), True), (("--redact",), False)):
        out = tmp_path / f"tables{number}"
        options = [str(tmp_path), "--format", "csv", "-o", str(out), "--db", str(tmp_path / "review.db"), *more]
        done = CliRunner().invoke(command, options)
        assert done.exit_code == 0 and "reviews：6 行" in done.output.splitlines()
        text = (out / "reviews.csv").read_text("utf-8-sig")
        assert ("13800138000" in text) is number
        assert [r["rule"] for r in csv.DictReader(text.splitlines())] == ["R1", "R1", "R2", "R3", "R4", "R5"]


def test_rows_of_no_call_in_the_folder_are_counted_and_said(tmp_path: Path) -> None:
    card = make_scorecard(3)
    (tmp_path / "a.scorecard.json").write_bytes(encode_scorecard(card))
    (tmp_path / "b.scorecard.json").write_text("{broken")
    reviews = Reviews(tmp_path / "review.db")
    for call, sha256 in (("a", card.call.facts.sha256), ("a", None), ("a", "ee" * 32), ("b", "ee" * 32), ("c", None)):
        reviews.judge(call, sha256 or "R", "甲", Verdict.FAIL, 0.9, Verdict.FAIL, "", "general 1.0", sha256)
    reviews.close()
    options = [str(tmp_path), "--format", "csv", "-o", str(tmp_path / "out"), "--db", str(tmp_path / "review.db")]
    done = CliRunner().invoke(command, options)
    assert "review.db：有 2 条意见说的不是" in done.stderr and "reviews：5 行" in done.output
    (tmp_path / "c.scorecard.json").write_bytes(encode_scorecard(make_scorecard(4)))
    assert "有 1 条意见" in CliRunner().invoke(command, options).stderr


def test_another_programs_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "o.db")
    other.execute("CREATE TABLE customers (id INTEGER)")
    other.commit()
    other.close()
    before = (tmp_path / "o.db").read_bytes()
    with pytest.raises(UsageError) as caught:
        Reviews(tmp_path / "o.db")
    assert caught.value.code == "usage.not_a_review"
    assert (tmp_path / "o.db").read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["o.db"]


def test_rows_that_make_no_sense_are_left_out_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.scorecard.json").write_bytes(encode_scorecard(make_scorecard(1, 20_000)))
    reviews = reviewed(tmp_path / "review.db")
    rows = list(review_rows(reviews))
    reviews.close()
    database = sqlite3.connect(tmp_path / "review.db")
    database.execute(
        "INSERT INTO judgements VALUES (99, 'a', 'R1', '甲', 'nonsense', 0.9, 'pass', '', 's', '2026', NULL)"
    )
    database.commit()
    database.close()
    again = Reviews(tmp_path / "review.db")
    assert list(review_rows(again)) == rows
    again.close()
    options = [str(tmp_path), "--format", "csv", "-o", str(tmp_path / "out"), "--db", str(tmp_path / "review.db")]
    done = CliRunner().invoke(command, options)
    assert "review.db: 1 条复核数据库里的记录不合规格，没有计入" in done.stderr
