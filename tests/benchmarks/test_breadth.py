"""What was mended stays mended: the looked-at calls by authors who knew no phrase of the standard."""

from __future__ import annotations

from collections import Counter

import breadth
import pytest

from analyzer.rules.pack import load_standard


@pytest.fixture(scope="module")
def verdicts() -> breadth.Verdicts:
    return breadth.judged(load_standard("base"), "a")


def share(verdicts: breadth.Verdicts, kind: str, expect: str, got: str) -> float:
    counts = Counter(v["got"] for v in verdicts if (v["kind"], v["expect"]) == (kind, expect))
    return counts[got] / sum(counts.values())


def test_nobody_is_accused_of_what_he_did_not_do(verdicts: breadth.Verdicts) -> None:
    assert [v["call"] for v in verdicts if v["expect"] == "pass" and v["got"] == "fail"] == []


def test_what_is_forbidden_is_found_in_other_words(verdicts: breadth.Verdicts) -> None:
    assert share(verdicts, "forbids", "fail", "fail") > 0.75
    assert share(verdicts, "forbids", "fail", "pass") < 0.05


def test_what_is_required_is_found_in_other_words(verdicts: breadth.Verdicts) -> None:
    assert share(verdicts, "requires", "pass", "pass") > 0.88
    assert share(verdicts, "requires", "fail", "pass") == 0


def test_whole_calls_in_which_all_is_right_break_hardly_anything() -> None:
    clean = breadth.judged_clean(load_standard("base"), "a")
    assert len({v["call"] for v in clean}) == 40
    failed = [(v["call"], v["rule"]) for v in clean if v["got"] == "fail"]
    assert len(failed) <= 1, failed
    assert [v["rule"] for v in clean if v["got"] == "fail" and v["severity"] in ("major", "critical")] == []
