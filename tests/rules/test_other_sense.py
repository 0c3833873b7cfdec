"""What a rule requires is not done by its words in another sense, for something else, or in the wrong place."""

from __future__ import annotations

import pytest

from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard

BASE = load_standard("base")


def verdict(rule: str, *turns: str) -> str:
    """Of the shipped standard, on a call of these lines."""
    made = parse_call("\n".join(turns))
    found = judge(BASE, made.conversation, made.measures, made.hangup, made.metadata, only=(rule,))
    return str(found.findings[0].verdict)


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
