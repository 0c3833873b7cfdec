"""What is said of the customer: complaint, escalation and type, and what only sounds like them."""

from __future__ import annotations

from functools import cache

import pytest

from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.standard import Standard


@cache
def base() -> Standard:
    return load_standard("base")


def observed(said: str) -> dict[str, str]:
    """What is surely observed of a customer who says that."""
    call = parse_call(f"客户: {said}\n客服: 好的")
    found = judge(base(), call.conversation, call.measures, call.hangup, call.metadata).observations
    return {o.name: o.value for o in found if not o.name.endswith("_possible")}


@pytest.mark.parametrize(
    "said",
    [
        "上次那个投诉你们处理得特别好，我专门打电话来表扬那个小李",
        "我刚才收到短信说我的投诉已经处理完了，谢谢啊",
        "你不要担心，我不会投诉你的，你说的挺清楚",
        "我想问一下你们家东西是不是假一赔十的",
        "谢谢你们给我送过来",
        "我要起诉我前夫，需要打一份他的通话清单",
        "我请律师写了份合同，想寄到北京，多少钱",
        "我把海报发到朋友圈了，截图发哪里领优惠券",
    ],
)
def test_words_of_a_complaint_that_make_none(said: str) -> None:
    assert not observed(said).keys() & {"complaint_level", "escalation"}
    assert observed(said).get("customer_type") != "agitated"


@pytest.mark.parametrize(
    "said",
    [
        "我老公说要投诉你们，我说不至于",
        "我孩子把我气死了，把手机摔了，我想问下换屏多少钱",
        "别家的服务特别差，还是你们好，我想续费",
        "今天天气真是烦死了，我那个快递到了没有",
        "我这个手机被偷了，我马上报警了，你先帮我把卡停了",
    ],
)
def test_anger_at_others_is_no_sure_complaint(said: str) -> None:
    assert not observed(said).keys() & {"complaint_level", "escalation"}


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ("你们得给我处理，我得投诉你们", "complaint"),
        ("气死我了，我孩子的奶粉你们都能送丢", "grumble"),
        ("我不是投诉你，我要投诉你们公司", "complaint"),
        ("我把这事发到朋友圈，让大家看看", "severe"),
        ("我要起诉你们", "severe"),
    ],
)
def test_what_is_meant_stays_a_complaint(said: str, level: str) -> None:
    assert observed(said)["complaint_level"] == level


def test_who_says_that_the_agent_has_not_understood_is_not_puzzled() -> None:
    assert observed("你到底听没听懂我说什么啊").get("customer_type") != "confused"
    assert observed("我没听懂你说什么")["customer_type"] == "confused"


@pytest.mark.parametrize(
    ("said", "level", "escalation"),
    [
        ("行，你们不处理是吧，那我找工信部", "severe", "authority"),
        ("再不给我退，我只能去消保委反映了", "severe", "authority"),
        ("我黑猫上已经挂了，你们自己看着办", "severe", "authority"),
        ("大不了咱们走法律程序", "severe", "authority"),
        ("能不能请你们值班经理给我回个电话", "complaint", "leader"),
        ("我要求跟你们上级领导通话", "complaint", "leader"),
        ("你级别不够，叫上面的人来", "complaint", "leader"),
        ("光道歉就完了，你们起码得给点补偿吧", "complaint", "compensation"),
        ("机器漏水把地板泡坏了，你们打算怎么补偿", "complaint", "compensation"),
        ("我今天打这个电话就是来投诉的", "complaint", None),
        ("我对这个处理结果不接受，我要求重新处理", "complaint", None),
        ("你们这流程也太复杂了", "grumble", None),
        ("说实话你们这次让我挺失望的", "grumble", None),
    ],
)
def test_other_words_for_a_complaint(said: str, level: str, escalation: str | None) -> None:
    found = observed(said)
    assert (found.get("complaint_level"), found.get("escalation")) == (level, escalation)


@pytest.mark.parametrize(
    "said",
    [
        "我就去工商局旁边那个网点取吧，近一点",
        "我是12345转过来的，让我打这个电话问社保卡",
        "我要跟你们经理谈合作",
        "你们的流程不复杂，挺简单的",
        "退货的话这个运费谁出啊",
        "请问一下航班延误怎么补偿啊",
        "我不要赔偿，你给我把面补一份就行了",
    ],
)
def test_those_words_in_a_calm_call(said: str) -> None:
    assert not observed(said).keys() & {"complaint_level", "escalation"}


def test_who_asks_or_wants_something_done_is_requesting() -> None:
    for said in ("麻烦帮我把明天的预约改到后天下午", "咨询个事儿，五百兆的宽带一年多少钱", "请问你们周末营业吗"):
        assert observed(said)["customer_type"] == "requesting", said


def test_what_the_agent_says_of_a_customers_child_quotes_nobody() -> None:
    call = parse_call("客户: 没有了\n客服: 谢谢您的来电，也请替我向孩子说声对不起，再见\n客户: 再见\nend customer")
    found = judge(base(), call.conversation, call.measures, call.hangup, call.metadata).findings
    assert next(str(f.verdict) for f in found if f.rule == "C8") == "pass"


def test_who_calls_for_his_mother_means_it() -> None:
    assert observed("我都哭一中午了。我妈说要去工商告你们")["escalation"] == "authority"
