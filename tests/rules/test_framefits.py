"""Where frames fit in lines as sets of places."""

import random

import pytest

from analyzer.rules.checks.framefits import Places, a_word, anything, but_for_one, often, one

LINES = ["不是这样的", "", "您说不是", "是不是不是这", "这样"]
PLACES = Places({3 * at: line for at, line in enumerate(LINES)})


@pytest.mark.parametrize("back", [False, True], ids=["on", "back"])
def test_a_word_lies_where_its_characters_do_one_by_one(back: bool) -> None:
    rng = random.Random(1)
    reached = 0
    for _ in range(500):
        chars = "".join(rng.choice("不是这样的您说") for _ in range(rng.randint(2, 4)))
        is_open = tuple(rng.random() < 0.5 for _ in chars)
        parts = [
            (one(frozenset(char), back), anything(1, 1, back) if open_ else None)
            for char, open_ in zip(chars, is_open, strict=True)
        ]
        at = rng.getrandbits(PLACES.every.bit_length()) & PLACES.every
        found = a_word(chars, is_open, back)(PLACES, at)
        assert found == but_for_one(parts, back)(PLACES, at), (chars, is_open)
        reached += found != 0
    assert reached > 50


@pytest.mark.parametrize("back", [False, True], ids=["on", "back"])
def test_any_characters_reach_as_far_as_one_behind_the_other_does(back: bool) -> None:
    rng = random.Random(2)
    each = anything(1, 1, back)
    for least in range(4):
        for most in (None, *range(max(1, least), 9)):
            for _ in range(20):
                at = rng.getrandbits(PLACES.every.bit_length()) & PLACES.every
                reached = anything(least, most, back)(PLACES, at)
                assert reached == often(each, least, most)(PLACES, at), (least, most)


def test_lines_are_found_by_any_of_their_places_with_their_ends() -> None:
    starts = [0, 6, 7, 12, 19]
    for number, (line, start) in enumerate(zip(LINES, starts, strict=True)):
        for place in range(start, start + len(line) + 1):
            assert list(PLACES.lines(1 << place)) == [(3 * number, start, 1 << place)]
    assert [name for name, _, _ in PLACES.lines(PLACES.among([12, 3, 6]))] == [3, 6, 12]
    assert PLACES.among([]) == 0
    assert list(PLACES.lines(0)) == []
