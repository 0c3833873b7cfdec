"""Rules and recorded announcements: what a rule may ask of them, and where the call begins for it."""

from typing import Any

import pytest

from analyzer.rules.checks.patterns import Announced
from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.types import Verdict
from analyzer.spans import Span
from tests.rules.small import find, verdict

CALL = """
系统: 业务咨询请按1
~ 8s
系统: 工号1023为您服务
客服: 您好，很高兴为您服务
用户: 我想查话费
客服: 好的，感谢您的来电，再见
用户: 再见
~ 1s
系统: 非常满意请按1
end agent
"""


@pytest.mark.parametrize(
    ("asked", "is_so"),
    [
        ({}, True),
        ({"at": "start"}, True),
        ({"match": ["工号"], "at": "start"}, True),
        ({"match": ["满意请按一"], "at": "end"}, True),
        ({"match": ["工号"], "at": "end"}, False),
        ({"match": ["满意"], "at": "start"}, False),
    ],
)
def test_an_announcement_is_known_by_its_words_and_place(asked: dict[str, Any], is_so: bool) -> None:
    check = {"kind": "announced", **asked}
    assert verdict(CALL, require=check) == ("pass" if is_so else "fail")
    assert bool(find(CALL, require=check).evidence) or is_so
    assert verdict("客服: 您好\n用户: 好", require=check) == "fail"


def test_what_is_played_is_matched_as_what_is_said() -> None:
    call = "客服: 您好\n系统: 还要等两分钟，工号幺零一"
    for pattern in ("两分钟", "幺零一"):
        assert verdict(call, require={"kind": "announced", "match": [pattern]}) == "pass"
        assert verdict(f"客服: {call[-14:]}", require={"kind": "pattern", "match": [pattern]}) == "pass"


def test_the_call_begins_behind_what_opens_it_and_ends_at_what_ends_it() -> None:
    call = parse_call(CALL).conversation
    assert call.live == Span(call.announcements[1].span.end_ms, call.announcements[2].span.start_ms)
    early = {"kind": "said", "any": ["hello"], "where": {"first_s": 5}}
    assert verdict(CALL, require=early) == "pass"


def test_a_pattern_that_is_none_is_named() -> None:
    assert list(Announced(match=("(",)).problems())


def test_nobody_is_accused_by_what_a_machine_said() -> None:
    call = parse_call(CALL)
    found = judge(load_standard("base"), call.conversation, call.measures, call.hangup, call.metadata).findings
    verdicts = {f.rule: f.verdict for f in found}
    assert (verdicts["E6"], verdicts["S1"]) == (Verdict.PASS, Verdict.PASS)
    assert verdicts["T2"] is Verdict.NOT_APPLICABLE


def test_one_in_the_middle_is_neither_at_the_start_nor_at_the_end() -> None:
    text = (
        "客服: 您好\n用户: 我想查话费\n客服: 请稍等\n~ 5s\n系统: 您的来电正在排队\n~ 5s\n客服: 让您久等了\n用户: 再见"
    )
    for at, is_so in (("any", "pass"), ("start", "fail"), ("end", "fail")):
        assert verdict(text, require={"kind": "announced", "at": at}) == is_so
