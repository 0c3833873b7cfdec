"""Full-width signs: every parser takes them as their twins in ASCII, and no editor can have lost them in the source."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import analyzer
from analyzer.call.record import understand
from analyzer.call.types import Role
from analyzer.call.width import narrow
from analyzer.cli.options import roles_from
from analyzer.errors import UsageError
from analyzer.outputs.privacy import find_private
from analyzer.outputs.redact import redact_text
from analyzer.rules.notation import parse_call
from analyzer.rules.ways import ways_of
from analyzer.testing.private_numbers import HARMLESS, NUMBERS, PLACES_AND_NAMES

MARKS = ",:;!?()|"
_TESTED_WITH = frozenset(["set", "frozenset", "maketrans", "strip", "lstrip", "rstrip"])


def wide(text: str, signs: str = "".join(map(chr, range(0x21, 0x7F)))) -> str:
    """The same with those of its signs in full width."""
    return "".join(chr(ord(c) + 0xFEE0) if c in signs else c for c in text)


def test_narrow_turns_wide_round_and_nothing_else() -> None:
    signs = "".join(map(chr, range(0x20, 0x7F)))
    assert narrow(wide(signs)) == narrow("\u3000" + signs[1:]) == signs
    assert narrow("您好\u3002\u3001…") == "您好\u3002\u3001…"


@pytest.mark.parametrize("signs", [MARKS, "".join(map(chr, range(0x21, 0x7F)))], ids=["marks", "all"])
def test_what_is_private_is_found_in_full_width(signs: str) -> None:
    lines = [*(line for line, *_ in (*NUMBERS, *PLACES_AND_NAMES)), *HARMLESS]
    for line in lines:
        assert find_private(wide(line, signs)) == find_private(line), line


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("我的电话是一三八,零零一三,八零零零", "我的电话是*************"),
        ("电话138,0013,8000", "电话*************"),
        ("姓名:张三丰", "姓名:***"),
        ("免贵姓:王", "免贵姓:*"),
        ("我叫张伟,您好", "我叫**,您好"),
        ("收件地址:学院路5号,谢谢", "收件地址:********"),
        ("身份证11010119900307775,X", "身份证*******************"),
    ],
)
def test_numbers_and_names_between_full_width_marks_are_masked(line: str, left: str) -> None:
    assert redact_text(line)[0] == left
    assert redact_text(wide(line, MARKS))[0] == wide(left, MARKS)


def test_example_calls_may_be_written_in_full_width() -> None:
    text = (
        "0.5-2.0 客服: 您好,请问有什么可以帮您?\n用户: 我要投诉!\n客服~ 嗯\n用户!1.5 不是\n客服!- 这样\n客服? 听不清\n"
        "~18s\nagent: 好的\nhold 40s music\nmeasure agent.articulation_rate=300 doubt=low_snr\n"
        "curve agent.level -30 -12\nmeta is_callback=true\nroles 0.4\nmono 0.7\nend customer 2s"
    )
    plain, other = parse_call(text), parse_call(wide(text))
    turns = tuple(replace(turn, text=narrow(turn.text)) for turn in other.conversation.turns)
    overlaps = tuple(replace(overlap, text=narrow(overlap.text)) for overlap in other.conversation.overlaps)
    assert replace(other, conversation=replace(other.conversation, turns=turns, overlaps=overlaps)) == plain
    assert other.conversation.turns[0].text == wide("您好,请问有什么可以帮您?")  # what is said stays as it is written


def test_metadata_may_be_written_in_full_width() -> None:
    fields = {
        "Call-Id": "7", "开始时间": "2026/03/02 10:00:00", "channel_roles": "agent;customer", "direction": "inbound",
        "is_callback": "true", "team": "-",
    }  # fmt: skip
    twins = {wide(name): value if name == "Call-Id" else wide(value) for name, value in fields.items()}
    assert understand(twins, "sidecar") == understand(fields, "sidecar")
    assert understand(twins, "sidecar").start_time == "2026-03-02T10:00:00"


def test_roles_and_choices_may_be_written_in_full_width() -> None:
    given = roles_from(wide("agent, customer"))
    assert given is not None and given.roles == (Role.AGENT, Role.CUSTOMER)
    assert ways_of(wide("你(怎么|咋)(这么|)粗心")) == ways_of("你(怎么|咋)(这么|)粗心")


@pytest.mark.parametrize("text", ["坐席,客户", "agent/customer", "坐席、客户", "客服；用户"])
def test_roles_are_given_by_hand_in_the_words_of_a_manifest(text: str) -> None:
    given = roles_from(text)
    assert given is not None and given.roles == (Role.AGENT, Role.CUSTOMER)


@pytest.mark.parametrize("text", ["agent,agent", "agent,customer,agent", "boss,customer", ""])
def test_roles_that_no_call_can_have_are_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        roles_from(text)
    assert caught.value.code == "usage.roles"


def doubled(tree: ast.AST) -> Iterator[str]:
    """Sets of signs, as classes of a pattern, arguments and what is searched by `in`, that hold an ASCII mark twice."""
    for node in ast.walk(tree):
        found: list[str] = []
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = [c for c in re.findall(r"\[[^\]\n]*\]", node.value) if ", " not in c]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in _TESTED_WITH:
            found = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if len(found) > 1 and found[0] == found[1]:
                yield found[0]
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            found = [c.value for c in node.comparators if isinstance(c, ast.Constant) and isinstance(c.value, str)]
        yield from (signs for signs in found if any(Counter(signs)[mark] > 1 for mark in ",:;!?"))


def test_no_set_of_signs_in_the_source_holds_a_mark_twice() -> None:
    """A full-width mark that an editor turned into its twin leaves the twin there twice."""
    root = Path(analyzer.__file__).parent
    found = {
        str(path.relative_to(root)): list(doubled(ast.parse(path.read_text("utf-8")))) for path in root.rglob("*.py")
    }
    assert {path: signs for path, signs in found.items() if signs} == {}


@pytest.mark.parametrize(
    "lost", ['re.compile(r"[::]")', 'str.maketrans(",?", ",?")', 'set("的,,")', 'x in ",,。"', 'f"[^。,,]{x}"']
)
def test_a_lost_mark_would_be_seen(lost: str) -> None:
    assert list(doubled(ast.parse(lost)))
