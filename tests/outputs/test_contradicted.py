"""A call whose roles the words contradict has no score: it would be of the wrong person."""

from __future__ import annotations

from dataclasses import replace

from analyzer.pipeline import Heard, judge_call
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.types import Verdict
from analyzer.testing.scorecards import make_scorecard

CALL = """
客服: 你们怎么乱扣我的钱
用户: 您好，很高兴为您服务，请问有什么可以帮您
客服: 我要投诉
用户: 非常抱歉，我帮您查一下，请稍等
客服: 我等了三天了
用户: 感谢您的来电，再见
"""


def heard(doubt: str) -> Heard:
    made, any_call = parse_call(CALL), make_scorecard(1)
    speakers = tuple(replace(s, role_source="metadata", role_doubt=doubt) for s in made.conversation.speakers)
    facts = replace(any_call.call, facts=replace(any_call.call.facts, duration_ms=made.conversation.duration_ms))
    conversation = replace(made.conversation, speakers=speakers)
    return Heard(facts, conversation, made.measures, made.hangup, None, "vad", None, "s", "")


def test_a_call_whose_roles_the_words_contradict_has_no_score() -> None:
    standard = load_standard("base")
    plain, doubted = judge_call(heard(""), standard), judge_call(heard("words_contradict"), standard)
    assert plain.score.total is not None and plain.score.failed
    assert (doubted.score.total, doubted.score.reason) == (None, "roles_contradicted")
    assert all(section.score is None for section in doubted.score.sections)
    needs_roles = {rule.id for rule in standard.rules if rule.needs_roles}
    assert not [f.rule for f in doubted.findings if f.verdict is Verdict.FAIL and f.rule in needs_roles]
    assert doubted.score.unsure > plain.score.unsure
