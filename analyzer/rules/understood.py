"""Whether the agent's words were understood at all, and which rules rest on them."""

from __future__ import annotations

from analyzer.call.types import Role
from analyzer.measure.types import Measures
from analyzer.rules.checks.answer import Answer, Why
from analyzer.rules.checks.counting import Share, Unanswered
from analyzer.rules.checks.echo import SaidBack
from analyzer.rules.checks.patterns import Pattern
from analyzer.rules.checks.words import Repeated, Similar
from analyzer.rules.packcheck import checks_of, families_of, structs_in
from analyzer.rules.standard import Rule, Standard
from analyzer.rules.types import Verdict

NOT_UNDERSTOOD = Why(
    "坐席的话大多没有听懂，不能据此判断", "most of what the agent says was not understood: nothing rests on it"
)
_READ_WORDS = (Pattern, Similar, Repeated, SaidBack, Share, Unanswered)  # and whatever names a phrase family


def agent_is_understood(standard: Standard, measures: Measures) -> bool:
    """False where too little of what the agent says became words to be trusted; where nothing tells, True.

    Args:
        standard: says how much is enough.
        measures: of the call.
    """
    share = measures.get("words_understood", Role.AGENT)
    return share is None or share.value is None or share.value >= standard.scoring.min_words_understood


def without_words(rule: Rule, answer: Answer, verdict: Verdict) -> Verdict:
    """The verdict on an agent whose words were not understood.

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
    """Whether one of its checks, exceptions included, listens to what the agent says."""
    asked = [s for check in checks_of(rule) for s in structs_in(check)]
    return any(
        (isinstance(s, _READ_WORDS) or any(families_of(s))) and getattr(s, "role", "any") != "customer" for s in asked
    )
