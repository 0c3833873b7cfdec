"""Words that the other party has said before, heard well or badly."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from analyzer.call.types import CallMetadata
from analyzer.measure.types import Conversation, Hangup, Measures, Turn
from analyzer.rules.checks.saidback import SaidBefore
from analyzer.rules.checks.turntexts import TurnTexts
from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.speech.types import Word
from tests.rules.small import standard


def heard(call: str, doubted: str = "") -> tuple[Conversation, Measures, Hangup, CallMetadata]:
    """A call of which these characters were recognised with little probability, and all others with certainty."""
    made = parse_call(call)

    def words(turn: Turn) -> tuple[Word, ...]:
        return tuple(msgspec.structs.replace(w, probability=0.4 if w.text in doubted else 0.99) for w in turn.words)

    turns = tuple(replace(turn, words=words(turn)) for turn in made.conversation.turns)
    return replace(made.conversation, turns=turns), made.measures, made.hangup, made.metadata


def is_said_back(customer: str, agent: str, words: str, doubted: str = "") -> bool:
    conversation, *_ = heard(f"用户: {customer}\n客服: {agent}", doubted)
    at = agent.index(words)
    return SaidBefore(conversation.turns, TurnTexts(conversation.turns)).holds(at, at + len(words), 1, 3)


@pytest.mark.parametrize(
    ("customer", "agent", "words", "doubted", "is_back"),
    [
        ("他说爱上哪告上哪告", "他讲的爱上哪告上哪告这句我写进去", "爱上哪告上哪告", "", True),
        ("他说艾上哪告上哪贴", "他讲的爱上哪告上哪告这句我写进去", "爱上哪告上哪告", "", False),  # 贴 is another
        ("他说艾上哪告上哪贴", "他讲的爱上哪告上哪告这句我写进去", "爱上哪告上哪告", "贴", True),
        ("他说爱上哪告上哪告", "他讲的爱上哪告上哪贴这句我写进去", "爱上哪告上哪贴", "贴", True),
        ("他说爱上哪告上哪告", "他讲的爱上哪告上贴贴这句我写进去", "爱上哪告上贴贴", "贴", False),
        ("我要投诉我投诉到运管处去", "好的投诉就投诉呗您去好了", "投诉就投诉", "", False),
        ("请大声一点", "好的请大声一些我听一下", "大声一", "声", True),
        ("请大生一点", "好的请大声一些我听一下", "大声一", "", True),
        ("请大三一点", "好的请大声一些我听一下", "大声一", "三", False),  # too few for one to be another
    ],
)
def test_what_sounds_the_same_is_said_back_and_of_many_one_that_was_heard_badly_may_be_another(
    customer: str, agent: str, words: str, doubted: str, is_back: bool
) -> None:
    assert is_said_back(customer, agent, words, doubted) == is_back


@pytest.mark.parametrize(
    ("agent", "doubted", "verdict"),
    [
        ("您是说我怎么知道这句让您生气", "", "unsure"),
        ("林是说我怎么知道这句让您生气", "", "fail"),  # the recogniser is certain
        ("林是说我怎么知道这句让您生气", "林", "unsure"),
        ("您说师父昨天说我怎么知道", "父", "unsure"),
        ("您说师父昨天说我怎么知道", "", "fail"),
        ("帮您查我怎么知道", "查", "fail"),
    ],
)
def test_quoting_words_heard_badly_leave_it_to_a_human(agent: str, doubted: str, verdict: str) -> None:
    rule = {"forbid": {"kind": "said", "any": ["rude"]}}
    found = judge(standard(rule), *heard(f"用户: 你好\n客服: {agent}", doubted)).findings[0]
    assert str(found.verdict) == verdict
