"""What the standard says of an agent who was not heard, or whose words were not understood."""

from __future__ import annotations

import pytest

from analyzer.rules.checks import KINDS
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


RATE = {"kind": "rate", "tokens": ["嘛"], "max_per_min": 1, "min_speech_s": 1}
OVERLAP = {"kind": "not", "of": {"kind": "overlap", "min_chars": 4}}
HANGUP = {"kind": "not", "of": {"kind": "hangup", "grace_s": 3}}
BEHIND = SILENCE | {"where": {"after": {"event": "goodbye", "role": "agent"}}}


@pytest.mark.parametrize(
    ("check", "praises", "accuses"),
    [
        (RATE, "客服: 好的好的好的好的", "客服: 好嘛好嘛好嘛"),
        ({"kind": "turns", "min_chars": 4}, "客服: 好的您请慢慢讲", "客服: 好的"),
        (OVERLAP, "用户: 喂您好我想问\n客服! 你", "用户: 喂您好我想问\n客服! 你先听我说"),
        (HANGUP, "客服: 再见\n用户: 再见\nend agent 9s", "客服: 好\nend agent 1s"),
        ({"kind": "said_back", "role": "customer"}, "客服: 充值卡号码\n用户: 充值卡号码", "客服: 充值卡号码\n用户: 好"),
        (BEHIND, "客服: 再见\n~12s\n用户: 喂", "客服: 再见\n~3s\n用户: 喂"),
    ],
)
def test_whatever_counts_the_agents_words_rests_on_them(check: dict[str, object], praises: str, accuses: str) -> None:
    assert (find(praises, require=check).verdict, find(accuses, require=check).verdict) == ("pass", "fail")
    assert lost(praises, require=check).verdict == "not_applicable"
    assert lost(accuses, require=check).verdict in ("unsure", "not_applicable")


def test_how_long_somebody_speaks_is_no_matter_of_words() -> None:
    assert lost("客服: 好的您请慢慢讲", require={"kind": "turns", "min_s": 1}).verdict == "pass"
    assert lost("客服: 好", require={"kind": "turns", "min_s": 1}).verdict == "fail"


def test_every_check_kind_says_whose_words_it_reads() -> None:
    assert [name for name, kind in KINDS.items() if not hasattr(kind, "reads")] == []


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
