"""Whether the agent was heard and understood at all, and which rules rest on his words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from analyzer.call.types import Role
from analyzer.measure.types import Conversation, Measures
from analyzer.rules.checks.answer import Answer, Why
from analyzer.rules.packcheck import checks_of, structs_in
from analyzer.rules.standard import Rule, Standard
from analyzer.rules.types import Verdict

Unread = Literal["nobody_speaks", "agent_not_heard", "words_not_understood"]
WHY: Mapping[Unread, Why] = {
    "nobody_speaks": Why("整段录音没有人说话", "nobody speaks in this recording"),
    "agent_not_heard": Why(
        "录音里没有听到坐席说话，不能据此判断", "the agent is not heard in the recording: nothing rests on his words"
    ),
    "words_not_understood": Why(
        "坐席的话大多没有听懂，不能据此判断", "most of what the agent says was not understood: nothing rests on it"
    ),
}


def why_unread(standard: Standard, conversation: Conversation, measures: Measures) -> Unread | None:
    """Why nothing rests on the agent's words; None where they can be read, or it isn't known whose they are.

    Args:
        standard: says how much of what he says must have become words to be trusted.
        conversation: with roles.
        measures: of the call.
    """
    if not conversation.turns and not conversation.backchannels:
        return "nobody_speaks"
    if conversation.speaker_of(Role.AGENT) and not any(turn.role is Role.AGENT for turn in conversation.turns):
        return "agent_not_heard"
    share = measures.get("words_understood", Role.AGENT)
    understood = share is None or share.value is None or share.value >= standard.scoring.min_words_understood
    return None if understood else "words_not_understood"


def without_words(rule: Rule, answer: Answer, verdict: Verdict) -> Verdict:
    """The verdict on an agent whose words were not heard or not understood.

    They are no reason to praise, and what is not among them may have been said; what was heard in them is for a human.
    Rules on sound and timing stand.

    Args:
        rule: that was judged.
        answer: of its check.
        verdict: that this comes to where words are understood.
    """
    if verdict is Verdict.NOT_APPLICABLE or not _rests_on_words(rule):
        return verdict
    return Verdict.NOT_APPLICABLE if verdict is Verdict.PASS or answer.missing else Verdict.UNSURE


def _rests_on_words(rule: Rule) -> bool:
    """Whether one of its checks, or what it hangs on, exceptions included, reads what the agent says."""
    asked = (s for check in checks_of(rule) for s in structs_in(check))
    return any(getattr(s, "reads", None) in ("agent", "any") for s in asked)
