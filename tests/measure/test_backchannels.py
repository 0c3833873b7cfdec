"""Listener's tokens, questions, and words around a wait."""

import pytest

from analyzer.measure.backchannels import (
    announces_wait,
    asks,
    claims_floor,
    closes,
    comes_back,
    is_leading_token,
    is_listener_token,
    is_nearly_token,
    leaves_open,
)


@pytest.mark.parametrize(
    "text", ["嗯", "嗯。", "对对对", "好的好的", "是的", "哦,这样啊", "OK", "明白了", "队", "恩恩"]
)
def test_tokens_also_by_sound(text: str) -> None:
    assert is_listener_token(text)


@pytest.mark.parametrize(
    "text", ["", "。", "取消", "不对", "不好", "喂", "我要投诉", "好的我知道了你先听我说", "对不起"]
)
def test_words_that_want_something_are_no_tokens(text: str) -> None:
    assert not is_listener_token(text)


@pytest.mark.parametrize(
    "text",
    [
        "对对我",
        "最对对",
        "恩恩了",
        "对对对应。",
        "嗯嗯嗯你",
        "对对对",
        "对一对对",
        "您明白了",
        "我知道了。",
        "您白了,",
        "你买了",
    ],
)
def test_a_repeated_token_misheard_by_a_syllable(text: str) -> None:
    assert is_nearly_token(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "对",
        "嗯嗯",
        "对我",
        "我要退款",
        "好好说",
        "行行好",
        "对对你说得",
        "等等我",
        "我对你",
        "这样我",
        "不明白了",
        "不对对",
        "怎么了",
        "买不了",
        "退了吧",
    ],
)
def test_other_words_are_no_repeated_token(text: str) -> None:
    assert not is_nearly_token(text)


@pytest.mark.parametrize("text", ["取消", "不是", "等等", "我要退款", "别说了", "您先听我说", "喂"])
def test_words_that_want_the_floor(text: str) -> None:
    assert claims_floor(text)


@pytest.mark.parametrize("text", ["", "嗯", "对应", "两位", "丰富", "没错", "明白了", "您好"])
def test_words_a_token_may_be_misheard_for_want_nothing(text: str) -> None:
    assert not claims_floor(text)


@pytest.mark.parametrize(("text", "leads"), [("对,", True), ("对", False), ("好的", True), ("您,", False)])
def test_a_token_leads_where_no_other_word_begins_with_it(text: str, leads: bool) -> None:
    assert is_leading_token(text) is leads


@pytest.mark.parametrize("text", ["您是本人吗", "请问您贵姓？", "这样可以吗。", "您的电话是多少", "好不好"])
def test_questions(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize("text", ["好的", "我帮您查一下", ""])
def test_statements(text: str) -> None:
    assert not asks(text)


def test_waiting() -> None:
    assert announces_wait("好的，请您稍等一下")
    assert announces_wait("我帮您查询一下，请不要挂机")
    assert not announces_wait("再见")
    assert comes_back("您好，让您久等了")
    assert not comes_back("您的快递已经到了")


@pytest.mark.parametrize(
    "text", ["我想问一下我", "那是因为", "您的订单已经在", "这个套餐我们就", "您先等我给", "还有一"]
)
def test_a_sentence_left_open(text: str) -> None:
    assert leaves_open(text)
    assert not closes(text)


@pytest.mark.parametrize("text", ["", "谢谢您", "我现在", "号码是幺三八零一", "这样对不", "我来找他", "已经到了"])
def test_what_can_end_a_sentence_is_not_left_open(text: str) -> None:
    assert not leaves_open(text)


@pytest.mark.parametrize("text", ["已经到了。", "好的吧", "谢谢", "再见", "要多少", "是不是"])
def test_a_sentence_closed(text: str) -> None:
    assert closes(text)
