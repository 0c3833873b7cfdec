"""The second look: what the recogniser may have got wrong, and what was plainly another phrase."""

import pytest

from analyzer.rules.checks.guard import done_for_you
from analyzer.speech.difference import difference, unlike
from tests.rules.small import verdict

RUDE = {"kind": "said", "any": ["rude"]}
ORDER = {"kind": "said", "any": ["order"]}


@pytest.mark.parametrize(
    ("phrase", "heard"),
    [
        ("我怎么知道", "我怎么知道"),
        ("我不是跟你说得很清楚了吗", "我不是跟您说的很清楚了嘛"),  # the same to the ear
        ("这又不是我制定的", "这又不是我致定的"),
        ("你怎么这么不讲理", "你怎么这么不将理"),
    ],
)
def test_the_same_phrase(phrase: str, heard: str) -> None:
    found = difference(phrase, heard, [])
    assert not found.is_other_phrase
    assert not found.is_unsure


@pytest.mark.parametrize(
    ("phrase", "heard"),
    [
        ("你的电话怎么搞的", "您的电话怎么称呼"),
        ("我不想和你讲", "我想和您讲"),  # the negation is gone
        ("你为什么", "您有什么"),
        ("谁告诉您的", "告诉您"),
        ("你傻啊", "您稍"),
        ("你想怎样", "您想怎么"),
        ("随便吧", "随便答"),  # 我不能随便答应您
    ],
)
def test_confidently_another_phrase(phrase: str, heard: str) -> None:
    assert difference(phrase, heard, [0.95] * len(heard)).is_other_phrase


def test_a_doubtful_word_may_have_been_misheard() -> None:
    heard = "你怎么这么不乔理"
    sure = [0.95] * len(heard)
    doubtful = [*sure[:6], 0.4, 0.95]
    assert difference("你怎么这么不讲理", heard, sure).other >= difference("你怎么这么不讲理", heard, doubtful).other
    assert not difference("你怎么这么不讲理", heard, doubtful).is_other_phrase


def test_a_short_phrase_without_its_particle_and_with_another_character_is_unsure() -> None:
    doubted = [0.83, 0.94, 0.94, 0.86]
    assert difference("骂的就是你", "码就是您", doubted).is_unsure  # 号码就是您打来的这个
    assert not difference("骂的就是你", "骂就是您", doubted).is_unsure
    assert not difference("我不是跟你说得很清楚了吗", "我不是跟你说很清除了吗", [0.7] * 11).is_unsure  # long enough


def test_only_a_long_phrase_may_lose_a_syllable_that_denies_nothing() -> None:
    assert not difference("非常抱歉给您带来了不好的体验", "非常抱歉您带来了不好的体验", []).is_unsure
    assert difference("非常抱歉给您带来了不好的体验", "非常抱歉给您带来了好的体验", []).is_unsure
    assert difference("非常抱歉给您带来了不好的体验", "抱歉给您来了不好的体验", []).is_unsure  # several
    assert difference("改时再与您联系", "改时再与联系", []).is_unsure


def test_the_second_half_of_what_for_is_no_particle() -> None:
    found = difference("你还想干嘛", "您还想聊", [0.99, 0.99, 0.99, 0.42])  # 您还想了解点什么
    assert found.lost == 1 and found.is_other_phrase
    assert not difference("你还想干嘛", "您还想干吗", []).is_unsure
    assert not difference("说得好嘛", "说得好", []).lost


def test_rare_readings_do_not_count() -> None:
    assert unlike("有", "为") > 0.3
    assert unlike("给", "计") > 0.3  # 会计，我查一下 is no 给我查一下
    assert unlike("还", "环") == 0  # both readings of 还 are common
    assert unlike("讲", "将") == 0


def test_a_lost_syllable_makes_it_unsure_not_a_breach() -> None:
    assert verdict("客服: 我怎么知道呀", forbid=RUDE) == "fail"
    assert verdict("客服: 我知道", forbid=RUDE) == "pass"
    assert verdict("客服: 我想怎么样都行", forbid=RUDE) == "pass"


@pytest.mark.parametrize(
    ("phrase", "before", "heard", "is_for_you"),
    [
        ("你赶紧", "我马上帮", "您跟进", True),
        ("你赶紧", "我马上为", "您跟进", True),
        ("你傻啊", "我给", "您查一", True),
        ("你说的不准", "免得跟", "您说了不准", True),
        ("你赶紧", "", "您跟进", False),
        ("你赶紧", "那", "您跟进", False),
        ("你不明白", "因为", "你不明", False),
        ("谁告诉您的", "我帮", "谁告诉您的", False),
    ],
)
def test_you_may_be_whom_something_is_done_for(phrase: str, before: str, heard: str, is_for_you: bool) -> None:
    assert done_for_you(phrase, before + heard, len(before)) is is_for_you


def test_a_statement_that_was_asked_is_no_sure_reproach() -> None:
    assert difference("我没说错啊", "我没说错吧", []).is_unsure
    assert not difference("我没说错啊", "我没说错呀", []).is_unsure
    assert not difference("我没说错啊", "我没说错吧", [0.9] * 4 + [0.5]).is_unsure


def test_a_question_that_was_not_asked_is_no_sure_reproach() -> None:
    assert difference("我刚才没说吗", "我刚才没有说", []).is_unsure
    assert not difference("我刚才没说吗", "我刚才没说嘛", []).is_unsure
    assert not difference("我不是跟你说得很清楚了吗", "我不是跟你说得很清楚了", []).is_unsure  # long enough without


def test_what_is_done_for_the_customer_is_no_order() -> None:
    assert verdict("客服: 你赶紧", forbid=ORDER) == "fail"
    assert verdict("客服? 您跟进", forbid=ORDER) == "unsure"
    assert verdict("客服? 帮您跟进", forbid=ORDER) == "pass"
