"""Verdicts: conditions, exceptions, roles, confidence."""

import gc
from dataclasses import replace
from weakref import ref

import pytest

from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.phrases import SoundSearch
from analyzer.rules.score import score
from tests.rules.small import find, standard, verdict

RUDE = {"kind": "said", "any": ["rude"]}
BYE = {"kind": "said", "any": ["bye"]}


def test_nothing_keeps_a_judged_call_in_memory() -> None:
    base, call = load_standard("base"), parse_call("客服: 您好\n用户: 查件\n客服: 我怎么知道")
    search = SoundSearch(call.conversation)
    kept = ref(search)
    gc.collect()
    gc.disable()
    try:
        judge(base, call.conversation, call.measures, call.hangup, call.metadata, search)
        del search
        assert kept() is None
    finally:
        gc.enable()


def test_applies_when() -> None:
    gate = {"kind": "said", "any": ["complains"], "role": "customer"}
    assert verdict("用户: 我要投诉\n客服: 好的", require=BYE, applies_when=gate) == "fail"
    assert verdict("用户: 查话费\n客服: 好的", require=BYE, applies_when=gate) == "not_applicable"
    assert verdict("用户? 我要投诉\n客服: 好的", require=BYE, applies_when=gate) == "unsure"


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ({"require": BYE}, "not_applicable"),
        ({"forbid": RUDE}, "not_applicable"),
        ({"require": {**BYE, "role": "any"}}, "fail"),
        ({"forbid": {"kind": "turns", "role": "customer"}}, "not_applicable"),
        ({"require": {"kind": "happens", "event": "complaint"}}, "not_applicable"),
        ({"require": {"kind": "not", "of": {"kind": "perhaps", "of": RUDE}}}, "pass"),
        ({"require": {**BYE, "role": "any", "where": {"after": {"event": "start"}}}}, "fail"),
        ({"require": {**BYE, "role": "any"}, "unless": {**RUDE, "role": "customer"}}, "unsure"),
        ({"require": {**BYE, "role": "any"}, "unless": {**RUDE, "role": "any"}}, "not_applicable"),
    ],
)
def test_a_rule_without_roles_that_listens_to_one_party_accuses_nobody_where_they_are_not_told_apart(
    check: dict[str, object], expected: str
) -> None:
    assert verdict("mono\n客服: 我怎么知道", needs_roles=False, **check) == expected


def test_unless() -> None:
    excuse = {"kind": "said", "any": ["customer_wait"], "role": "customer"}
    assert verdict("用户: 你等一下\n客服: 好的", require=BYE, unless=excuse) == "not_applicable"
    assert verdict("用户? 你等一下\n客服: 好的", require=BYE, unless=excuse) == "unsure"
    assert verdict("用户: 好\n客服: 好的", require=BYE, unless=excuse) == "fail"


def test_a_condition_that_hangs_on_an_event_in_doubt_accuses_nobody() -> None:
    after = {"after": {"event": "phrase", "families": ["customer_wait"], "role": "customer"}}
    gate = {"kind": "said", "any": ["sorry"], "where": after}
    assert verdict("用户: 你等一下\n客服: 对不起", require=BYE, applies_when=gate) == "fail"
    assert verdict("用户: 您是说你等一下\n客服: 对不起", require=BYE, applies_when=gate) == "unsure"
    excuse = {"kind": "not", "of": gate}
    assert verdict("用户: 您是说你等一下\n客服: 对不起", require=BYE, unless=excuse) == "unsure"


def test_roles_decide_what_applies() -> None:
    assert verdict("roles 0.4\n客服: 我怎么知道", forbid=RUDE) == "not_applicable"
    assert verdict("mono\n客服: 我怎么知道", forbid=RUDE) == "not_applicable"
    assert verdict("mono 0.5\n客服: 我怎么知道", forbid=RUDE) == "not_applicable"
    assert verdict("mono 0.9\n客服: 我怎么知道", forbid=RUDE) == "fail"
    silence = {"kind": "pause", "of": ["dead_air"], "min_s": 10}
    assert verdict("mono\n客服: 好\n~12s\n用户: 喂", forbid=silence, needs_roles=False) == "fail"


def test_confidence_of_roles_is_carried() -> None:
    sure, less = find("客服: 我怎么知道", forbid=RUDE), find("roles 0.7\n客服: 我怎么知道", forbid=RUDE)
    assert sure.confidence == 1.0
    assert less.confidence == 0.7


def test_an_unsure_finding_is_never_surer_than_half() -> None:
    asked = find("客服: 我怎么知道", forbid=RUDE, review_only=True)
    excused = find("客服: 我怎么知道", forbid=RUDE, unless={"kind": "perhaps", "of": RUDE})
    assert [f.verdict for f in (asked, excused)] == ["unsure", "unsure"]
    assert asked.confidence <= 0.5 and excused.confidence <= 0.5


def test_roles_that_the_words_contradict_accuse_nobody() -> None:
    made = parse_call("客服: 我怎么知道\n~12s\n用户: 喂")
    doubted = tuple(replace(s, role_doubt="words_contradict") for s in made.conversation.speakers)
    conversation = replace(made.conversation, speakers=doubted)
    silence = {"kind": "pause", "of": ["dead_air"], "min_s": 10}
    rules = standard({"forbid": RUDE}, {"require": BYE}, {"forbid": silence, "needs_roles": False}, {"forbid": BYE})
    found = judge(rules, conversation, made.measures, made.hangup, made.metadata).findings
    assert [f.verdict for f in found] == ["unsure", "unsure", "fail", "pass"]
    assert all("角色" in f.reason and "roles" in f.reason_en and f.evidence and not f.deduction for f in found[:2])


def test_a_breach_that_rests_on_little_is_unsure() -> None:
    call = "mono 0.65\nroles 0.65\n客服: 我怎么知道"
    assert verdict(call, forbid=RUDE) == "unsure"


def test_review_only_never_fails() -> None:
    finding = find("客服: 我怎么知道", forbid=RUDE, review_only=True)
    assert finding.verdict == "unsure"
    assert finding.deduction == 0
    assert finding.evidence


def test_every_verdict_but_pass_says_why() -> None:
    for call in ("客服: 我怎么知道", "客服? 我怎么知道", "mono\n客服: 您好"):
        assert find(call, forbid=RUDE).reason


def test_same_call_same_bytes() -> None:
    import msgspec

    call = parse_call("客服: 我怎么知道\n用户: 我要投诉\n客服: 对不起，再见\nend customer")
    made = standard({"forbid": RUDE}, {"require": BYE})
    twice = [
        msgspec.json.encode(judge(made, call.conversation, call.measures, call.hangup, call.metadata).findings)
        for _ in range(2)
    ]
    assert twice[0] == twice[1]


def scored(call: str, *rules: dict[str, object], **scoring: object) -> tuple[float | None, list[float]]:
    made, heard = standard(*rules, **scoring), parse_call(call)
    findings = judge(made, heard.conversation, heard.measures, heard.hangup, heard.metadata).findings
    return score(made, findings).total, [f.deduction for f in findings]


def test_total_is_the_mean_of_sections_by_weight() -> None:
    rude, bye = {"forbid": RUDE}, {"require": BYE, "section": "z", "deduction": 40}
    assert scored("客服: 再见", rude, bye)[0] == 100
    assert scored("客服: 我怎么知道\n客服: 再见", rude, bye)[0] == 85  # (3 * 80 + 1 * 100) / 4
    assert scored("客服: 好的", rude, bye)[0] == 90  # (3 * 100 + 1 * 60) / 4


def test_a_section_without_applicable_rules_has_no_say() -> None:
    gate = {"kind": "said", "any": ["complains"], "role": "customer"}
    bye = {"require": BYE, "section": "z", "deduction": 40, "applies_when": gate}
    assert scored("客服: 我怎么知道", {"forbid": RUDE}, bye)[0] == 80


def test_unsure_costs_nothing() -> None:
    assert scored("客服? 我怎么知道", {"forbid": RUDE}, {"require": {"kind": "said", "any": ["rude"]}})[1] == [0, 0]


def test_nothing_applies_no_total() -> None:
    assert scored("mono\n客服: 我怎么知道", {"forbid": RUDE})[0] is None


def test_deductions_grow_where_rules_do_not_apply_but_not_beyond_the_limit() -> None:
    gate = {"kind": "said", "any": ["complains"], "role": "customer"}
    other = {"require": BYE, "applies_when": gate}
    assert scored("客服: 我怎么知道", {"forbid": RUDE}, other)[1][0] == 30  # 20 * min(1.5, 2 / 1)
    assert scored("客服: 我怎么知道", {"forbid": RUDE}, other, reweight_limit=1.0)[1][0] == 20


def test_cap_and_weight() -> None:
    heavy = [{"forbid": RUDE, "deduction": 70, "weight": w} for w in (1, 2)]
    total, points = scored("客服: 我怎么知道", *heavy, same_words_once=False)
    assert points == [70, 140]
    assert total == 0


@pytest.mark.parametrize("points", [0.05, 0.25, 7.33, 8.45, 8.55, 20.0, 99.95])
def test_a_sections_score_and_its_points_make_a_hundred(points: float) -> None:
    made, heard = standard({"forbid": RUDE, "deduction": points}), parse_call("客服: 我怎么知道")
    findings = judge(made, heard.conversation, heard.measures, heard.hangup, heard.metadata).findings
    section = score(made, findings).sections[0]
    assert section.score is not None and round(section.score + section.deducted, 6) == 100


def test_the_same_words_take_points_once_in_a_section() -> None:
    said = "客服: 我怎么知道\n用户: 啊\n客服: 再见"
    light, heavy = {"forbid": RUDE, "deduction": 10}, {"forbid": RUDE, "deduction": 30}
    made, heard = standard(light, heavy), parse_call(said)
    first, second = judge(made, heard.conversation, heard.measures, heard.hangup, heard.metadata).findings
    assert (first.verdict, first.deduction, first.counted_in) == ("fail", 0, "R1")
    assert (second.verdict, second.deduction, second.counted_in) == ("fail", 30, None)
    assert scored(said, light, heavy, same_words_once=False) == (60, [10, 30])
    assert scored(said, light, heavy)[0] == 70
    assert scored(said, light, light)[1] == [10, 0]  # equally heavy: the first in the standard
    assert scored(said, light, {**heavy, "section": "z"})[1] == [10, 30]  # each section has its own hundred


def test_other_words_and_what_is_missing_take_points_by_themselves() -> None:
    said = "客服: 我怎么知道\n用户: 啊\n客服: 再见\n用户: 啊\n客服: 我怎么知道"
    rude, bye = {"forbid": RUDE, "deduction": 10}, {"forbid": {"kind": "said", "any": ["bye"]}, "deduction": 30}
    both = {"forbid": {"kind": "said", "any": ["rude", "bye"]}, "deduction": 20}
    assert scored(said, rude, bye)[1] == [10, 30]
    assert scored(said, bye, both)[1] == [30, 20]  # of the second's words some are the first's, not all
    assert scored(said, rude, bye, both)[1] == [0, 30, 20]
    missing = {"require": {"kind": "said", "any": ["thanks"]}, "deduction": 10}
    assert scored(said, missing, {**missing, "deduction": 30})[1] == [10, 30]


def test_what_is_missing_is_shown_with_what_called_for_it() -> None:
    gate = {"kind": "said", "any": ["complains"], "role": "customer"}
    found = find("用户: 我要投诉\n客服: 好的好的好的", require=BYE, applies_when=gate)
    assert [(e.what, e.quote, e.context) for e in found.evidence] == [
        ("这一段里应当出现，但没有听到", "", False), ("适用的前提：说了这类话", "我要投诉", True),
    ]  # fmt: skip
    calm = {"kind": "not", "of": gate}
    assert len(find("用户: 我要查账\n客服: 好的好的好的", require=BYE, applies_when=calm).evidence) == 1
    often = find("用户: 我要投诉\n客服: 嗯\n" * 9, require=BYE, applies_when=gate)
    assert sum(e.quote == "我要投诉" for e in often.evidence) == 2
    wanted = {**BYE, "where": {"after": {"event": "phrase", "families": ["complains"]}}}
    assert len(find("用户: 我要投诉\n客服: 好的好的好的", require=wanted, applies_when=gate).evidence) == 2
    assert len(find("用户: 我要投诉\n客服: 我怎么知道", forbid=RUDE, applies_when=gate).evidence) == 1


def test_one_fault_at_one_place_takes_points_once() -> None:
    silence = {"event": "silence", "min_s": 10}
    waited = {"forbid": {"kind": "pause", "of": ["dead_air"], "min_s": 10}, "deduction": 10}
    unasked = {"require": {**BYE, "where": {"before": silence}}, "deduction": 30}
    unthanked = {"require": {**BYE, "where": {"after": silence, "within_s": 5}}, "deduction": 20}
    rules = waited, unasked, unthanked
    call = "客服: 好\n~18s\n客服: 查到了"
    assert scored(call, *rules)[1] == [10, 30, 20]
    one = [{**r, "one_fault": "waiting"} for r in rules]
    assert scored(call, *one)[1] == [0, 30, 0]
    assert scored(call, *one, same_words_once=False)[1] == [10, 30, 20]
    assert scored(call, {**one[0], "section": "z"}, *one[1:])[1] == [10, 30, 0]  # each section has its own hundred
    assert scored(call, {**one[0], "one_fault": "other"}, *one[1:])[1] == [10, 30, 0]
    made, heard = standard(*one), parse_call(call)
    found = judge(made, heard.conversation, heard.measures, heard.hangup, heard.metadata).findings
    assert [f.counted_in for f in found] == ["R1", None, "R1"]


def test_one_fault_at_two_places_takes_points_twice() -> None:
    first = {"forbid": {"kind": "pause", "of": ["dead_air"], "min_s": 15}, "deduction": 10, "one_fault": "waiting"}
    second = {"forbid": {"kind": "pause", "of": ["dead_air"], "max_s": 15}, "deduction": 20, "one_fault": "waiting"}
    assert scored("客服: 好\n~18s\n客服: 查到了\n~12s\n客服: 对", first, second)[1] == [10, 20]


def test_fatal_caps_the_total() -> None:
    total, _ = scored("客服: 我怎么知道", {"forbid": RUDE, "fatal": True, "deduction": 5}, fatal_cap=10)
    assert total == 10


def test_unscored_rules_never_count() -> None:
    assert (
        scored("客服: 我怎么知道", {"forbid": RUDE, "scored": False}, {"require": {"kind": "not", "of": BYE}})[0] == 100
    )


def test_a_call_that_hardly_any_rule_applies_to_has_no_total() -> None:
    standard = load_standard("base")
    call = parse_call("mono\nmeasure opening_delay=800\n客服: 您好")
    found = judge(standard, call.conversation, call.measures, call.hangup, call.metadata).findings
    result = score(standard, found)
    assert result.total is None and result.reason == "too_few_rules_apply"
    assert {section.score for section in result.sections} == {None}  # nor does a part of it speak for the call


def test_evidence_stands_once_and_in_order_of_time() -> None:
    twice = {"kind": "all", "of": [{"kind": "said", "any": ["rude"]}, {"kind": "said", "any": ["order", "rude"]}]}
    call = "客服: 你赶紧\n用户: 嗯\n客服: 我怎么知道\n用户: 嗯\n客服: 我怎么知道"
    found = find(call, forbid=twice)
    assert [e.quote for e in found.evidence] == ["你赶紧", "我怎么知道", "我怎么知道"]
    starts = [e.span.start_ms for e in found.evidence]
    assert starts == sorted(set(starts))
    unheard = {"kind": "any", "of": [BYE, {"kind": "said", "any": ["thanks"]}, {"kind": "said_back"}]}
    assert len(find("客服: 您好", require=unheard).evidence) == 1


def test_two_phrases_in_the_same_words_are_one_place() -> None:
    said = find("客服: 您好\n用户: 好", require={"kind": "not", "of": {"kind": "said", "any": ["hello", "greets"]}})
    assert [e.quote for e in said.evidence] == ["您好"]


def test_what_is_missing_is_missed_where_the_first_alternative_wants_it() -> None:
    after = {"kind": "said", "any": ["sorry"], "where": {"after": {"event": "complaint"}, "within_turns": 1}}
    before = {"kind": "said", "any": ["back"], "where": {"before": {"event": "complaint"}}}
    found = find("客服: 您好\n用户: 我要投诉\n客服: 哦", require={"kind": "any", "of": [after, before]})
    assert found.verdict == "fail"
    assert [e.quote for e in found.evidence] == ["我要投诉", ""]  # what it is about, and where it should have been
    assert [e.span.start_ms > 1000 for e in found.evidence] == [True, True]


def test_a_branch_that_is_for_a_human_says_itself_what_is_to_be_decided() -> None:
    """The rule's reason may tell of another branch, of which nothing was heard."""
    waits = {"kind": "perhaps", "of": {"kind": "said", "any": ["rude"], "role": "customer"},
             "reason": "客户抱怨", "reason_en": "the customer complains"}  # fmt: skip
    late = {"kind": "measure", "name": "opening_delay", "role": "any", "max": 5000, "unsure_max": 15000}
    rule = {
        "require": {"kind": "all", "of": [late, {"kind": "not", "of": waits}]},
        "reason": "太晚开口",
        "reason_en": "late",
    }

    def reasons(call: str) -> tuple[str, str]:
        found = find(call, **rule)
        assert found.verdict == "unsure"
        return found.reason, found.reason_en

    zh, en = reasons("measure opening_delay=800\n客服: 您好\n用户: 我怎么知道")
    assert zh == "有这样的迹象，请人工确认；请判断算不算不符合：客户抱怨"
    assert en == "there are signs of it: a human should listen; decide whether it is a failure: the customer complains"
    zh, en = reasons("measure opening_delay=800\n客服: 您好\n用户? 我怎么知道")
    assert "客户抱怨" in zh and "太晚" not in zh and "late" not in en
    zh, en = reasons("measure opening_delay=8000\n客服: 您好")
    assert "太晚开口" in zh and "客户抱怨" not in zh
    zh, en = reasons("measure opening_delay=8000\n客服: 您好\n用户: 我怎么知道")
    assert "太晚开口" in zh and "客户抱怨" in zh and "late" in en and "complains" in en


@pytest.mark.parametrize(
    ("rule", "call", "decided"),
    [
        ("E4", "measure opening_delay=800\n客服: 您好\n用户: 打了好几遍才打通", "客户说等了很久才接通"),
        (
            "H2",
            "用户: 耽误了我的生意你们赔得起吗\n客服: 请问您都打了一些什么电话\n用户: 让你们领导来接电话",
            "坐席没有先安抚",
        ),
    ],
)
def test_what_is_asked_of_a_human_is_what_the_evidence_shows(rule: str, call: str, decided: str) -> None:
    standard = load_standard("base")
    parsed = parse_call(call)
    (found,) = judge(
        standard, parsed.conversation, parsed.measures, parsed.hangup, parsed.metadata, only=(rule,)
    ).findings
    known = next(r for r in standard.rules if r.id == rule)
    assert found.verdict == "unsure" and decided in found.reason
    assert known.reason not in found.reason and known.reason_en not in found.reason_en
