"""What the standard says of an agent who was not heard, or whose words were not understood."""

from __future__ import annotations

import pytest

from analyzer.rules.types import Finding
from tests.rules.small import find

RUDE = {"kind": "said", "any": ["rude"]}
HELLO = {"kind": "said", "any": ["hello"]}
CUSTOMERS = {"kind": "said", "any": ["rude"], "role": "customer"}
SILENCE = {"kind": "pause", "of": ["dead_air"], "min_s": 10}
EXCUSED = SILENCE | {"except_near": {"families": ["wait"]}}
LOST = "measure agent.words_understood = 12\n"


def lost(call: str, **rule: object) -> Finding:
    return find(LOST + call, **rule)


@pytest.mark.parametrize("share", ["none", "40", "95"])
def test_words_that_were_understood_enough_count(share: str) -> None:
    known = f"measure agent.words_understood = {share}\n"
    assert find(known + "客服: 好的", forbid=RUDE).verdict == "pass"
    assert find(known + "客服: 我怎么知道", forbid=RUDE).verdict == "fail"


def test_forbidden_words_that_were_not_heard_are_no_praise() -> None:
    finding = lost("客服: 好的", forbid=RUDE)
    assert finding.verdict == "not_applicable"
    assert "没有听懂" in finding.reason and "not understood" in finding.reason_en


def test_wanted_words_that_were_not_heard_accuse_nobody_and_are_nowhere_to_be_heard() -> None:
    finding = lost("客服: 好的", require=HELLO)
    assert (finding.verdict, finding.evidence) == ("not_applicable", ())


def test_wanted_words_that_were_heard_are_no_praise() -> None:
    assert lost("客服: 您好", require=HELLO).verdict == "not_applicable"


def test_forbidden_words_that_were_heard_are_for_a_human() -> None:
    finding = lost("客服: 我怎么知道", forbid=RUDE)
    assert finding.verdict == "unsure" and finding.evidence and not finding.deduction
    assert "没有听懂" in finding.reason


def test_rules_on_sound_timing_and_the_customers_words_stand() -> None:
    assert lost("客服: 好\n~12s\n用户: 喂", forbid=SILENCE).verdict == "fail"
    assert lost("客服: 好\n用户: 喂", forbid=SILENCE).verdict == "pass"
    assert lost("客服: 好\n用户: 我怎么知道", forbid=CUSTOMERS).verdict == "fail"


def test_an_excuse_that_may_have_been_said_is_for_a_human() -> None:
    assert find("客服: 好\n~12s\n用户: 喂", forbid=EXCUSED).verdict == "fail"
    assert lost("客服: 好\n~12s\n用户: 喂", forbid=EXCUSED).verdict == "unsure"
    assert lost("客服: 好\n~12s\n用户: 喂", forbid=SILENCE, unless=HELLO).verdict == "unsure"


def test_the_customers_words_don_t_count_for_the_agents() -> None:
    assert find("measure customer.words_understood = 5\n客服: 好的", forbid=RUDE).verdict == "pass"


def test_an_agent_who_is_not_heard_is_neither_praised_nor_accused_for_his_words() -> None:
    alone = "用户: 喂\n~12s\n用户: 有人吗"
    for rule in ({"forbid": RUDE}, {"require": HELLO}):
        finding = find(alone, **rule)
        assert (finding.verdict, finding.evidence) == ("not_applicable", ())
        assert "没有听到坐席说话" in finding.reason and "not heard" in finding.reason_en
    assert find(alone, forbid=SILENCE).verdict == "fail"  # what the customer waits through is heard
    assert find(alone + "\n客服: 好", forbid=RUDE).verdict == "pass"
