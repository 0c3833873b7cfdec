"""What frames cannot do without."""

import pytest

from analyzer.rules.checks.frameletters import fits_in
from analyzer.rules.checks.framelines import Lines
from analyzer.rules.checks.frameneeds import Strings, needs_of
from analyzer.rules.checks.frametree import tree_of
from analyzer.rules.pack import load_standard
from analyzer.speech.mandarin import spoken_text
from analyzer.speech.sound import canon


def needs(pattern: str) -> set[frozenset[str]]:
    frame = tree_of(pattern)
    assert frame is not None
    return set(needs_of(frame))


@pytest.mark.parametrize(
    ("pattern", "pairs"),
    [
        ("怎么办", [{"怎么"}, {"么办"}]),
        ("[退换]了.{0,3}吗", [{"退了", "换了"}]),
        ("(退款|换货|赔)呢", []),
        ("(退款|换货)呢?", [{"退款", "换货"}]),
        ("(还)?(没有|不到)+", [{"没有", "不到"}]),
        ("(钱呢)?退[^了]款", []),
        ("^.*$", []),
    ],
)
def test_two_in_a_row_are_needed_where_they_must_be(pattern: str, pairs: list[set[str]]) -> None:
    assert {need for need in needs(pattern) if all(len(string) == 2 for string in need)} == set(map(frozenset, pairs))


def test_one_of_a_way_without_needs_is_enough() -> None:
    assert needs("(退款|.{2})呢") == {frozenset("呢")}


def test_all_needs_must_be_met_in_one_line() -> None:
    lines = Strings(["退款呢", "不退", "退款", ""])
    assert lines.meet([frozenset({"退款"}), frozenset("呢")]) == 0b0001
    assert lines.meet([frozenset({"退款", "不退"})]) == 0b0111
    assert lines.meet([frozenset({"款呢"}), frozenset("不")]) == 0
    assert lines.meet([frozenset({"呢不"})]) == 0


def test_no_pattern_of_the_standard_fits_where_its_needs_are_not_met() -> None:
    standard = load_standard("base")
    said = [spoken_text(text) for family in standard.families.values() for text in (*family.forms, *family.near_misses)]
    texts = list(dict.fromkeys(text for text in said if text))[::7]
    found = Lines(texts).find(standard.patterns)
    strings = Strings(map(canon, texts))
    fits = 0
    for pattern in standard.patterns[::5]:
        among = {place for place, text in enumerate(texts) if any(fits_in(pattern, text))}
        fits += len(among)
        frame = tree_of(pattern)
        met = strings.meet(needs_of(frame)) if frame is not None else -1
        assert all(met >> place & 1 for place in among), pattern
        assert among == {place for place, some in found.items() if any(fit.pattern == pattern for fit in some)}, pattern
    assert fits > 100


def test_what_fits_nothing_is_at_the_places_of_characters() -> None:
    assert list(fits_in("x+|$", "退x款xx")) == [(1, 2), (3, 5), (5, 5)]
    assert all(0 <= start <= end <= 3 for start, end in fits_in(r"\B", "退x款"))
