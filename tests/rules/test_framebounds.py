"""Where frames are looked for: nowhere is left out that they would be found in."""

import random

import pytest

from analyzer.rules.checks.framebounds import FrameBounds
from analyzer.rules.checks.frameletters import fits_in
from analyzer.rules.checks.framelines import Lines
from analyzer.rules.checks.frames import Fit
from analyzer.rules.checks.frametree import Char, Edge, Frame, Row, Times, Ways, tree_of
from analyzer.rules.checks.loose import SoundLines
from analyzer.rules.checks.mishearing import HeardTurn
from analyzer.rules.pack import load_standard
from analyzer.testing.corrupt import corrupt

PATTERNS = load_standard("base").patterns
ODD = (
    "[一-九]点了吗",
    r"\p{Han}{3}好",
    "(?i)OK吗",
    "^(嗯|啊)*没{2,4}空$",
    "好+的?",
    "[^不没]行(吗|不行){2}",
    "(不){0}要",
    "(一|二)(?:三四五六七){1,}",
)


def sample(frame: Frame, rng: random.Random) -> str:
    """Something that fits."""
    match frame:
        case Char(chars, _, negated):
            return "甲" if negated else rng.choice(sorted(chars))
        case Row(parts):
            return "".join(sample(part, rng) for part in parts)
        case Ways(ways):
            return sample(rng.choice(ways), rng)
        case Times(part, least, most):
            return "".join(sample(part, rng) for _ in range(rng.randint(least, least + 2 if most is None else most)))
        case Edge():
            return ""


def said(seed: int) -> list[str]:
    """Lines of what fits patterns, and ordinary ones."""
    rng = random.Random(seed)
    ordinary = ["这个套餐每个月三十八块钱", "我帮您查一下", "好的那就这样", "您稍等一下我看看系统"]
    fitting = [sample(tree, rng) for p in rng.sample(PATTERNS, 40) if (tree := tree_of(p)) is not None]
    return [rng.choice(("", *ordinary)) + line + rng.choice(("", *ordinary)) for line in fitting]


@pytest.mark.parametrize("patterns", [PATTERNS, ODD], ids=["shipped", "odd"])
def test_written_words_fit_where_the_patterns_do(patterns: tuple[str, ...]) -> None:
    lines = [*said(1), "OK吗", "没没没空", "一点了吗", "好好好的", "行吗行不行", "一三四五六七", "要", ""]
    found = Lines(lines).find(patterns)
    every = {
        at: fits
        for at, line in enumerate(lines)
        if (fits := [Fit(*place, pattern) for pattern in patterns for place in fits_in(pattern, line)])
    }
    assert found == every
    assert len(every) > 5


def test_words_heard_badly_reach_it_where_they_do_without_being_told_where() -> None:
    rng = random.Random(3)
    texts = [corrupt(line, 0.12, at) for at, line in enumerate(said(2))]
    heard = [(at, text, [rng.choice((0.2, 0.5, 0.8, 0.93, 0.99)) for _ in text]) for at, text in enumerate(texts)]
    some, every = SoundLines(heard, PATTERNS), SoundLines(heard)
    count = 0
    for pattern in PATTERNS:
        for bits in (6.0, 18.0):
            found = list(every.find(pattern, bits, loose=True))
            assert list(some.find(pattern, bits, loose=True)) == found, pattern
            count += len(found)
    assert count > 100


def test_few_turns_are_left() -> None:
    turns = [HeardTurn.of(line, [0.9] * len(line)) for line in said(4)]
    assert (FrameBounds(PATTERNS).most(turns) >= 18.0).mean() < 0.2


def test_a_pattern_that_no_tree_is_made_of_may_fit_anywhere() -> None:
    bounds = FrameBounds(["[一-九]点", "好的"])
    assert (bounds.most([HeardTurn.of("我说", [0.5, 0.5])])[0] > 100).all()


def test_much_that_is_said_often_comes_to_much() -> None:
    bounds = FrameBounds(["(好|行)*的?(对)*"])
    turns = [HeardTurn.of("好" * 9_000, [0.9] * 9_000), *[HeardTurn.of("不要", [0.5, 0.5])] * 200]
    most = bounds.most(turns)
    assert most.shape == (1, 201)
    assert most[0, 0] > 9_000
    assert (most[0, 1:] < 5).all()
