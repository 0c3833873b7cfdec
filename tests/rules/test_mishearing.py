"""How much speaks for a frame in words heard badly."""

import time

import pytest

from analyzer.rules.checks.frametree import tree_of
from analyzer.rules.checks.mishearing import HeardTurn, reaches


def bits(pattern: str, text: str, probability: float = 0.9, **of: float) -> float:
    """How much speaks for the pattern in the text, to a hundredth; each character is believed so much."""
    turn = HeardTurn.of(text, [of.get(char, probability) for char in text])
    low, high = -50.0, 100.0
    while high - low > 0.01:
        middle = (low + high) / 2
        low, high = (middle, high) if reaches(pattern, turn, 0, len(text), middle) else (low, middle)
    return low


def test_more_of_it_speaks_more() -> None:
    assert bits("拆机", "拆机") < bits("拆机翻新", "拆机翻新")


def test_a_rare_character_tells_more_than_one_that_everybody_says() -> None:
    assert bits("你我好", "你我好") < bits("拆翻浑", "拆翻浑")


def test_a_sound_speaks_less_than_the_character_and_more_than_another() -> None:
    written, alike, other = bits("弄不明白", "弄不明白"), bits("弄不明白", "弄不明摆"), bits("弄不明白", "弄不明香")
    assert written > alike > other


def test_the_less_the_recogniser_believes_in_another_word_the_less_it_speaks_against_it() -> None:
    assert (
        bits("弄不明白", "弄不明摆", 摆=0.3)
        > bits("弄不明白", "弄不明摆", 摆=0.75)
        > bits("弄不明白", "弄不明摆", 摆=0.99)
    )


def test_a_character_the_recogniser_is_certain_of_stands_for_no_other_sound() -> None:
    assert bits("难道是我们", "难这是我们", 这=0.9) > bits("难道是我们", "难这是我们", 这=0.96)


def test_one_of_many_ways_speaks_less() -> None:
    assert bits("(弄)不明白", "弄不明白") == pytest.approx(bits("(弄|搞|看|听)不明白", "弄不明白") + 2, abs=0.05)
    assert bits("弄不明白", "弄不明白") > bits("弄.{0,8}不明白", "弄不明白") > bits("弄.*不明白", "弄不明白")


def test_a_character_lost_or_put_in_speaks_against_it() -> None:
    whole = bits("掰开揉碎讲", "掰开揉碎讲")
    assert 10 < bits("掰开揉碎讲", "掰开碎讲") < whole
    assert 10 < bits("掰开揉碎讲", "掰开揉是碎讲") < whole


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("^弄不明白", "弄不明摆", True),
        ("不明白$", "不明摆了", False),
        ("弄(不|没)?明白", "弄明摆", True),
        ("[^您你]弄不明白", "他弄不明摆", True),
        ("[^您你]弄不明白", "您弄不明摆", False),
        ("(弄不){2}明白", "弄不弄不明摆", True),
    ],
)
def test_edges_ways_and_times_hold(pattern: str, text: str, fits: bool) -> None:
    turn = HeardTurn.of(text, [0.5] * len(text))
    assert reaches(pattern, turn, 0, len(text), 15.0) is fits


def test_times_in_times_take_no_time_without_end() -> None:
    pattern, text = "((((弄*)*)*)*白)+$", "弄" * 200 + "摆"
    assert tree_of(pattern) is not None
    begun = time.process_time()
    reaches(pattern, HeardTurn.of(text, [0.5] * len(text)), 0, len(text), 15.0)
    assert time.process_time() - begun < 2.0
