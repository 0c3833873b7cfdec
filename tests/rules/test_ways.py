"""Phrases with choices in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.errors import StandardError
from analyzer.rules.pack import load_standard
from analyzer.rules.scaffold import scaffold
from analyzer.rules.ways import MAX_WAYS, ways_of


@pytest.mark.parametrize(
    ("form", "ways"),
    [
        ("我怎么知道", ("我怎么知道",)),
        ("你(怎么|咋)(这么|)粗心", ("你怎么这么粗心", "你怎么粗心", "你咋这么粗心", "你咋粗心")),
        ("（他|她）…说的", ("他…说的", "她…说的")),
        ("(好|好)吧", ("好吧",)),
        ("", ()),
    ],
)
def test_each_way_is_there_once_in_order(form: str, ways: tuple[str, ...]) -> None:
    assert ways_of(form) == (ways or ("",))


@pytest.mark.parametrize("form", ["你(怎么", "你怎么)", "你|我", "((你|我)|他)好", "(a|b)" * 40, "(a|b)" * 15_000])
def test_a_form_that_is_none_is_refused(form: str) -> None:
    with pytest.raises(ValueError, match=r"has|stands for"):
        ways_of(form)


def test_no_more_than_a_bounded_number() -> None:
    assert len(ways_of("(1|2|3|4|5|6|7|8|9|0|a|b)(1|2|3|4|5|6|7|8|9|0)")) == MAX_WAYS


def test_a_pack_with_a_bad_choice_says_where(tmp_path: Path) -> None:
    folder = tmp_path / "house"
    family = next(path for path in scaffold(folder) if "forms: [这个不归" in path.read_text("utf-8"))
    text = family.read_text("utf-8")
    family.write_text(text.replace("这个不归我们部门管", "这(个|件事不归我们部门管"), "utf-8")
    with pytest.raises(StandardError, match=r"standard.ways: .*line \d+ .*is not closed"):
        load_standard(folder)
    family.write_text(text.replace("这个不归我们部门管", "(这个|这件事)不归我们(部门|)管"), "utf-8")
    standard = load_standard(folder)
    ways = {"这个不归我们部门管", "这个不归我们管", "这件事不归我们部门管", "这件事不归我们管"}
    assert any(ways < set(family.forms) for family in standard.families.values())
