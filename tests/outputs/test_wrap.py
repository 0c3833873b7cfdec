from __future__ import annotations

import re
from random import Random

import pytest
from rich.cells import cell_len
from rich.text import Text

from analyzer.outputs.wrap import fit, line_breaks


def lines(text: str, width: int) -> list[str]:
    return fit(Text(text), width).plain.split("\n")


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("建议: 先问清楚再给办法", 12, ["建议: 先问清", "楚再给办法"]),  # the label stays with its text
        ("请说“您还好吗？”。", 14, ["请说“您还好", "吗？”。"]),  # no closing mark begins a line
        ("他说了“您好”", 7, ["他说了", "“您好”"]),  # no opening mark ends one
        ("0:37 忙音 4 次", 12, ["0:37 忙音", "4 次"]),  # a number keeps its unit
        ("共 241 字/分钟，偏快", 14, ["共", "241 字/分钟，", "偏快"]),
        ("说了hello world", 9, ["说了hello", "world"]),
        ("thank you for calling", 10, ["thank you", "for", "calling"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),  # wider than a line
        ("四字四字", 1, ["四", "字", "四", "字"]),  # no line is wide enough
        ("", 10, [""]),
        ("一\n\n二", 10, ["一", "", "二"]),
        ("    一二三四五", 10, ["    一二三", "    四五"]),
    ],
)
def test_a_line_is_broken_where_it_may_be(text: str, width: int, expected: list[str]) -> None:
    assert lines(text, width) == expected


@pytest.mark.parametrize("seed", range(30))
def test_lines_fit_lose_nothing_and_begin_and_end_as_they_may(seed: int) -> None:
    dice = Random(seed)
    words, marks = ("您好", "4 次", "12.5 s", "call", "语速"), ("", "，", "？”。", "“", "）（", " ", "…")
    text = "".join(dice.choice(words) + dice.choice(marks) for _ in range(60)).strip()
    for width in (24, 40, 61):
        made = lines(text, width)
        assert "".join(made).replace(" ", "") == text.replace(" ", "")
        assert all(cell_len(line) <= width for line in made)
        for at in line_breaks(text, width):
            before, after = text[:at], text[at:]
            assert not before.endswith(("“", "（"))
            assert before.endswith(" ") or after[0] not in "，。、？”）…"  # a mark after a space stays where it is
            assert not re.search("[0-9] ?$", before) or not re.match("次|s(?![a-z0-9])", after)


def test_styles_stay_where_they_were() -> None:
    text = Text("一二三", style="red")
    text.append("四五六", style="bold")
    made = fit(text, 8)
    assert made.plain == "一二三四\n五六"
    assert [made.plain[s.start : s.end].replace("\n", "") for s in made.spans if s.style == "bold"] == ["四", "五六"]
