"""Patterns on words heard badly."""

from dataclasses import replace

import pytest

from analyzer.rules.checks.loose import DOUBTED, FEWEST, UNCERTAIN, DoubtedLines, loosen
from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.types import Verdict
from analyzer.speech.types import Word

STANDARD = load_standard("base")
FRAME = "[您你]?(这些|那些)?名堂[您你]弄不明白"


def fits(text: str, doubted: str, pattern: str = FRAME) -> list[tuple[int, int, int]]:
    """Where the pattern fits the text, of which the characters in `doubted` are doubted."""
    return list(
        DoubtedLines([(4, text, [0.5 if char in doubted else 0.98 for char in text])], DOUBTED).find([pattern], FEWEST)
    )


@pytest.mark.parametrize(
    ("written", "doubted"),
    [
        ("这些名堂您弄不明摆的", "摆"),  # sounds the same
        ("这些名堂您农不名白的", "农名"),  # nearly so
        ("这些名堂您弄不香白的", "香"),  # another, one in a row of four
    ],
)
def test_doubted_words_that_sound_so_fit(written: str, doubted: str) -> None:
    ((place, start, end),) = fits(written, doubted)
    assert (place, written[start:end]) == (4, written[:-1])


@pytest.mark.parametrize(
    ("written", "doubted"),
    [
        ("这些名堂您弄不明摆的", ""),  # the recogniser is sure of another character
        ("这些名堂您弄不明白的", ""),  # nothing is doubted: the frame itself fits
        ("这些名堂您弄不香瓜的", "香瓜"),  # two in a row
        ("这些名堂我弄不明白的", "我"),  # one alone between groups
    ],
)
def test_other_words_do_not(written: str, doubted: str) -> None:
    assert fits(written, doubted) == []


def test_what_is_short_fits_by_no_sound() -> None:
    assert fits("喂别说了", "别", "憋说") == []


@pytest.mark.parametrize("pattern", ["[一-九]点了吗", r"\p{Han}{3}", "[[:alpha:]]好啊"])
def test_a_pattern_of_classes_by_range_or_name_stays_exact(pattern: str) -> None:
    assert loosen(pattern) == ""


def test_a_pattern_never_reaches_into_the_next_turn() -> None:
    lines = DoubtedLines([(0, "这些名", [0.9, 0.9, 0.3]), (2, "堂您弄不明白", [0.3] * 6)], DOUBTED)
    assert list(lines.find(["这些名堂您弄不明白"], FEWEST)) == []


def test_of_an_uncertain_character_only_the_sound_is_believed() -> None:
    def places(written: str) -> list[tuple[int, int, int]]:
        return list(DoubtedLines([(0, written, [0.9] * len(written))], UNCERTAIN).find(["这些名堂您弄不明白"], FEWEST))

    assert places("这些名堂您弄不明摆") == [(0, 0, 9)]
    assert places("这些名堂您弄不明香") == []


def heard(written: str, *doubted: str, rule: str = "P5") -> Verdict:
    """How a rule ends where the recogniser wrote that, and doubted those characters."""
    call = parse_call(f"用户: 为什么前几年退得这么少\n客服: {written}")
    *before, last = call.conversation.turns
    words = tuple(Word(w.text, w.span, 0.5 if w.text in doubted else 0.98) for w in last.words)
    conversation = replace(call.conversation, turns=(*before, replace(last, words=words)))
    (finding,) = judge(STANDARD, conversation, call.measures, call.hangup, call.metadata, only=(rule,)).findings
    return finding.verdict


def test_what_fits_by_sound_is_for_a_human() -> None:
    assert heard("这些名堂您弄不明白的") is Verdict.FAIL
    assert heard("这些名堂您弄不明摆的", "摆") is Verdict.UNSURE
    assert heard("这些名堂您弄不明摆的") is Verdict.PASS


def test_what_excuses_may_be_heard_badly_too() -> None:
    said = "请问是谁让您拧的，我好核实"
    assert heard(said, rule="P13") is Verdict.PASS
    assert heard("请史谁让您拧的我好核实", "史", rule="P13") is not Verdict.FAIL
