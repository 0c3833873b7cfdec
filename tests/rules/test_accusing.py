"""Whatever kind of check it is: nobody is accused by words that were heard badly, or by a recording that is cut."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.small import verdict

THANKS = {"kind": "happens", "event": "phrase", "families": ["thanks"], "role": "agent"}
TWICE = {"kind": "repeated"}
PART = "客服: 您好\n用户: 我想查话费\n客服: 好的我给您查一下\n"


@pytest.mark.parametrize(
    ("check", "call"),
    [
        (THANKS, "{}\n用户: 好的我知道了\n客服: 还有什么需要帮助的吗"),
        (TWICE, "客服: 您的工号是八零二七请记录\n用户: 好的再说一遍\n{}\n用户: 好的"),
    ],
)
def test_what_does_not_happen_may_have_gone_unheard(check: dict[str, Any], call: str) -> None:
    clear, unheard = call.format("客服: 好的"), call.format("客服?")
    assert verdict(clear, require=check) == "fail"
    assert verdict(unheard, require=check) == "unsure"
    assert verdict(clear + "\nend cut", require=check) == "unsure"
    assert verdict(unheard, forbid=check) == "pass"


def test_an_event_that_may_have_gone_unheard_may_excuse() -> None:
    rude = {"kind": "said", "any": ["rude"]}
    sorry = THANKS | {"families": ["sorry"]}
    assert verdict("客服: 好的\n用户: 好的我知道了\n客服: 我怎么知道", forbid=rude, unless=sorry) == "fail"
    assert verdict("客服?\n用户: 好的我知道了\n客服: 我怎么知道", forbid=rude, unless=sorry) == "unsure"


def test_a_share_of_doubted_words_accuses_nobody() -> None:
    polite = {"kind": "share", "of": ["您"], "against": ["你"], "max": 0.3}
    call = "客服{0} 你先把你的卡号告诉我你的手机呢\n用户: 好的我知道了\n客服{0} 你等一下你看一下"
    assert verdict(call.format(":"), forbid=polite) == "fail"
    assert verdict(call.format("?"), forbid=polite) == "unsure"
    assert verdict(call.format("?"), require=polite) == "pass"


def test_a_rate_that_doubted_words_would_lift_accuses_nobody() -> None:
    seldom = {"kind": "rate", "families": ["thanks"], "max_per_min": 0.5, "min_speech_s": 1}
    assert verdict("客服: 今天天气不错\n用户: 好的\n客服: 好的", forbid=seldom) == "fail"
    assert verdict("客服? 谢谢您的来店今天天气不错\n用户: 好的\n客服: 好的", forbid=seldom) == "unsure"


@pytest.mark.parametrize(
    ("check", "done"),
    [
        ({"kind": "said", "any": ["thanks"]}, "客服: 谢谢您的来电\n"),
        ({"kind": "pattern", "match": ["天气不错"]}, "客服: 今天天气不错\n"),
        ({"kind": "pause", "of": ["dead_air", "response"], "min_s": 5}, "客服: 今天天气不错\n~8s\n"),
    ],
)
def test_what_is_perhaps_excused_is_perhaps_done(check: dict[str, Any], done: str) -> None:
    excused = check | {"except_near": {"families": ["sorry"], "before_s": 30, "after_s": 30}}
    for said, verdicts in {
        "请讲": ("pass", "fail"),
        "对不起": ("fail", "pass"),
        "您是说对不起": ("unsure", "pass"),
    }.items():
        call = f"{done}用户: 好的我知道了\n客服: {said}"
        assert (verdict(call, require=excused), verdict(call, forbid=excused)) == verdicts, said


@pytest.mark.parametrize("before", [{"event": "end"}, {"event": "last_turn", "role": "agent"}])
def test_what_belongs_before_the_end_of_a_call_may_lie_behind_the_cut(before: dict[str, str]) -> None:
    check = {"kind": "said", "any": ["thanks"], "where": {"before": before, "within_s": 30}}
    assert verdict(PART, require=check) == "fail"
    assert verdict(f"{PART}end cut", require=check) == "unsure"
    first = {"event": "first_turn", "role": "customer"}
    assert verdict(f"{PART}end cut", require=check | {"where": {"before": first}}) == "fail"


def test_a_pattern_is_excused_in_its_own_turn_alone_where_that_is_asked() -> None:
    excuse = {"families": ["sorry"], "same_turn": True, "before_s": 30, "after_s": 30}
    check = {"kind": "pattern", "match": ["天气不错"], "except_near": excuse}
    assert verdict("客服: 今天天气不错\n用户: 好的我知道了\n客服: 对不起", forbid=check) == "fail"
    assert verdict("客服: 今天天气不错对不起\n用户: 好的我知道了", forbid=check) == "pass"
