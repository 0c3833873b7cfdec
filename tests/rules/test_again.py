"""What a second hearing says for and against a failure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.types import Finding, Verdict
from analyzer.spans import Span, Timeline
from analyzer.speech.types import Reading, Word

STANDARD = load_standard("base")


def finding(rule: str, call: str, *, sure: float, again: str | None, turn: int = 0, sure_again: float = 0.6) -> Finding:
    """A rule's finding where a turn was recognised this surely and heard again as something else."""
    parsed = parse_call(call)
    turns = list(parsed.conversation.turns)
    old = turns[turn]
    turns[turn] = replace(old, words=tuple(Word(w.text, w.span, sure) for w in old.words))
    heard = replace(parsed.conversation, turns=tuple(turns))
    if again is not None:
        words = _over(again, old.span, sure_again)
        heard = replace(heard, readings=(Reading(old.speaker, Timeline((old.span,)), words),))
    only = judge(STANDARD, heard, parsed.measures, parsed.hangup, parsed.metadata, only=(rule,))
    return only.findings[0]


def _over(text: str, span: Span, sure: float) -> tuple[Word, ...]:
    each = span.duration_ms // len(text)
    start = span.start_ms
    return tuple(Word(c, Span(start + i * each, start + (i + 1) * each), sure) for i, c in enumerate(text))


GREETING = "客服: 明天请问有什么可以帮您\n用户: 我要退货"
BLUNT = "用户: 我不管\n客服: 你讲不讲道理"


def test_what_was_heard_the_second_time_may_have_been_said() -> None:
    assert finding("E6", GREETING, sure=0.68, again=None).verdict is Verdict.FAIL
    found = finding("E6", GREETING, sure=0.68, again="您好请问有什么可以帮您")
    assert found.verdict is Verdict.UNSURE
    assert any("听不清" in e.what and e.span.start_ms < 1000 for e in found.evidence)


def test_what_neither_hearing_has_is_missing() -> None:
    assert finding("E6", GREETING, sure=0.68, again="今天请问有什么可以帮您").verdict is Verdict.FAIL


def test_doubtful_words_of_the_second_hearing_count_as_those_of_the_first() -> None:
    assert finding("E6", GREETING, sure=0.68, again="一号请问有什么可以帮您", sure_again=0.4).verdict is Verdict.UNSURE


@pytest.mark.parametrize(
    ("sure", "again", "verdict"),
    [
        (0.5, None, Verdict.FAIL),  # not heard again
        (0.5, "你讲不讲道理", Verdict.FAIL),  # both hearings have it
        (0.5, "你讲不讲到里", Verdict.FAIL),  # nearly so
        (0.5, "您看看这里的说明就好", Verdict.UNSURE),  # the second is of something else
        (0.95, "您看看这里的说明就好", Verdict.FAIL),  # the first was sure of itself
    ],
)
def test_nobody_fails_for_doubtful_words_that_were_heard_again_otherwise(
    sure: float, again: str | None, verdict: Verdict
) -> None:
    found = finding("P17", BLUNT, sure=sure, again=again, turn=1)
    assert found.verdict is verdict
    assert ("再听一遍" in found.reason) == (verdict is Verdict.UNSURE)


def test_a_part_of_a_form_with_a_gap_is_denied_by_what_was_heard_in_its_place() -> None:
    call = "用户: 我想问一下话费\n客服: 一定是你自己看错了"
    assert finding("H5", call, sure=0.5, again="一定是你自己看错了", turn=1).verdict is Verdict.FAIL
    assert finding("H5", call, sure=0.5, again="一定是你自己挂电话", turn=1).verdict is Verdict.UNSURE


@pytest.mark.parametrize(("said", "sure", "verdict"), [
    ("你问勒识辩都急", 0.7, Verdict.UNSURE),
    ("你问勒识辩都急", 0.78, Verdict.FAIL),
    ("你问识辩都急", 0.78, Verdict.UNSURE),  # nor has it the 了
    ("你问了四遍", 0.7, Verdict.FAIL),
])  # fmt: skip
def test_shaky_words_that_only_resemble_a_phrase_accuse_nobody(said: str, sure: float, verdict: Verdict) -> None:
    call = f"用户: 六个月来着\n客服: {said}\n用户: 好"
    assert finding("P9", call, sure=sure, again=None, turn=1).verdict is verdict


def test_a_phrase_of_three_syllables_accuses_nobody_by_words_that_only_sound_much_like_it() -> None:
    said = "用户: 怎么寄\n客服: {}卷起来\n用户: 好"
    assert finding("W4", said.format("赶紧的"), sure=0.85, again=None, turn=1).verdict is Verdict.FAIL
    assert finding("W4", said.format("干净的"), sure=0.85, again=None, turn=1).verdict is Verdict.UNSURE
