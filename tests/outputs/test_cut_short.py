"""A recording that lacks what its header claims ends before the call does, unless hardly anything is lacking."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer.pipeline import Heard, judge_call
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.types import Verdict
from analyzer.testing.scorecards import make_scorecard

CALL = """
客服: 您好，很高兴为您服务
用户: 我要查话费
客服: 您这个月的话费是十二块
用户: 好的
客服: 嗯
end agent
"""


@pytest.mark.parametrize(
    ("lost_ms", "verdict"), [(0, Verdict.FAIL), (900, Verdict.FAIL), (1_100, Verdict.UNSURE), (60_000, Verdict.UNSURE)]
)
def test_a_closing_is_missed_only_where_the_sound_goes_on_to_the_end(lost_ms: int, verdict: Verdict) -> None:
    made, any_call = parse_call(CALL), make_scorecard(1)
    present = any_call.call.facts.frames_present
    facts = replace(any_call.call.facts, frames_claimed=present + lost_ms * any_call.call.facts.rate_hz // 1000)
    assert facts.lost_ms == lost_ms
    heard = Heard(
        replace(any_call.call, facts=facts), made.conversation, made.measures, made.hangup, None, "vad", None, "s", ""
    )
    card = judge_call(heard, load_standard("base"))
    assert next(f.verdict for f in card.findings if f.rule == "C8") is verdict
