"""Calls of unusual shape: who is put through, held up, cut off or called back, and says goodbye more than once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer.measure.farewell import find_farewells
from analyzer.measure.going import wait_before
from analyzer.measure.types import HangupEvidence
from analyzer.rules.examples import judge_example
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.types import Verdict
from analyzer.rules.written import judge_written
from analyzer.spans import Span

BASE = load_standard("base")
HELLO = "客服: 您好，齐派送客服中心，很高兴为您服务\n"


def verdicts(call: str, *rules: str) -> list[str]:
    """What the shipped standard says of a call, rule by rule."""
    found = []
    for name in rules:
        rule = BASE.rule(name)
        assert rule is not None, name
        found.append(str(judge_example(BASE, rule, HELLO + call).verdict))
    return found


@pytest.mark.parametrize(
    "said",
    [
        "好的女士，清关的问题由我们国际组的同事专门负责，我帮您转接过去好吗",
        "好的女士，这个问题由国际组负责，我帮您转过去",
        "好的女士，我请同事接听，给您转到国际组",
    ],
)
def test_who_says_whose_matter_it_is_still_puts_the_call_through(said: str) -> None:
    asked = f"用户: 我要问一下海外件清关的事\n客服: {said}\n用户: 可以\n"
    call = asked + "客服: 请您稍等不要挂机\nhold 30s music\nend agent"
    assert verdicts(call, "T2", "C8", "S6_back", "S6_length") == ["not_applicable"] * 4
    assert verdicts(call, "S6", "C4") == ["pass", "pass"]


@pytest.mark.parametrize("said", ["转接不了", "我这边不能给您转接", "没办法帮您转接", "我不给你转"])
def test_who_refuses_to_put_the_call_through_does_not(said: str) -> None:
    call = f"用户: 帮我转你们主管\n客服: {said}\n"
    assert verdicts(call + "end agent", "T2") == ["fail"]
    assert verdicts(call + "hold 90s music\n客服: 下午到", "S6_back", "S6_length") == ["fail", "fail"]


@pytest.mark.parametrize(
    "said", ["这个我没办法处理，我帮您转接", "我解决不了，给您转接主管", "不能光听我说，我给您转到主管"]
)
def test_who_cannot_help_and_puts_the_call_through_does(said: str) -> None:
    assert verdicts(f"用户: 帮我转你们主管\n客服: {said}\n用户: 好\nend agent", "T2") == ["not_applicable"]


@pytest.mark.parametrize("said", ["您的问题我已经转给相关部门了", "您的包裹已经转到北京了", "您的投诉我请同事转到网点"])
def test_a_matter_or_goods_that_go_on_are_no_call_put_through(said: str) -> None:
    call = f"用户: 我那个件到哪了\n客服: {said}\n用户: 那我\nend agent"
    assert verdicts(call, "T2") == ["fail"]


def test_a_wait_where_nobody_was_put_through_is_still_thanked_for() -> None:
    call = "用户: 我那个件到哪了\n客服: 请稍等我看一下\nhold 40s music\n客服: 下午到"
    assert verdicts(call, "S6_back", "S6_length") == ["fail", "fail"]


def test_thanks_are_undone_neither_by_more_goodbyes_nor_by_a_question_behind_them() -> None:
    asked = "用户: 周日上班吗\n客服: 周日也上班的先生\n用户: 好谢谢\n客服: 感谢您的来电，再见\n"
    byes = "用户: 好好，谢谢，再见\n客服: 再见\n用户: 拜拜\n客服: 再见\n用户: 拜拜拜拜\n客服: 拜拜\nend customer"
    again = "用户: 哎那几点开门\n客服: 早上九点开门\n用户: 几点关\n客服: 晚上八点\n用户: 好\n"
    again += "客服: 嗯您放心\n用户: 拜拜\n客服: 拜拜"
    for rest in (byes, again):
        assert verdicts(asked + rest, "C8", "C8_order") == ["pass", "pass"]
        assert verdicts(asked.replace("感谢您的来电，", "") + rest, "C8") == ["fail"]


def test_thanks_in_the_greeting_belong_to_no_goodbye() -> None:
    call = "客服: 谢谢您的来电\n用户: 一零零八\n客服: 下午到，先生\n用户: 好，再见\n"
    call += "客服: 好的，再见\n用户: 再见\n客服: 再见"
    assert verdicts(call, "C8", "C8_order") == ["fail", "fail"]


def test_a_customer_who_is_gone_in_the_middle_of_the_closing_leaves_it_open() -> None:
    call = "用户: 地址在哪\n客服: 人民路八号，先生\n用户: 好谢谢，拜拜\n客服: 不客气，祝您\nend customer {}"
    assert verdicts(call.format("0s"), "C8") == ["unsure"]
    assert verdicts(call.format("1s"), "C8") == ["fail"]
    assert verdicts(call.format("0s").replace("end customer", "end agent"), "C8") == ["fail"]


BACK = "用户: 查个件一零零八\n客服: 请稍等，我帮您查询，大概一分钟\nhold 40s music\n客服: 让您久等了，{}\n用户: {}\n"


def test_who_is_back_and_asked_anew_announces_a_second_wait_and_thanks_for_it() -> None:
    first = BACK.format("件在路上", "那什么时候到")
    assert verdicts(first + "客服: 嗯\nhold 35s music\n客服: 下午到，让您久等了", "S6", "S6_back") == ["fail", "pass"]
    told = first + "客服: 请您再稍等一分钟，我问下网点\nhold 35s music\n客服: {}下午到"
    assert verdicts(told.format(""), "S6", "S6_back") == ["pass", "fail"]
    assert verdicts(told.format("谢谢您的耐心等待，"), "S6", "S6_back") == ["pass", "pass"]


def test_who_only_says_that_it_takes_longer_is_in_the_same_wait() -> None:
    call = BACK.format("还要再核实一下，请您再稍等一两分钟好吗", "还要多久啊") + "hold 60s music\n客服: 下午到"
    assert verdicts(call, "S6", "S6_back") == ["pass", "pass"]


@pytest.mark.parametrize("wait", ["hold 40s music", "hold 40s", "~40s"])
def test_a_question_that_was_answered_excuses_no_wait(wait: str) -> None:
    assert verdicts(f"用户: 查个件一零零八\n客服: 嗯\n{wait}\n客服: 下午到", "C4", "S6") == ["fail", "fail"]
    asked = f"用户: 查个件\n客服: 请问单号是多少\n{wait}\n用户: 一零零八\n客服: 下午到"
    assert verdicts(asked, "C4") == ["pass"]


@pytest.mark.parametrize(
    "said", ["查一零零八，哎我来了个电话，你先等等", "不好意思门铃响了，您稍等一下啊", "查一零零八，你等会儿"]
)
@pytest.mark.parametrize("wait", ["hold 70s music", "hold 70s", "~70s"])
def test_a_customer_who_has_the_agent_wait_waits_for_nobody(said: str, wait: str) -> None:
    call = f"用户: {said}\n{wait}\n用户: 喂，还在吗，不好意思啊\n客服: 在的，您请说"
    assert "fail" not in verdicts(call, "C4", "S6", "S6_back", "S6_length")
    waited = f"用户: 帮我查一下一零零八\n{wait}\n用户: 喂，还在吗\n客服: 在的，您请说"
    assert verdicts(waited, "C4", "S6") == ["fail", "fail"]


@pytest.mark.parametrize("end", ["end customer", "end system"])
def test_who_is_gone_after_one_answer_to_his_complaint_leaves_the_rest_open(end: str) -> None:
    call = f"用户: 你们太过分了，我要投诉\n客服: {{}}\n{end}"
    sorry = call.format("非常抱歉，我理解您的心情")
    assert verdicts(sorry, "E1", "W6") == ["pass", "pass"]
    assert "fail" not in verdicts(sorry, "E3", "H1", "W14")
    assert verdicts(call.format("哦是吗那又怎么了"), "E1", "W6") == ["fail", "fail"]
    stayed = call.format("非常抱歉\n用户: 嗯\n客服: 这个嘛我也没什么好说的\n用户: 那算了")
    assert verdicts(stayed, "E3", "W14") == ["fail", "fail"]


@pytest.mark.parametrize("end", ["", "end cut", "end system"])
def test_a_complaint_that_nobody_could_answer_takes_no_steps(end: str) -> None:
    assert verdicts(f"用户: 你们太过分了，我要投诉\n{end}", "H1", "E3", "W14").count("fail") == 0
    assert verdicts("用户: 你们太过分了，我要投诉\nend agent", "H1", "E3") == ["fail", "fail"]


def test_a_line_that_fell_leaves_the_name_and_the_matter_open() -> None:
    call = "用户: 我的快递\n客服: 请报单号\n用户: 三五七八\n客服: 请稍等\n~12s\n客服: 让您久等了，您的快递{}\nend {}"
    assert verdicts(call.format("", "system"), "S2", "S3") == ["unsure", "unsure"]
    assert verdicts(call.format("", "agent"), "S2") == ["fail"]
    assert verdicts(call.format("到了，谢谢来电，再见", "system"), "S2") == ["fail"]


def test_only_a_lost_line_is_called_back_about_with_regret() -> None:
    def called(said: str) -> list[str]:
        rule = BASE.rule("N1")
        assert rule is not None
        text = f"meta is_callback=true\n用户: 喂\n客服: 您好，我是齐派送客服，{said}\n用户: 嗯\n客服: 下午到"
        return [str(judge_example(BASE, rule, text).verdict)]

    assert called("上午答应给您回电的") == called("您刚才来电没有接通") == ["not_applicable"]
    assert called("您昨天反映的事查到了") == ["unsure"]
    assert called("刚才说到哪了") == called("上午答应给您回电的，刚才电话断了") == ["fail"]


def test_a_queue_before_the_agents_first_word_is_nobodys_wait() -> None:
    queue = "用户: 转人工\n系统: 好的，正在为您转接人工\nhold 40s music\n"
    greeting = "客服: 您好，很高兴为您服务\n用户: 查件\n客服: 下午到"
    for name in ("C4", "S6", "S6_back", "S6_length"):
        rule = BASE.rule(name)
        assert rule is not None
        assert str(judge_example(BASE, rule, queue + greeting).verdict) in ("pass", "not_applicable")
    assert verdicts("用户: 查件\nhold 40s music\n客服: 下午到", "C4", "S6", "S6_back") == ["fail", "fail", "fail"]
    unattended = BASE.rule("C4")
    assert unattended is not None  # who was asked and answers without a word of greeting was there all the time
    call = "用户: 我的登机口换了没\nhold 80s\n用户: 你好？\n客服: {}换到C12了"
    for said, verdict in (("", "fail"), ("您好，", "pass")):
        assert str(judge_example(BASE, unattended, call.format(said)).verdict) == verdict


def test_a_customer_who_asks_into_a_wait_of_known_length_leaves_it_open() -> None:
    call = "用户: 查件\n客服: 请稍等{}，我帮您查一下\nhold 30s music\n{}用户: 喂\nhold 30s music\n客服: 下午到"
    assert verdicts(call.format("两分钟", ""), "C4") == ["unsure"]
    assert verdicts(call.format("", ""), "C4") == ["fail"]
    assert verdicts(call.format("两分钟", "客服: 让您久等了，件到了\n"), "C4") == ["fail"]


def test_what_is_said_after_both_goodbyes_puts_off_no_hanging_up() -> None:
    call = "用户: 好，谢谢，再见\n客服: 谢谢您的来电，再见\n~8s\n客服: 先生您还没有挂机\n~4s\nend agent 3s"
    assert verdicts(call, "T2") == ["pass"]
    behind = "客服: 谢谢您的来电，再见\n用户: 再见\n用户: {}\nend agent"
    asked = "哎等一下我还想问问那个理赔的钱什么时候能够到我的账户里面去"
    assert verdicts(behind.format(asked), "T2") == ["fail"]  # however long he speaks


def test_a_goodbye_said_to_a_line_gone_dead_shortens_no_wait_before_it() -> None:
    call = parse_call(
        HELLO + "用户: 好，谢谢\n客服: 谢谢您的来电，再见\n~6s\n用户: 再见\n用户: 我还有一件事情没有问完呢"
    )
    bye = next(t for t in call.conversation.turns if "来电" in t.text).span.end_ms
    for gone_ms, expected in ((bye + 5000, Verdict.PASS), (bye + 100, Verdict.FAIL)):
        dead = HangupEvidence("leg_dead", "agent", 0.9, Span(gone_ms, gone_ms), "", "")
        waited = wait_before(gone_ms, find_farewells(call.conversation).turns, call.conversation.turns)
        ended = replace(call.hangup, party="agent", method="audio", confidence=0.9, evidence=(dead,), delay_ms=waited)
        (finding,) = judge_written(BASE, replace(call, hangup=ended), ("T2",))
        assert finding.verdict is expected


def test_an_old_lady_spoken_to_as_one_was_spoken_to() -> None:
    call = "用户: 我的包裹呢\n客服: {}您的单号请说一下\n用户: 一零零八\n客服: 明天到\n用户: 好\n客服: 谢谢来电，再见"
    assert verdicts(call.format("奶奶，"), "S2") == ["pass"]
    assert verdicts(call.format("您奶奶和"), "S2") == ["fail"]


def test_a_plug_is_no_call_put_through() -> None:
    call = "用户: 插头是圆的\n客服: 不用转接头，请您等我一下\nhold 50s music\n客服: 让您久等了，有"
    assert verdicts(call, "S6_length") == ["fail"]
