"""Frames as trees."""

import pytest

from analyzer.rules.checks.frametree import Char, Edge, Row, Times, Ways, letters_of, tree_of
from analyzer.rules.pack import load_standard


def test_a_frame_is_read_as_it_is_built() -> None:
    assert tree_of("^[您你](看|听)?.{2,4}好+$") == Row(
        (
            Edge(is_start=True),
            Char.of("你"),
            Times(Ways((Char.of("看"), Char.of("听"))), 0, 1),
            Times(Char.of("", negated=True), 2, 4),
            Times(Char.of("好"), 1, None),
            Edge(is_start=False),
        )
    )


def test_a_way_may_be_empty() -> None:
    assert tree_of("好(的|)") == Row((Char.of("好"), Ways((Char.of("的"), Row(())))))


def test_all_that_is_named_counts_as_a_letter_and_what_must_not_be_does_not() -> None:
    assert letters_of("(看|听)[^我]好").chars == frozenset("看听好")


@pytest.mark.parametrize("pattern", ["[一-九]点", r"\d点", "(?i)好", "(" * 20 + "好" + ")" * 20])
def test_of_anything_else_no_tree_is_made(pattern: str) -> None:
    assert tree_of(pattern) is None


def test_of_nearly_every_frame_of_the_base_standard_one_is_made() -> None:
    frames = [frame for family in load_standard("base").families.values() for frame in family.frames]
    assert sum(tree_of(frame) is not None for frame in frames) >= 0.99 * len(frames)
