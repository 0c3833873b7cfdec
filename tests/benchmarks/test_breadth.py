"""What was mended stays mended: the looked-at calls by authors who knew no phrase of the standard."""

from __future__ import annotations

from collections import Counter

import breadth
import pytest

from analyzer.rules.pack import load_standard


@pytest.fixture(scope="module")
def verdicts() -> breadth.Verdicts:
    standard = load_standard("base")
    return [verdict for name in ("a", "b", "c", "d") for verdict in breadth.judged(standard, name)]


def share(verdicts: breadth.Verdicts, kind: str, expect: str, got: str) -> float:
    counts = Counter(v["got"] for v in verdicts if (v["kind"], v["expect"]) == (kind, expect))
    return counts[got] / sum(counts.values())


def test_nobody_is_accused_of_what_he_did_not_do(verdicts: breadth.Verdicts) -> None:
    assert [v["call"] for v in verdicts if v["expect"] == "pass" and v["got"] == "fail"] == []


# of each set: forbidden found, forbidden missed, required found, required missed though not done, missing found
LIMITS = {"a": (0.86, 0.04, 0.93, 0.0, 0.59), "b": (0.91, 0.05, 0.79, 0.01, 0.5), "c": (0.94, 0.01, 0.85, 0.02, 0.69),
          "d": (0.57, 0.3, 0.84, 0.02, 0.55)}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_what_is_said_in_other_words_is_found(verdicts: breadth.Verdicts, name: str) -> None:
    here = [v for v in verdicts if v["set"] == name]
    found, missed, done, passed, lacking = LIMITS[name]
    assert share(here, "forbids", "fail", "fail") > found
    assert share(here, "forbids", "fail", "pass") < missed
    assert share(here, "requires", "pass", "pass") > done
    assert share(here, "requires", "fail", "pass") <= passed
    assert share(here, "requires", "fail", "fail") > lacking


def test_short_calls_of_everyday_slips() -> None:
    """Of `j` the slips were mended, of the others only what was accused: nobody is in any."""
    standard = load_standard("base")
    for name, found in (("j", 0.95), ("k", 0.45), ("p", 0.2), ("q", 0.25), ("t", 0.2), ("u", 0.15)):
        here = breadth.judged(standard, name)
        assert [v["call"] for v in here if v["expect"] == "pass" and v["got"] == "fail"] == []
        assert share(here, "forbids", "fail", "fail") > found


def test_whole_calls_in_which_all_is_right_break_hardly_anything() -> None:
    standard = load_standard("base")
    clean = [verdict for name in ("a", "b", "c", "d") for verdict in breadth.judged_clean(standard, name)]
    assert len({v["call"] for v in clean}) == 160
    assert [(v["call"], v["rule"]) for v in clean if v["got"] == "fail"] == []
    # a matter that was only asked about, and regret far from a refusal, are for a human
    assert sum(v["got"] == "unsure" for v in clean) < 0.38 * 160


@pytest.mark.parametrize(
    ("name", "accused", "unsure", "found", "passed", "worded"),
    [
        ("e", ["S5"], 72, 73, 22, 0.05),  # 您报一下手机号, by the letter
        ("f", [], 70, 65, 15, 0.05),
        ("g", [], 69, 38, 14, 0.05),
        ("h", [], 78, 15, 6, 0.05),
        ("i", [], 73, 34, 3, 0.05),  # two more are unsure: worded like nothing forbidden, says the model
        ("o", [], 20, 15, 79, 0.05),  # the slips of these four are not mended
        ("p", [], 11, 10, 20, 0.05),
        ("q", ["C1"], 11, 4, 12, 0.05),  # a choice is offered before the first question, by the letter
        ("r", [], 18, 4, 12, 0.05),
        ("s", [], 100, 23, 21, 0.05),  # half of the slips in words of nobody's list, none mended
        ("v", [], 46, 24, 8, 0.05),
        ("w", [], 13, 18, 4, 0.05),
        ("x", [], 23, 6, 17, 0.05),  # the slips not mended: 14 of the 17 are worded alike
        ("y", [], 15, 4, 16, 0.05),  # nor these: 10 of the 16
        ("z", [], 37, 0, 0, 0.05),
        ("aa", [], 28, 0, 0, 0.05),
        ("ab", [], 11, 0, 0, 0.05),
        ("ac", [], 27, 0, 0, 0.05),
        ("ad", [], 4, 0, 0, 0.05),
        ("ae", [], 2, 0, 0, 0.05),
        ("af", [], 25, 18, 1, 0.05),  # one blind author's complaints, another's slips
        ("ag", [], 13, 4, 20, 0.05),  # three authors' calls, and a fourth's slips, none of them mended
    ],
)
def test_later_authors_calls_stay_as_they_were_mended(
    name: str, accused: list[str], unsure: int, found: int, passed: int, worded: float
) -> None:
    standard = load_standard("base")
    clean = breadth.judged_clean(standard, name)
    breaches = breadth.judged_breaches(standard, name) if breadth.has(f"breach_{name}") else []
    assert [v["rule"] for v in clean if v["got"] == "fail"] == accused
    doubted = [v["rule"] for v in clean if v["got"] == "unsure"]
    assert len(doubted) - doubted.count(breadth.WORDING) <= unsure
    assert doubted.count(breadth.WORDING) <= worded * len({v["call"] for v in clean})
    got = Counter(v["got"] for v in breaches)
    assert got["fail"] >= found
    assert got["pass"] <= passed


def test_steps_left_out_are_found_as_often_as_they_were() -> None:
    standard = load_standard("base")
    for names, steps, found, passed in ((("aa", "ab"), 109, 27, 37), (("ac", "ad"), 108, 26, 39), (("ae",), 37, 9, 10)):
        got = Counter(step["got"] for name in names for step in breadth.judged_steps(standard, name))
        assert got.total() == steps
        assert got["fail"] >= found
        assert got["pass"] <= passed
