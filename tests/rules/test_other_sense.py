"""What a rule requires is not done by its words in another sense, for something else, or in the wrong place."""

from __future__ import annotations

import pytest

from analyzer.rules.examples import judge_example
from analyzer.rules.pack import load_standard

BASE = load_standard("base")


def verdict(rule: str, *turns: str) -> str:
    """Of the shipped standard, on a call of these lines."""
    asked = BASE.rule(rule)
    assert asked is not None, rule
    return str(judge_example(BASE, asked, "\n".join(turns)).verdict)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("请问有什么可以帮您", "fail"),
        ("有什么能帮您的吗", "fail"),
        ("请问您怎么称呼", "fail"),
        ("听得到吗", "fail"),
        ("请问您是什么时候充的", "pass"),
        ("有什么提示吗", "pass"),
    ],
)
def test_who_only_offers_help_or_asks_the_name_has_not_asked_about_the_problem(asked: str, expected: str) -> None:
    assert verdict("C1", f"客服: 您好，{asked}", "用户: 话费少了三十块", "客服: 我帮您登记", "用户: 哦") == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("不好意思，麻烦报一下您的订单号", "unsure"),
        ("很抱歉，我没有听清，您再说一遍", "unsure"),
        ("不好意思打断您一下，您的号码是多少", "unsure"),
        ("这是规定，请您理解一下", "fail"),
        ("感谢您的理解，我们也有我们的难处", "fail"),
        ("我理解您的意思是要全部退掉", "fail"),
        ("真不好意思，请您报一下订单号", "pass"),
        ("对不起，是我们弄错了，您的订单号是多少", "pass"),
        ("您的心情我能理解，请您报一下订单号", "pass"),
    ],
)
def test_regret_is_for_what_is_complained_of_and_understanding_is_given_not_asked_for(said: str, expected: str) -> None:
    assert (
        verdict("E1", "客服: 您好，请讲", "用户: 你们太过分了，气死我了", f"客服: {said}", "用户: 凭什么") == expected
    )


def test_glad_to_serve_is_no_feeling_for_who_complains_later() -> None:
    assert verdict("E1", "客服: 您好，为您服务很高兴", "用户: 气死我了", "客服: 订单号", "用户: 凭什么") == "fail"


def test_a_word_for_the_wait_before_the_complaint_is_perhaps_no_regret_before_the_proposal() -> None:
    greeted = ("客服: 您好，不好意思让您久等了，请讲", "用户: 我要投诉你们乱扣钱")
    assert verdict("H1_order", *greeted, "客服: 我帮您登记", "用户: 嗯") == "unsure"
    assert verdict("H1_order", *greeted, "客服: 很抱歉，我帮您登记", "用户: 嗯") == "pass"


@pytest.mark.parametrize(
    ("greeting", "refusal", "leave", "expected"),
    [
        ("请讲", "退不了", "有问题随时联系我们，再见", "fail"),
        ("很抱歉让您久等了，请讲", "退不了", "感谢您的来电，再见", "fail"),
        ("很抱歉让您久等了，请讲", "退不了，因为银行周末不入账", "再见", "unsure"),
        ("请讲", "很抱歉退不了", "有问题随时联系我们，再见", "unsure"),
        ("请讲", "不好意思，退不了，因为银行周末不入账", "再见", "pass"),
        ("请讲", "退不了，真不好意思", "银行周末不入账，不过我可以给您加急", "pass"),
    ],
)
def test_who_refuses_is_sorry_and_says_why_where_he_refuses(
    greeting: str, refusal: str, leave: str, expected: str
) -> None:
    between = ("用户: 真的", "客服: 对的没错", "用户: 急用", "客服: 知道了的呢", "用户: 那算了", "客服: 好的您忙")
    call = (
        f"客服: 您好，{greeting}",
        "用户: 今天能退到账吗",
        f"客服: {refusal}",
        *between,
        "用户: 嗯",
        f"客服: {leave}",
    )
    assert verdict("H15", *call) == expected


@pytest.mark.parametrize("rule", ["C7", "H16"])
@pytest.mark.parametrize(
    ("asked", "answer", "expected"),
    [
        ("请您再说一遍好吗", "没用", "unsure"),
        ("您稍等一下可以吗", "嗯", "unsure"),
        ("您的电话报一下好吗", "幺三八", "unsure"),
        ("还有什么需要我帮您的吗", "没有了", "unsure"),
        ("您看这样可以吗", "没用", "pass"),
        ("我帮您登记，请师傅联系您，可以吗", "嗯", "pass"),
        ("那我给您换一个", "可以", "pass"),
    ],
)
def test_asking_to_wait_or_to_say_it_again_asks_for_no_consent(
    rule: str, asked: str, answer: str, expected: str
) -> None:
    begun = ("客服: 您好请讲", "用户: 打不开", "客服: 建议您先重启", "用户: 试过了没用")
    assert verdict(rule, *begun, f"客服: {asked}", f"用户: {answer}", "客服: 那再见") == expected


@pytest.mark.parametrize(
    ("greeting", "asked", "later", "expected"),
    [
        ("请讲", "身份证号报一下", "十二块", "unsure"),
        ("请问您要办什么业务呢", "身份证号多少", "十二块", "unsure"),
        ("请问有什么可以帮您", "卡号说一下", "可以发到您手机上", "unsure"),
        ("请问有什么可以帮您", "卡号说一下", "请您保持电话畅通", "unsure"),
        ("请讲", "请您报一下身份证号", "十二块", "pass"),
        ("请讲", "身份证号是多少，您请说", "十二块", "pass"),
        ("请讲", "您的身份证号是多少呢", "十二块", "pass"),
    ],
)
def test_a_please_for_something_else_makes_no_polite_request(
    greeting: str, asked: str, later: str, expected: str
) -> None:
    call = (f"客服: 您好，{greeting}", "用户: 查话费", f"客服: {asked}", "用户: 三三零一", f"客服: {later}")
    assert verdict("S5", *call) == expected


def test_sorry_to_disturb_is_perhaps_no_regret_for_the_lost_line() -> None:
    goes_on = ("用户: 嗯", "客服: 刚才断线了，我们接着说", "用户: 好")
    assert verdict("N1", "meta is_callback=true", "客服: 您好，不好意思打扰您了", *goes_on) == "unsure"
    assert verdict("N1", "meta is_callback=true", "客服: 您好，实在不好意思", *goes_on) == "pass"


@pytest.mark.parametrize(
    ("back", "expected"),
    [
        ("查到了，周六的票抱歉没有了", "unsure"),
        ("不好意思，查到了，有票", "pass"),
        ("让您久等了，很抱歉，周六的票没有了", "pass"),
        ("查到了，有票", "fail"),
    ],
)
def test_sorry_for_the_news_is_perhaps_no_word_for_the_wait(back: str, expected: str) -> None:
    call = ("用户: 查一下有没有票", "客服: 请稍等我查一下", "hold 30s", f"客服: {back}", "用户: 哦")
    assert verdict("S6_back", *call) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("哦，是吗", "unsure"),
        ("没有别的事了对吧", "fail"),
        ("扣了三十块，是吗", "pass"),
        ("是这个月扣的，对吧", "pass"),
    ],
)
def test_who_is_astonished_or_takes_leave_confirms_nothing(said: str, expected: str) -> None:
    call = ("客服: 您好请讲", "用户: 话费少了", "客服: 没少", "用户: 扣了三十块", f"客服: {said}", "用户: 有啊")
    assert verdict("S3", *call, "客服: 系统里没有", "用户: 唉", "客服: 再见", "end agent") == expected


def test_to_meet_again_is_no_goodbye() -> None:
    busy = ("客服: 您好", "用户: 我在开会")
    assert verdict("N2", *busy, "客服: 再见面太麻烦，就两分钟，这个套餐很划算", "用户: 不行") == "fail"
    assert verdict("N2", *busy, "客服: 那打扰了，再见", "用户: 好") == "pass"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("您先生住哪个医院", "fail"),
        ("让您先生把发票寄来", "fail"),
        ("钱师傅会给您打电话", "fail"),
        ("老人家带身份证来就行", "fail"),
        ("王老师的课改到明天", "fail"),
        ("这个套餐叫什么名字", "fail"),
        ("谢谢您先生", "pass"),
        ("老人家您带身份证来就行", "pass"),
        ("师傅您把车停好", "pass"),
        ("好的王老师", "pass"),
    ],
)
def test_who_is_only_talked_of_was_not_addressed(said: str, expected: str) -> None:
    call = ("客服: 您好请讲", "用户: 问个事", f"客服: {said}", "用户: 好", "客服: 六点之前", "用户: 没了")
    assert verdict("S2", *call, "客服: 再见", "end agent") == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("三分钟左右到账，请稍等", "fail"),
        ("通话两分钟就断了是吧，请稍等", "fail"),
        ("三分钟左右到账，请您等我一分钟", "pass"),
        ("请稍等两分钟就好", "pass"),
    ],
)
def test_how_long_something_else_takes_is_not_how_long_the_wait_will_be(said: str, expected: str) -> None:
    assert verdict("S6_length", "用户: 多久到账", f"客服: {said}", "hold 40s", "客服: 查到了") == expected
