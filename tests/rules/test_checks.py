"""Every check kind on small calls whose answer is known."""

from dataclasses import replace

import pytest

from analyzer.measure.types import Measure
from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.spans import Span
from tests.rules.small import find, standard, verdict

GOOD = "客服: 您好\n用户: 我要投诉\n客服: 很抱歉，请稍等\n用户: 好的"


@pytest.mark.parametrize(
    ("call", "check", "expected"),
    [
        (GOOD, {"any": ["sorry"]}, "pass"),
        (GOOD, {"any": ["bye"]}, "fail"),
        (GOOD, {"all": ["hello", "sorry"]}, "pass"),
        (GOOD, {"all": ["hello", "bye"]}, "fail"),
        (GOOD, {"none": ["rude"]}, "pass"),
        (GOOD, {"none": ["hello"]}, "fail"),
        (GOOD, {"any": ["hello", "sorry", "bye"], "at_least": 2, "distinct": True}, "pass"),
        (GOOD, {"any": ["sorry"], "at_least": 2}, "fail"),
        (GOOD, {"any": ["complains"]}, "fail"),  # the customer said it, the agent did not
        (GOOD, {"any": ["complains"], "role": "customer"}, "pass"),
        (GOOD, {"any": ["hello"], "where": {"first_turns": 1}}, "pass"),
        (GOOD, {"any": ["sorry"], "where": {"first_turns": 1}}, "fail"),
        (GOOD, {"any": ["sorry"], "where": {"last_turns": 1}}, "pass"),
        (GOOD, {"any": ["hello"], "where": {"last_turns": 1}}, "fail"),
        (GOOD, {"any": ["hello"], "where": {"first_s": 1}}, "pass"),
        (GOOD, {"any": ["sorry"], "where": {"last_s": 1}}, "fail"),
        (GOOD, {"any": ["sorry"], "where": {"after": {"event": "complaint"}, "within_turns": 1}}, "pass"),
        (GOOD, {"any": ["hello"], "where": {"after": {"event": "complaint"}}}, "fail"),
        (GOOD, {"any": ["hello"], "where": {"before": {"event": "complaint"}}}, "pass"),
        (GOOD, {"any": ["hello"], "where": {"before": {"event": "complaint"}, "within_s": 0.1}}, "fail"),
        (GOOD, {"any": ["bye"], "where": {"after": {"event": "hold_start"}}}, "not_applicable"),
        (GOOD, {"any": ["sorry"], "where": {"after": {"event": "phrase", "families": ["complains"]}}}, "pass"),
    ],
)
def test_said(call: str, check: dict[str, object], expected: str) -> None:
    assert verdict(call, require={"kind": "said", **check}) == expected


def test_what_the_other_brought_up_counts_as_nobody_s_own() -> None:
    own = {"kind": "said", "any": ["wait"], "brought_up": True}
    assert verdict("客服: 请稍等\n用户: 请稍等", forbid=own) == "fail"
    assert verdict("用户: 请稍等\n客服: 请稍等", forbid=own) == "pass"
    assert verdict("用户: 很抱歉\n客服: 请稍等", forbid=own) == "fail"
    assert verdict("用户: 请稍等\n客服: 请稍等", forbid={**own, "brought_up": False}) == "unsure"  # said back


def test_what_excuses_a_phrase_may_have_to_stand_in_its_turn() -> None:
    near = {"families": ["sorry"], "role": "agent", "before_s": 5, "after_s": 5}
    asked = {"kind": "said", "any": ["wait"], "except_near": near}
    apart = "客服: 请稍等\n客服: 很抱歉"
    assert verdict(apart, forbid=asked) == "pass"
    within = {**asked, "except_near": {**near, "same_turn": True}}
    assert verdict(apart, forbid=within) == "fail"
    assert verdict("客服: 很抱歉，请稍等", forbid=within) == "pass"


@pytest.mark.parametrize(
    ("between", "expected"),
    [("嗯", "pass"), ("好的好的", "pass"), ("啊？", "fail"), ("是吗", "fail"), ("等什么等", "fail"), ("不行", "fail")],
)
def test_a_listener_s_token_does_not_end_the_turn_that_must_excuse(between: str, expected: str) -> None:
    near = {"families": ["sorry"], "role": "agent", "before_s": 5, "after_s": 5, "same_turn": True}
    check = {"kind": "said", "any": ["wait"], "except_near": near}
    assert verdict(f"客服: 请稍等\n客户: {between}\n客服: 很抱歉", forbid=check) == expected
    assert verdict(f"客服: 很抱歉\n客户: {between}\n客服: 请稍等", forbid=check) == expected
    assert verdict(f"客服: 很抱歉，是昨天的吗\n客户: {between}\n客服: 请稍等", forbid=check) == "fail"


def test_a_silence_is_excused_by_the_last_turn_and_by_the_one_a_token_answers_with_nothing() -> None:
    near = {"families": ["wait"], "role": "agent", "before_s": 10, "last_turn": True}
    check = {"kind": "pause", "of": ["dead_air"], "min_s": 10, "except_near": near}
    for between, expected in (("嗯", "pass"), ("好的", "pass"), ("好的八八零一", "fail"), ("是吗", "fail")):
        assert verdict(f"客服: 请稍等\n用户: {between}\n~12s\n客服: 好了", forbid=check) == expected
        assert verdict(f"客服: 请稍等好吗\n用户: {between}\n~12s\n客服: 好了", forbid=check) == "fail"


def test_every_anchor_must_hold() -> None:
    check = {
        "kind": "said",
        "any": ["wait"],
        "where": {"before": {"event": "hold_start", "which": "every"}, "within_s": 8},
    }
    one = "客服: 请稍等\nhold 30s\n客服: 让您久等了"
    assert verdict(one, require=check) == "pass"
    assert verdict(one + "\n用户: 还有一个问题想问你一下可以吗\nhold 30s\n客服: 好了", require=check) == "fail"


AFTER_CONFIRM = {"after": {"event": "phrase", "families": ["confirm"], "role": "customer"}}


@pytest.mark.parametrize(
    ("call", "required", "forbidden"),
    [
        ("客服: 好的再见", "pass", "unsure"),  # it can satisfy, and accuses nobody
        ("客服: 好的", "unsure", "pass"),
        ("客服: 好的\n用户: 请问您说的是昨天的订单对吗\n客服: 嗯", "fail", "pass"),  # the first sure one counts
        ("客服: 再见\n用户: 请问您说的是昨天的订单对吗\n客服: 嗯", "pass", "unsure"),
    ],
)
def test_an_event_in_doubt_accuses_nobody(call: str, required: str, forbidden: str) -> None:
    check = {"kind": "said", "any": ["bye"], "where": AFTER_CONFIRM}
    doubtful = f"用户? 请问您说的是昨天的订单对吗\n{call}"
    assert verdict(doubtful, require=check) == required
    assert verdict(doubtful, forbid=check) == forbidden


def test_what_only_resembles_a_phrase_across_a_mark_between_clauses_is_unsure() -> None:
    forbid = {"kind": "said", "any": ["rude"]}
    for call, expected in (
        ("客服: 你还像怎样", "fail"),
        ("客服: 你还，像怎样", "unsure"),
        ("客服: 你还,像怎样", "unsure"),
        ("客服: 你还想，怎样", "fail"),  # to the letter
        ("客服: 好，你还像怎样，啊", "fail"),
        ("客服: 一共3,000块，你还像怎样", "fail"),
    ):
        assert verdict(call, forbid=forbid) == expected, call


def test_gap_forms() -> None:
    check = {"kind": "said", "any": ["confirm"]}
    assert verdict("客服: 请问您说的是昨天的订单对吗", require=check) == "pass"
    assert verdict("客服: 请问您说的是昨天的订单", require=check) == "fail"


def test_missing_phrase_behind_doubted_speech_is_unsure() -> None:
    check = {"kind": "said", "any": ["bye"]}
    assert verdict("客服: 您好\n客服: 好的", require=check) == "fail"
    assert verdict("客服: 您好\n客服?", require=check) == "unsure"
    assert verdict("客服: 您好\n客服? 在建", require=check) == "unsure"
    assert verdict("客服: 您好\n用户?", require=check) == "fail"  # the customer's mumbling hides no agent words


def test_a_long_turn_goes_on_behind_another_s_short_one() -> None:
    """Turns are in order of their starts; which of several parties ends first is another matter."""
    check = {"kind": "pattern", "match": ["条款"], "role": "any", "where": {"last_s": 30}}
    call = "0-60 客服: 我给您念一下这个条款\n10-12 用户: 嗯嗯好的我知道\n60-63 用户: 行"
    assert verdict(call, require=check) == "pass"
    assert verdict(call, forbid=check) == "fail"


def test_forbidden_phrase_quoted_or_doubted_is_unsure() -> None:
    check = {"kind": "said", "any": ["rude"]}
    assert verdict("客服: 我怎么知道", forbid=check) == "fail"
    assert verdict("客服? 我怎么知道", forbid=check) == "unsure"
    assert verdict("客服: 您的意思是我怎么知道吗", forbid=check) == "unsure"
    told = "用户: 您是说我怎么知道\n客服: 一句我怎么知道就挂断了真不应该"
    assert verdict(told, forbid=check) == "unsure"  # said again in answer to who told it
    assert verdict(told.replace("您是说", "您是说不归我们管，"), forbid=check) == "unsure"
    long = "您是说那天在柜台排了一上午的队还没有轮到我，"
    assert verdict(told.replace("您是说", long), forbid=check) == "fail"
    assert verdict("用户: 我怎么知道\n客服: 我怎么知道", forbid=check) == "fail"
    assert verdict(told.replace("一句", "") + "\n用户: 嗯\n客服: 我怎么知道", forbid=check) == "fail"
    want = "用户: 他说你还想啊怎样爱告不告\n用户: 都三天了\n客服: 嗯您说\n用户: 就这些\n客服: {}你还想怎样爱告不告"
    assert verdict(want.format("看门的师傅回的是"), forbid=check) == "unsure"  # without his 啊
    assert verdict(want.format("").replace("爱告不告", ""), forbid=check) == "fail"  # a retort
    assert verdict("客服: 好\n用户: 我怎么知道", forbid=check) == "pass"


def test_evidence_of_a_missing_phrase_is_where_it_should_have_been() -> None:
    finding = find(GOOD, require={"kind": "said", "any": ["bye"], "where": {"after": {"event": "complaint"}}})
    assert finding.verdict == "fail"
    about, missing = finding.evidence
    assert (about.role, about.quote) == ("customer", "我要投诉")
    assert missing.span.start_ms == about.span.end_ms >= 1000
    assert missing.span.duration_ms > 0


def test_pattern() -> None:
    check = {"kind": "pattern", "match": ["为什么.{0,6}(要|会)"], "exclude": ["为什么会出现这个"]}
    assert verdict("客服: 你为什么非要这样", forbid=check) == "fail"
    assert verdict("客服: 为什么会出现这个提示呢", forbid=check) == "pass"
    assert verdict("客服: 好\n用户: 你为什么非要这样", forbid=check) == "pass"
    assert verdict("客服? 你为什么非要这样", forbid=check) == "unsure"


@pytest.mark.parametrize(
    "check",
    [
        {"kind": "said", "any": ["careless", "careless_gap"]},
        {"kind": "said", "any": ["hello", "greets"]},
        {"kind": "said", "any": ["hello", "hello"]},
        {"kind": "pattern", "match": ["你太马", "太马虎"]},
    ],
)
def test_what_several_fit_in_one_place_is_said_once(check: dict[str, object]) -> None:
    assert verdict("客服: 您好你太马虎了", forbid={**check, "at_least": 2}) == "pass"
    again = "客服: 您好你太马虎了\n用户: 啊\n客服: 您好你太马虎了"
    assert verdict(again, forbid={**check, "at_least": 2}) == "fail"
    assert verdict(again, forbid={**check, "at_least": 3}) == "pass"


def test_similar_is_never_more_than_unsure() -> None:
    check = {"kind": "similar", "phrases": ["请您留下您的联系方式，我们查询后尽快跟您联系"]}
    assert verdict("客服: 请您留一下联系方式，我们查询后会尽快联系您", require=check) == "unsure"
    assert verdict("客服: 今天天气很好我们出去玩", require=check) == "fail"
    assert verdict("客服? 今天天气很好我们出去玩", require=check) == "unsure"
    assert verdict("客服: 今天天气很好我们出去玩\nend cut", require=check) == "unsure"


def test_repeated() -> None:
    check = {"kind": "repeated", "min_chars": 6}
    assert verdict("客服: 请提供您的会员卡号\n用户: 什么\n客服: 请提供您的会员卡号", forbid=check) == "fail"
    assert verdict("客服: 请提供您的会员卡号\n用户: 什么\n客服: 我帮您查询一下账户余额", forbid=check) == "pass"
    short = {"kind": "repeated", "min_chars": 1}
    assert verdict("客服: 喂\n用户: 你好\n客服: 喂", forbid=short) == "fail"
    assert verdict("客服: 喂\n用户: 你好\n客服: 好", forbid=short) == "pass"


def test_a_frame_is_one_way_of_saying_a_family() -> None:
    check = {"kind": "said", "any": ["why"]}
    assert verdict("客服: 干嘛取消啊好好的", forbid=check) == "fail"
    assert verdict("客服: 好\n用户: 干嘛取消啊好好的", forbid=check) == "pass"
    assert verdict("客服: 请问是什么时候取消的\n客服: 退了", forbid=check) == "pass"
    assert verdict("客服: 为啥退呢我查一下", forbid=check) == "pass"
    assert verdict("客服: 为啥退呢", forbid=check) == "fail"
    assert verdict("客服: 您是说干嘛取消吗", forbid=check) == "pass"  # the frame begins a turn
    assert verdict("客服? 干嘛取消啊", forbid=check) == "unsure"
    (evidence,) = find("客服: 您好\n客服: 为啥退呢", forbid=check).evidence
    assert (evidence.quote, evidence.phrase) == ("为啥退", "为什么")


def test_who_says_a_promise_back_promises_where_the_family_says_so() -> None:
    call = "用户: 一定能退吗\n客服: 一定能退您放心吧今天就给您办"
    assert verdict(call, forbid={"kind": "said", "any": ["promises"]}) == "fail"
    assert verdict(call, forbid={"kind": "said", "any": ["promises_anew"]}) == "unsure"


def test_said_back() -> None:
    check = {"kind": "said_back"}
    assert verdict("用户: 财务负责人变更办不了\n客服: 好的财务负责人变更", require=check) == "pass"
    assert verdict("客服: 财务负责人变更\n用户: 财务负责人变更", require=check) == "fail"  # who says it back is asked
    assert verdict("用户: 财务负责人变更办不了\n客服: 您要办什么", require=check) == "fail"
    assert verdict("用户: 你们有没有这个\n客服: 您有没有这个", require=check) == "fail"  # nothing that means something
    assert verdict("用户: 他去我家砸门\n客服: 去您家砸门是不允许的", require=check) == "pass"  # the person changes
    assert verdict("用户: 财务负责人变更\n客服?", require=check) == "unsure"
    far = "\n".join(["用户: 财务负责人变更", *["用户: 嗯"] * 6, "客服: 财务负责人变更"])
    assert verdict(far, require=check) == "fail"
    assert verdict(far, require={**check, "within_turns": 7}) == "pass"
    assert verdict("用户: 我要退我的保险\n客服: 您要退您的保险", require=check) == "pass"
    assert verdict("用户: 尾号是1101\n客服: 一一零一对吗", require=check) == "pass"  # in a number 一 is no article
    assert verdict("用户: 我看一下一个\n客服: 我看一下一个", require=check) == "fail"
    assert verdict("用户: 我的就是这个的那个退\n客服: 您的就是这个的那个保", require=check) == "fail"


def test_said_back_in_other_words() -> None:
    check = {"kind": "said_back", "scattered": True, "min_chars": 8}
    drink = "用户: 我投了五块钱饮料没掉下来\n客服: "
    assert verdict(drink + "投了钱没拿到饮料", require=check) == "pass"
    assert verdict(drink + "饮料凉不凉", require=check) == "fail"  # two of its characters
    assert verdict(drink + "投诉的话您再打电话饮料凉", require=check) == "fail"  # too far from each other
    assert verdict("用户: 我投了五块\n用户: 饮料没掉下来\n客服: 投五下饮", require=check) == "fail"  # of two turns
    assert verdict(drink + "饮料饮料料料", require=check) == "fail"


NAME = {"kind": "taken_up", "given": ["姓(..)", "姓(.)"], "taken": ["(.)(?:先生|女士)", "(..)(?:先生|女士)"]}


def test_what_the_other_gave_is_taken_up() -> None:
    assert verdict("用户: 我姓汪\n客服: 汪女士您好", require=NAME) == "pass"
    assert verdict("用户: 我姓汪\n客服: 王女士您好", require=NAME) == "pass"  # written otherwise
    assert verdict("用户: 我姓欧阳\n客服: 欧阳先生您好", require=NAME) == "pass"
    assert verdict("用户: 我姓汪\n客服: 好的姓汪\n客服: 刘先生会来", require=NAME) == "fail"
    assert verdict("客服: 汪女士您好\n用户: 我姓汪\n客服: 好的", require=NAME) == "fail"  # before it was given
    assert verdict("用户: 我姓汪\n客服?", require=NAME) == "unsure"
    assert verdict("用户: 我姓汪\n客服: 好的\nend cut", require=NAME) == "unsure"
    assert verdict("用户: 我姓汪", require=NAME) == "not_applicable"
    assert verdict("用户: 不用了\n客服: 好的女士", require=NAME) == "not_applicable"
    asked = {**NAME, "where": {"after": {"event": "phrase", "families": ["bye"], "role": "agent"}}}
    assert verdict("用户: 我姓汪\n客服: 再见\n用户: 好\n客服: 好", require=asked) == "not_applicable"
    found = find("用户: 我姓汪\n客服: 好的姓汪\n客服: 刘先生会来", require=NAME).evidence
    assert [e.quote for e in found] == ["姓汪"]


def test_the_other_way_round_the_customer_takes_it_up() -> None:
    check = {"kind": "taken_up", "given": ["工号(..)"], "taken": ["(..)号"], "role": "customer"}
    assert verdict("客服: 工号二七\n用户: 二七号是吧", require=check) == "pass"
    assert verdict("客服: 工号二七\n用户: 七二号是吧", require=check) == "fail"


STEPS = {
    "kind": "steps",
    "steps": [
        {"name": "致歉", "families": ["sorry"]},
        {"name": "请求", "families": ["wait"]},
        {"name": "回来", "families": ["back"]},
    ],
}


def test_steps_in_order() -> None:
    assert verdict("客服: 很抱歉请稍等\n用户: 好\n客服: 让您久等了", require=STEPS) == "pass"
    assert verdict("客服: 请稍等\n用户: 好\n客服: 很抱歉，让您久等了", require=STEPS) == "fail"
    assert verdict("客服: 请稍等\n用户: 好\n客服: 很抱歉，让您久等了", require={**STEPS, "ordered": False}) == "pass"
    assert verdict("客服: 请稍等\n用户: 好\n客服: 让您久等了", require={**STEPS, "at_least": 2}) == "pass"
    lacking = find("客服: 请稍等\n用户: 好\n客服: 让您久等了", require=STEPS)
    assert lacking.verdict == "fail"
    assert "致歉" in lacking.evidence[0].what
    optional = {**STEPS, "at_least": 2, "steps": [{**step, "optional": True} for step in STEPS["steps"]]}
    lacking = find("客服: 请稍等\n用户: 好", require=optional)
    assert (lacking.verdict, lacking.evidence[0].what) == ("fail", "缺少或次序不对：致歉、回来")
    assert [(e.what, e.context) for e in lacking.evidence[1:]] == [("已做到：请求", True)]


def test_an_optional_step_at_the_wrong_time_takes_no_needed_one_s_place() -> None:
    sorry, wait, back = STEPS["steps"]
    check = {**STEPS, "steps": [sorry, {**wait, "optional": True}, back]}
    early = "客服: 请稍等\n用户: 好\n客服: 很抱歉，让您久等了"
    assert [e.what for e in find(early, require=check).evidence] == ["致歉", "回来"]
    lacking = find("客服: 请稍等\n用户: 好\n客服: 很抱歉", require=check)
    assert (lacking.verdict, lacking.evidence[0].what) == ("fail", "缺少或次序不对：回来")
    assert verdict(early, require={**check, "at_least": 3}) == "fail"  # where it counts, its place does


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("measure agent.articulation_rate=200", "pass"),
        ("measure agent.articulation_rate=300", "pass"),
        ("measure agent.articulation_rate=310", "unsure"),
        ("measure agent.articulation_rate=400", "fail"),
        ("measure agent.articulation_rate=400 doubt=low_snr", "unsure"),
        ("measure agent.articulation_rate=none", "not_applicable"),
        ("measure customer.articulation_rate=400", "not_applicable"),
    ],
)
def test_measure(line: str, expected: str) -> None:
    check = {"kind": "measure", "name": "articulation_rate", "max": 300, "unsure_max": 320}
    if expected == "fail":
        assert find(f"客服: 您好\n{line}", require=check).evidence[0].what == "净语速(去停顿)的实测值，高于 300 字/分钟"
    assert verdict(f"客服: 您好\n{line}", require=check) == expected


@pytest.mark.parametrize(
    ("name", "value", "unit", "component"),
    [
        ("interruptions", 3500, "ms", "total_ms"),
        ("level_jumps", 14, "dB", "largest_db"),
        ("level_span", 9, "", "turns"),
    ],
)
def test_a_component_is_shown_as_what_it_is(name: str, value: float, unit: str, component: str) -> None:
    call = parse_call(f"客服: 您好\n用户: 您好\nmeasure agent.{name}=2")
    measures = replace(call.measures, items=(replace(call.measures.items[0], unit="1", components={component: value}),))
    made = standard({"require": {"kind": "measure", "name": name, "component": component, "max": 3}})
    (shown,) = judge(made, call.conversation, measures, call.hangup, call.metadata).findings[0].evidence
    assert (shown.value, shown.unit) == (value, unit)
    assert f"（{component}）的实测值" in shown.what and f"({component}), as measured" in shown.what_en


@pytest.mark.parametrize(
    ("name", "limits", "measured", "zh", "en"),
    [
        ("response_delay", {"max": 2500}, 4000, "高于 2.5 s", "above 2.5 s"),
        ("active_level", {"min": -30}, -40, "低于 -30 dBFS", "below -30 dBFS"),
        ("monotone_share", {"max": 40}, 80, "高于 40 %", "above 40 %"),
        ("rate_ratio", {"max": 1.5}, 2, "高于 1.5", "above 1.5"),
        ("pitch_span", {"min": 4.5}, 2, "低于 4.5 半音", "below 4.5 semitones"),
        ("interruptions", {"max": 1}, 2, "高于 1", "above 1"),
    ],
)
def test_a_limit_has_its_unit(name: str, limits: dict[str, float], measured: float, zh: str, en: str) -> None:
    check = {"kind": "measure", "name": name, "role": "any" if name == "rate_ratio" else "agent", **limits}
    party = "" if name == "rate_ratio" else "agent."
    shown = find(f"客服: 您好\n用户: 您好\nmeasure {party}{name}={measured}", require=check).evidence[0]
    assert shown.what.endswith(f"，{zh}") and shown.what_en.endswith(f", {en}")


def test_a_component_that_was_not_measured_is_named() -> None:
    check = {"kind": "measure", "name": "interruptions", "component": "total_ms", "max": 3}
    finding = find("客服: 您好\nmeasure agent.interruptions=2", require=check)
    assert finding.verdict == "not_applicable" and "total_ms" in finding.reason_en


def test_a_figure_of_the_whole_call_says_so_where_it_names_several_places() -> None:
    call = parse_call("客服: 您好\n用户: 您好\nmeasure agent.articulation_rate=400")
    (rate,) = (m for m in call.measures.items if m.name == "articulation_rate")

    def whats(*places: Span) -> list[tuple[str, str]]:
        measures = replace(call.measures, items=(replace(rate, evidence=places),))
        made = standard({"require": {"kind": "measure", "name": "articulation_rate", "max": 300}})
        found = judge(made, call.conversation, measures, call.hangup, call.metadata).findings[0]
        return [(e.what, e.what_en) for e in found.evidence]

    assert whats(Span(0, 500)) == [
        ("净语速(去停顿)的实测值，高于 300 字/分钟", "articulation rate, as measured, above 300 chars/min")
    ]
    whole = (
        "整通电话净语速(去停顿)的实测值，高于 300 字/分钟",
        "articulation rate of the whole call, as measured, above 300 chars/min",
    )
    assert whats(Span(0, 500), Span(600, 900)) == [
        whole,
        *[("可以听这里", "listen here")] * 2,
    ]  # no place has the figure


def test_difference() -> None:
    check = {"kind": "difference", "of": "active_level", "minus": "active_level", "max": 6, "unsure_max": 8}
    lines = "客服: 您好\nmeasure customer.active_level=-30\nmeasure agent.active_level={}"
    assert verdict(lines.format(-26), require=check) == "pass"
    assert verdict(lines.format(-23), require=check) == "unsure"
    assert verdict(lines.format(-10), require=check) == "fail"
    assert verdict("客服: 您好", require=check) == "not_applicable"


WEAK = "客服: 您好\nmeasure customer.active_level=-30\nmeasure agent.active_level={} doubt=low_snr"


@pytest.mark.parametrize("level", ["-20", "-10"])
@pytest.mark.parametrize(
    "check",
    [
        {"kind": "measure", "name": "active_level", "max": -15},
        {"kind": "difference", "of": "active_level", "minus": "active_level", "max": 15},
    ],
)
def test_a_weak_figure_accuses_nobody(check: dict[str, object], level: str) -> None:
    inside = level == "-20"
    assert verdict(WEAK.format(level), require=check) == ("pass" if inside else "unsure")
    assert verdict(WEAK.format(level), forbid=check) == "unsure"
    firm = WEAK.format(level).removesuffix(" doubt=low_snr")
    assert verdict(firm, forbid=check) == ("fail" if inside else "pass")
    gated = {"require": {"kind": "said", "any": ["bye"]}, "applies_when": check}
    assert (verdict(WEAK.format(level), **gated), verdict(firm, **gated)) == (
        ("unsure", "fail") if inside else ("unsure", "not_applicable")
    )


def test_curve() -> None:
    assert (
        verdict("客服: 您好\ncurve agent.level -30 -30 -12", forbid={"kind": "curve", "name": "level", "jump": 10})
        == "fail"
    )
    assert (
        verdict("客服: 您好\ncurve agent.level -30 -28 -25", forbid={"kind": "curve", "name": "level", "jump": 10})
        == "pass"
    )
    peak = {"kind": "curve", "name": "level", "peak": 10, "over_median": True, "unsure_by": 3}
    assert verdict("客服: 您好\ncurve agent.level -30 -30 -12", forbid=peak) == "fail"
    assert verdict("客服: 您好\ncurve agent.level -30 -30 -22", forbid=peak) == "unsure"
    assert verdict("客服: 您好\ncurve agent.level -30 -30 -6 -6", forbid=peak) == "fail"  # the median is -18


def test_the_place_of_a_curves_jump_ends_with_the_recording() -> None:
    jump = {"kind": "curve", "name": "level", "jump": 10}
    call = parse_call("客服: 您好\ncurve agent.level -30 -30 -12")  # its last point is at 2 s
    recorded = replace(call.conversation, duration_ms=2300)
    (finding,) = judge(standard({"forbid": jump}), recorded, call.measures, call.hangup, call.metadata).findings
    assert (finding.verdict, [e.span for e in finding.evidence]) == ("fail", [Span(1000, 2300)])


def test_pauses() -> None:
    silence = {"kind": "pause", "of": ["dead_air"], "min_s": 10, "unsure_s": 2}
    assert verdict("客服: 好\n~12s\n用户: 喂", forbid=silence) == "fail"
    assert verdict("客服: 好\n~9s\n用户: 喂", forbid=silence) == "unsure"
    assert verdict("客服: 好\n~5s\n用户: 喂", forbid=silence) == "pass"
    excused = {**silence, "except_near": {"families": ["customer_wait"], "role": "customer", "before_s": 5}}
    assert verdict("用户: 你等一下\n~12s\n用户: 好了", forbid=excused) == "pass"
    slow = {"kind": "pause", "of": ["response"], "before": "agent", "min_s": 2}
    assert verdict("用户: 在吗\n~2.5s\n客服: 在", forbid=slow) == "fail"
    assert verdict("客服: 在吗\n~2.5s\n用户: 在", forbid=slow) == "pass"
    hold = {"kind": "pause", "of": ["hold"], "min_s": 30, "music": True}
    assert verdict("客服: 请稍等\nhold 40s music\n客服: 好", forbid=hold) == "fail"
    assert verdict("客服: 请稍等\nhold 40s\n客服: 好", forbid=hold) == "pass"
    queue = {"kind": "pause", "of": ["queue"], "min_s": 30, "music": True}
    assert verdict("用户: 转人工\nhold 40s music\n客服: 您好", forbid=queue) == "fail"
    assert verdict("用户: 转人工\nhold 40s music\n客服: 您好", forbid=hold) == "pass"
    assert verdict("客服: 请稍等\nhold 40s music\n客服: 您好", forbid=queue) == "pass"


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ({"after": "agent", "before": "customer"}, "fail"),
        ({"after": "customer"}, "pass"),
        ({"before": "agent"}, "pass"),
    ],
)
def test_a_hold_has_somebody_before_and_behind_it(sides: dict[str, str], expected: str) -> None:
    call = "用户: 我要查询\n客服: 请稍等\nhold 40s\n用户: 喂\n客服: 让您久等了"
    assert verdict(call, forbid={"kind": "pause", "of": ["hold"], "min_s": 30, **sides}) == expected


def test_overlap() -> None:
    check = {"kind": "overlap", "min_s": 2, "min_chars": 4, "unsure_s": 0.5}
    long = "用户: 我上个星期充了一百块钱到今天就停机了怎么回事\n"
    assert verdict(long + "客服!2.5 您先听我说一下", forbid=check) == "fail"
    assert verdict(long + "客服!1.7 您先听我说一下", forbid=check) == "unsure"
    assert verdict(long + "客服!1 您先听我说一下", forbid=check) == "pass"
    assert verdict(long + "客服!2.5 好的", forbid=check) == "pass"  # too few characters
    assert verdict(long + "客服~ 嗯", forbid=check) == "pass"
    assert verdict(long.replace("用户", "客服") + "用户!2.5 您先听我说一下", forbid=check) == "pass"


def test_an_overlap_is_as_long_as_both_speak() -> None:
    made = parse_call("用户: 我上个星期充了一百块钱到今天就停机了怎么回事\n客服!2.5 您先听我说一下")
    rule = standard({"forbid": {"kind": "overlap", "min_s": 2}})

    def verdict_of(shared_ms: int | None) -> str:
        overlaps = tuple(replace(o, shared_ms=shared_ms) for o in made.conversation.overlaps)
        call = replace(made.conversation, overlaps=overlaps)
        return str(judge(rule, call, made.measures, made.hangup, made.metadata).findings[0].verdict)

    assert (verdict_of(None), verdict_of(2100), verdict_of(900)) == ("fail", "fail", "pass")


def test_turns() -> None:
    check = {"kind": "turns", "where": {"after": {"event": "goodbye", "role": "customer"}}, "at_least": 1}
    assert verdict("用户: 再见\n客服: 小王你过来", forbid=check) == "fail"
    assert verdict("客服: 再见\n用户: 再见", forbid=check) == "pass"
    assert verdict("客服: 您好\n用户: 嗯", forbid=check) == "not_applicable"


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("end customer", "pass"), ("end agent 1s", "fail"), ("end agent 6s", "pass"), ("end agent 4.5s", "unsure"),
        ("end agent audio 0.6", "unsure"), ("end unknown", "not_applicable"),
        ("end system", "pass"), ("end busy", "pass"),
    ],
)  # fmt: skip
def test_hangup(end: str, expected: str) -> None:
    call = f"客服: 再见\n用户: 再见\n{end}"
    assert verdict(call, forbid={"kind": "hangup", "party": "agent", "grace_s": 5}) == expected


def test_metadata() -> None:
    check = {"kind": "metadata", "field": "is_callback", "equals": True}
    assert verdict("客服: 您好\nmeta is_callback=true", require=check) == "pass"
    assert verdict("客服: 您好\nmeta is_callback=false", require=check) == "fail"
    assert verdict("客服: 您好", require=check) == "not_applicable"


@pytest.mark.parametrize("words", ["客服? 这个", "客服?"])
def test_words_heard_badly_may_be_as_many_as_were_wanted(words: str) -> None:
    check = {"kind": "turns", "min_chars": 5, "where": {"after": {"event": "complaint"}, "within_turns": 1}}
    call = f"客服: 您好\n用户: 我要投诉\n{words}\n用户: 那好"
    assert verdict(call, require=check) == "unsure"
    assert verdict(call, forbid=check) == "unsure"
    assert verdict(call.replace(words, "客服: 这个"), require=check) == "fail"


@pytest.mark.parametrize("heard", ["用户? 我啊", "用户?"])
def test_a_step_of_a_party_that_was_heard_badly_is_not_surely_missing(heard: str) -> None:
    steps = [{"name": "等", "families": ["wait"]}, {"name": "诉", "families": ["complains"], "role": "customer"}]
    check = {"kind": "steps", "steps": steps}
    assert verdict(f"客服: 请稍等\n{heard}\n客服: 您讲", require=check) == "unsure"
    assert verdict("客服: 请稍等\n用户: 我啊\n客服: 您讲", require=check) == "fail"
    assert verdict("客服? 您好\n用户: 我要投诉\n客服: 请稍等\n用户: 我啊\n客服: 您讲", require=check) == "unsure"


def test_rate() -> None:
    check = {"kind": "rate", "tokens": ["嘛"], "max_per_min": 4, "unsure_by": 2, "min_speech_s": 10}
    assert verdict("0-30 客服: 这个嘛就是这样的嘛您看一下嘛好不好嘛", forbid={"kind": "not", "of": check}) == "fail"
    assert verdict("0-30 客服: 这个就是这样的您看一下嘛好不好嘛", require=check) == "pass"
    assert verdict("0-25 客服: 这个嘛就是这样的嘛您看一下", require=check) == "unsure"
    assert verdict("0-5 客服: 嘛嘛嘛嘛嘛", require=check) == "not_applicable"
    few = {"kind": "rate", "families": ["sorry"], "min_per_min": 2, "min_speech_s": 10}
    assert verdict("0-30 客服: 很抱歉\n31-61 客服: 对不起", require=few) == "pass"
    assert verdict("0-40 客服: 很抱歉\n41-81 客服: 好的", require=few) == "fail"


def test_share() -> None:
    check = {"kind": "share", "of": ["你"], "against": ["您"], "not_in": ["你好"], "max": 0.3, "unsure_max": 0.5}
    assert verdict("客服: 您的话费您看您要不要查", require=check) == "pass"
    assert verdict("客服: 你的话费你看你要不要查", require=check) == "fail"
    assert verdict("客服: 你好，你好，您的话费您看您要", require=check) == "pass"
    assert verdict("客服: 好的", require=check) == "not_applicable"


def test_a_word_inside_a_longer_one_that_is_counted_too_is_counted_once() -> None:
    talk = "客服: " + "这个我们会尽快处理的" * 8
    often = {"kind": "rate", "tokens": ["嘛", "好嘛", "好嘛"], "max_per_min": 8, "min_speech_s": 4}
    assert verdict(f"{talk}\n客服: 好嘛那就好嘛", require=often) == "pass"
    assert verdict(f"{talk}\n客服: 好嘛那就好嘛来嘛", require=often) == "fail"
    both = {"kind": "rate", "families": ["sorry", "sorry"], "tokens": ["歉"], "max_per_min": 5, "min_speech_s": 4}
    assert verdict(f"{talk}\n客服: 很抱歉", require=both) == "pass"
    share = {"kind": "share", "of": ["你", "你们"], "against": ["您"], "max": 0.35}
    assert verdict("客服: 你们看你说您说您看您讲您好", require=share) == "pass"
    apart = {"kind": "share", "of": ["你"], "against": ["你们"], "max": 0.35}
    assert verdict("客服: 你们看你们说你们讲", require=apart) == "pass"


def test_words_that_were_heard_badly_are_counted_against_nobody() -> None:
    often = {"kind": "rate", "tokens": ["嘛"], "max_per_min": 2, "min_speech_s": 4}
    assert verdict("客服: 好嘛行嘛可以嘛不是嘛来嘛去嘛知道嘛说嘛", require=often) == "fail"
    assert verdict("客服? 好嘛行嘛可以嘛不是嘛来嘛去嘛知道嘛说嘛", require=often) == "unsure"
    seldom = {"kind": "rate", "families": ["sorry"], "min_per_min": 2, "min_speech_s": 4}
    talk = "客服: " + "这个我们会尽快处理的" * 8
    assert verdict(f"用户: 您好\n{talk}", require=seldom) == "fail"
    assert verdict(f"{talk}\n客服: 您是说对不起是吗", require=seldom) == "unsure"
    share = {"kind": "share", "of": ["你"], "against": ["您"], "max": 0.3}
    assert verdict("客服? 你的话费你看你要不要查", require=share) == "unsure"
    said = "这个我们没有办法处理的"
    again = {"kind": "repeated"}
    assert verdict(f"客服: {said}\n用户: 啊\n客服? {said}", forbid=again) == "unsure"
    assert verdict(f"客服? {said}\n用户: 啊\n客服: {said}\n用户: 啊\n客服: {said}", forbid=again) == "fail"


def test_unanswered() -> None:
    check = {"kind": "unanswered"}
    assert verdict("用户: 多少钱\n客服: 一共三块八毛钱\n用户: 好", forbid=check) == "pass"
    assert verdict("用户: 多少钱\n~15s\n用户: 喂\n客服: 您好请讲", forbid=check) == "fail"
    assert verdict("用户: 多少钱\n客服: 嗯\n用户: 好", forbid=check) == "unsure"
    assert verdict("用户: 好的\n客服: 再见", forbid=check) == "not_applicable"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("用户: 我想问一下什么时候能到账呢\n客服~ 嗯\n客服: 三个工作日内到账", "pass"),
        ("用户: 什么时候能到账呢\n客服: 嗯\n用户: 喂\n客服: 您好请讲", "unsure"),
        ("用户: 什么时候能到账呢\n客服~ 嗯\n~15s\n客服: 三个工作日内到账", "unsure"),
        ("0-15 客服: 一百块钱一个月很便宜的\n6-7 用户: 多少钱呢\n27-30 用户: 好\n31-33 客服: 再见您", "unsure"),
        ("0-6.5 客服: 我给您介绍一下优惠\n6-7 用户: 多少钱呢\n27-30 用户: 好\n31-33 客服: 再见您", "fail"),
        ("客服: 还有问题吗\n用户: 没什么问题了\n~15s\n客服: 再见您慢走", "not_applicable"),
        ("客服: 您好\n用户: 有没有什么优惠\n~15s\n客服: 再见您慢走", "fail"),
        ("客服: 您坐好\n用户: 好我坐着呢\n~15s\n客服: 再见您慢走", "not_applicable"),
        ("客服: 我给您念\n用户: 行我倒要看看你们怎么说\n~15s\n客服: 再见您慢走", "not_applicable"),
        ("客服: 我去问问\n用户: 可以我看你能问出什么花来\n~15s\n客服: 再见您慢走", "not_applicable"),
        ("客服: 我给您算\n用户: 算吧别给我来什么手续费\n~15s\n客服: 再见您慢走", "not_applicable"),
        ("客服: 您说\n用户: 那别的还有什么\n~15s\n客服: 再见您慢走", "fail"),
        ("客服: 您愿意等吗\n用户: 等我哪儿也不去\n~15s\n客服: 再见您慢走", "not_applicable"),
        ("客服: 好的\n用户: 我还有两条没问呢\n~15s\n客服: 再见您慢走", "not_applicable"),
        ("客服: 好的\n用户: 钱到底退了没有呢\n~15s\n客服: 再见您慢走", "fail"),
        ("客服: 好的\n用户: 你们有没有货呢\n~15s\n客服: 再见您慢走", "fail"),
        ("客服: 您好\n用户: 要不怎么办\n~15s\n客服: 再见您慢走", "fail"),
    ],
)
def test_a_question_is_answered_by_what_is_said_to_it(call: str, expected: str) -> None:
    assert verdict(call, forbid={"kind": "unanswered"}) == expected


def test_logic() -> None:
    yes, no = {"kind": "said", "any": ["hello"]}, {"kind": "said", "any": ["bye"]}
    absent = {"kind": "said", "any": ["bye"], "where": {"after": {"event": "hold_end"}}}
    assert verdict(GOOD, require={"kind": "any", "of": [yes, no]}) == "pass"
    assert verdict(GOOD, require={"kind": "all", "of": [yes, no]}) == "fail"
    assert verdict(GOOD, require={"kind": "not", "of": no}) == "pass"
    assert verdict(GOOD, require={"kind": "all", "of": [yes, absent]}) == "pass"  # what doesn't apply has no say
    assert verdict(GOOD, require={"kind": "all", "of": [absent]}) == "not_applicable"


def test_a_question_at_the_very_end_says_that_there_was_no_reply() -> None:
    unanswered = {"kind": "unanswered", "within_s": 10}
    last = find("客服: 您好\n用户: 多少钱啊为什么", forbid=unanswered)
    assert last.verdict == "unsure"
    assert "结束" in last.reason and "很短" not in last.reason
    short = find("用户: 多少钱呢\n客服: 嗯", forbid=unanswered)
    assert short.verdict == "unsure"
    assert "很短" in short.reason
    assert verdict("客服: 您好\n用户: 多少钱啊为什么\nend cut", forbid=unanswered) == "pass"


def test_perhaps_asks_a_human_and_never_decides() -> None:
    said = {"kind": "perhaps", "of": {"kind": "said", "any": ["rude"]}}
    assert verdict("客服: 我怎么知道", forbid=said) == "unsure"
    assert find("客服: 我怎么知道", forbid=said).evidence[0].quote == "我怎么知道"
    assert verdict("客服: 好的", forbid=said) == "pass"
    assert verdict("客服: 好的", require=said) == "fail"
    either = {"kind": "any", "of": [{"kind": "said", "any": ["hello"]}, said]}
    assert verdict("客服: 您好我怎么知道", require=either) == "pass"
    assert verdict("客服: 我怎么知道", require=either) == "unsure"


def test_a_short_turn_that_refuses_is_no_listening() -> None:
    sorry = {"kind": "said", "any": ["sorry"], "where": {"after": {"event": "complaint"}, "within_turns": 1}}
    call = "用户: 我要投诉\n客服: {}\n用户: 什么态度\n客服: 对不起\n用户: 好\n客服: 我帮您看一下这个单子"
    for short in ("您请说", "别着急", "在不在", "几号楼"):
        assert verdict(call.format(short), require=sorry) == "pass", short
    for refusal in ("不归我管", "我不知道", "不能退"):
        assert verdict(call.format(refusal), require=sorry) == "fail", refusal


def test_an_event_happens() -> None:
    complaint = {"kind": "happens", "event": "complaint"}
    hello = {"kind": "said", "any": ["hello"]}
    assert verdict("用户: 我要投诉\n客服: 好", require=hello, applies_when=complaint) == "fail"
    assert verdict("用户: 又坏了\n客服: 好", require=hello, applies_when=complaint) == "unsure"
    assert verdict("用户: 查话费\n客服: 好", require=hello, applies_when=complaint) == "not_applicable"
    assert verdict("用户: 又坏了\n客服: 好", require=hello, applies_when=complaint | {"sure": True}) == "not_applicable"
    hold = {"kind": "happens", "event": "hold_start", "min_s": 20}
    assert verdict("客服: 好\nhold 30s\n客服: 好", require=hello, applies_when=hold) == "fail"
    assert verdict("客服: 好\nhold 10s\n客服: 好", require=hello, applies_when=hold) == "not_applicable"


@pytest.mark.parametrize(
    ("between", "expected"), [("好的，您请讲，我在听", "pass"), ("嗯，您接着说", "pass"), ("您请讲讲单号", "fail")]
)
def test_a_turn_that_only_asks_to_go_on_is_listening(between: str, expected: str) -> None:
    call = f"用户: 我要投诉\n客服: {between}\n用户: 我等了三天都没有人来\n客服: 对不起"
    sorry = {"kind": "said", "any": ["sorry"], "where": {"after": {"event": "complaint"}, "within_turns": 1}}
    assert verdict(call, require=sorry) == expected


def test_a_grumble_is_a_complaint_in_doubt() -> None:
    sorry = {"kind": "said", "any": ["sorry"], "where": {"after": {"event": "complaint"}, "within_turns": 1}}
    assert verdict("用户: 又坏了\n客服: 好", require=sorry) == "unsure"
    assert verdict("用户: 又坏了\n客服: 对不起", require=sorry) == "pass"
    assert verdict("用户: 又坏了\n客服: 好\n用户: 我要投诉\n客服: 好", require=sorry) == "fail"


def test_what_a_human_is_to_decide_is_asked_where_the_doubt_lies() -> None:
    hello = {"kind": "said", "any": ["hello"]}
    ending = {"kind": "hangup", "party": "customer", "unknown": "maybe"}
    found = find("客服: 好\n用户: 嗯", require=hello, unless=ending, reason="没有问好", reason_en="no hello")
    assert found.verdict == "unsure"
    assert found.reason == "可能属于规则允许的例外；听不出是谁先挂机；请判断算不算不符合：没有问好"
    assert found.reason_en.endswith("who hung up can't be heard; decide whether it is a failure: no hello")
    assert found.evidence[-1].what == "可能的例外：通话结尾" and found.evidence[-1].span.duration_ms > 0

    gate = {"kind": "said", "any": ["complains"], "role": "customer"}
    for call in ("用户? 我要投诉\n客服: 好的", "用户? 我要投诉\n客服? 您好"):  # in doubt: the gate, or both
        found = find(call, require=hello, applies_when=gate)
        assert found.verdict == "unsure"
        assert "我要投诉" in [e.quote for e in found.evidence], call
    sure = find("用户: 我要投诉\n客服? 您好", require=hello, applies_when=gate)
    assert sure.verdict == "unsure" and "我要投诉" not in [e.quote for e in sure.evidence]
    assert "请判断" not in find("用户: 我要投诉\n客服: 好的", require=hello, applies_when=gate).reason


def test_an_unknown_ending_may_be_named_a_maybe_or_a_no() -> None:
    left = {"kind": "hangup", "party": "customer"}
    hello = {"kind": "said", "any": ["hello"]}
    for unknown, expected in (("not_applicable", "fail"), ("maybe", "unsure"), ("no", "fail")):
        assert verdict("客服: 好", require=hello, unless=left | {"unknown": unknown}) == expected
    for unknown, expected in (("not_applicable", "not_applicable"), ("maybe", "unsure"), ("no", "not_applicable")):
        assert verdict("客服: 好", require=hello, applies_when=left | {"unknown": unknown}) == expected
    assert verdict("客服: 好\nend customer", require=hello, unless=left | {"unknown": "maybe"}) == "not_applicable"


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"kind": "overlap"}, "not_applicable"),
        ({"kind": "pause", "of": ["dead_air", "response"], "min_s": 2}, "not_applicable"),
        ({"kind": "pause", "of": ["hold"], "min_s": 60}, "pass"),
    ],
)
def test_where_one_leg_is_dead_nothing_is_said_of_what_both_did(check: dict[str, object], said: str) -> None:
    made = parse_call("客服: 您好\n~5s\n客服: 请问您还在吗")
    one_leg = replace(made.measures, items=(Measure("silence_share", None, "%", None, None, "dead_leg", None, None),))
    rules = standard({"forbid": check})
    verdicts = [
        judge(rules, made.conversation, measures, made.hangup, made.metadata).findings[0].verdict
        for measures in (one_leg, made.measures)
    ]
    assert verdicts[0] == said and verdicts[1] in ("pass", "fail")


def test_a_text_that_says_nothing_however_long_is_said_back_at_once() -> None:
    nothing = "的了吗呢啊吧嘛您" * 500
    assert verdict(f"用户: {nothing}\n客服: {nothing}", forbid={"kind": "said_back"}) == "pass"
    assert verdict(f"用户: {nothing}二十块钱\n客服: {nothing}二十块钱", forbid={"kind": "said_back"}) == "fail"
