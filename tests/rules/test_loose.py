"""Patterns on words heard badly."""

from dataclasses import replace

import pytest

from analyzer.rules.checks.loose import SoundLines
from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.types import Verdict
from analyzer.speech.types import Word

STANDARD = load_standard("base")
FRAME = "[您你]?(这些|那些)?名堂[您你]弄不明白"


def fits(text: str, doubted: str, pattern: str = FRAME, bits: float = 20.0) -> list[tuple[int, int, int]]:
    """Where so much speaks for the pattern in the text, of which the characters in `doubted` are doubted."""
    lines = SoundLines([(4, text, [0.5 if char in doubted else 0.98 for char in text])])
    return list(lines.find(pattern, bits))


@pytest.mark.parametrize(
    ("written", "doubted"),
    [
        ("这些名堂您弄不明摆的", "摆"),  # sounds the same
        ("这些名堂您农不名白的", "农名"),  # nearly so
        ("这些名堂您弄不香白的", "香"),  # another, one in a row of five
        ("这些名堂您弄不明摆的", "这"),  # the recogniser is sure of it, but one in forty such words is wrong
    ],
)
def test_words_heard_badly_that_may_be_it_fit(written: str, doubted: str) -> None:
    ((place, start, end),) = fits(written, doubted)
    assert (place, written[start:end]) == (4, written[:-1])


@pytest.mark.parametrize(
    ("written", "doubted"),
    [
        ("这些名堂您弄不明摆的", ""),  # the recogniser is certain of everything
        ("这些名堂您弄不香瓜的", "香瓜"),  # two in a row are others
        ("这些石头您搬不走的", "石搬"),  # little of it is left
    ],
)
def test_other_words_do_not(written: str, doubted: str) -> None:
    assert fits(written, doubted) == []


def test_one_part_of_a_frame_may_be_anything_only_where_that_is_wanted() -> None:
    lines = SoundLines([(0, "这些名堂鼎弄不明白", [0.9] * 4 + [0.4] + [0.9] * 4)])
    pattern = "(这|那)些名堂[您你我](弄|搞)不明白"
    assert list(lines.find(pattern, 0.0)) == []
    assert list(lines.find(pattern, 0.0, loose=True)) == [(0, 0, 9)]


def test_what_says_little_is_not_heard_in_words_that_only_sound_like_it() -> None:
    assert fits("喂别说了", "别", "憋说", 16.0) == []


@pytest.mark.parametrize(
    "pattern", ["[一-九]点了吗", r"\p{Han}{3}", "[[:alpha:]]好啊", "(?i)好啊", "(" * 20 + "好" + ")" * 20]
)
def test_what_is_no_plain_frame_stays_exact(pattern: str) -> None:
    assert list(SoundLines([(0, "一点了吗好啊", [0.5] * 6)]).find(pattern, 0.0)) == []


def test_a_pattern_never_reaches_into_the_next_turn() -> None:
    lines = SoundLines([(0, "这些名", [0.9, 0.9, 0.3]), (2, "堂您弄不明白", [0.3] * 6)])
    assert list(lines.find("这些名堂您弄不明白", 0.0)) == []


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


def test_of_what_excuses_every_part_must_be_heard() -> None:
    assert heard("我怎么知道", rule="P7") is Verdict.FAIL
    assert heard("我怎么知道您的卡号", rule="P7") is Verdict.PASS
    assert heard("我怎么知道很抱歉", "抱", rule="P7") is Verdict.FAIL
