"""What is said of a pack is said in both languages: the catalogue is whole, and every part of the loader uses it."""

from __future__ import annotations

import ast
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import analyzer.rules
from analyzer.outputs.problems import explain_error
from analyzer.rules import told
from analyzer.rules.foreign_words import decoding, parsing
from analyzer.rules.scaffold import scaffold
from analyzer.rules.told import LONGEST, WORDS, PackError, Told, refuse, tell
from analyzer.rules.trace import check_pack

CHECK = "forbid: {kind: said, any: [not_our_department]}"
MISTAKES = [
    ("rules/house.yaml", "  severity: major", "   severity: major"),
    ("rules/house.yaml", "severity: major", "severity：major"),
    ("rules/house.yaml", "severity: major", "severity: 严重"),
    ("rules/house.yaml", "severity: major", "severity: major\n  severity: minor"),
    ("rules/house.yaml", "severity: major", "severty: major"),
    ("rules/house.yaml", "- id: HOUSE1", "- id: T1"),
    ("rules/house.yaml", "- id: HOUSE1", "- id: 123"),
    ("rules/house.yaml", "section: language", "section: 用语"),
    ("rules/house.yaml", "[not_our_department]", "[not_our_departmnet]"),
    ("rules/house.yaml", "[not_our_department]", "[]"),
    ("rules/house.yaml", "[not_our_department]", "not_our_department"),
    ("rules/house.yaml", CHECK, r"forbid: {kind: pattern, match: ['(.)\1']}"),
    ("rules/house.yaml", CHECK, r'forbid: {kind: pattern, match: ["\d"]}'),
    ("rules/house.yaml", CHECK, "forbid: {kind: pause, of: [hold], min_s: 5s}"),
    ("rules/house.yaml", CHECK, "forbid: {kind: share, of: [你], against: [您], max: 20}"),
    ("rules/house.yaml", CHECK, "forbid: {kind: measure, name: snr, role: any, max: 20}"),
    ("rules/house.yaml", "客服: 我帮您转到负责的部门", "坐席员: 我帮您转到负责的部门"),
    ("rules/house.yaml", "客服: 我帮您转到负责的部门", "用户： 找谁 客服： 我帮您转"),
    ("rules/house.yaml", "    pass:\n", "    pass:\n      - ''\n"),
    ("rules/house.yaml", "    pass:\n", "    pass:\n      - '# 以后再写'\n"),
    ("rules/house.yaml", "    unsure:", "    undecided:"),
    ("rules/house.yaml", "- change: T1", "- change: T99"),
    ("families/house.yaml", "不归我们部门管, 这不", "不归我们部门管，这不"),
    ("families/house.yaml", "forms: [", "forms: ['"),
    ("families/house.yaml", "forms: [这个", "forms: ['{公司}', 这个"),
    ("clauses.yaml", "heard_by: [T]", "heard_by: T"),
    ("pack.yaml", "extends: base", "extends: bsae"),
    ("pack.yaml", "interruption_s", "interuption_s"),
    ("pack.yaml", "disable: []", "disable: [X99]"),
    ("pack.yaml", 'version: "1.0"', "version: 1.0"),
]


@pytest.mark.parametrize(("file", "right", "wrong"), MISTAKES)
def test_a_mistake_is_told_in_chinese_with_file_and_line(tmp_path: Path, file: str, right: str, wrong: str) -> None:
    scaffold(tmp_path / "house")
    path = tmp_path / "house" / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(PackError) as caught:
        check_pack(tmp_path / "house")
    error = caught.value
    seen, todo = error.said
    assert re.match(rf"{file} 第 \d+ 行(（.*）)?：", seen.zh)
    assert not re.search(
        "[a-z]{4,} [a-z]{2,} [a-z]{2,}", re.sub("（[^（）]*）", "", f"{seen.zh} {todo.zh}")
    )  # RE2's own words aside
    assert explain_error(error) == f"{seen.zh}。{todo.zh}。".replace("？。", "？")
    assert explain_error(error, "en") == f"{error.seen}. {error.todo}" == f"{seen.en}. {todo.en}"


MODULES = sorted(Path(analyzer.rules.__path__[0]).rglob("*.py"))
LISTS = ("seen_words.py", "check_words.py", "todo_words.py")


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a function of that name in the rules, and in which file."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", None)) == name:
                yield path.name, node


def parts_of(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name is not None}


@pytest.mark.parametrize("key", WORDS)
def test_a_key_says_the_same_in_both_languages(key: str) -> None:
    zh, en = WORDS[key]
    assert zh and en
    assert parts_of(zh) == parts_of(en)
    assert "" not in parts_of(zh)  # each by its name
    assert zh != en or key == "as_told"


def test_no_key_stands_in_two_lists() -> None:
    assert len(WORDS) == len(told.SEEN) + len(told.CHECKS_SEEN) + len(told.TODO)


def test_no_key_is_unused_and_none_is_used_that_is_not_there() -> None:
    texts = {
        node.value
        for path in MODULES
        if path.name not in LISTS
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
    }
    assert [key for key in WORDS if key not in texts] == []
    literal = [
        (file, call)
        for name in ("tell", "problem")
        for file, call in calls(name)
        if isinstance(call.args[0], ast.Constant)
    ]
    assert len(literal) > 150
    for file, call in literal:
        key = call.args[0].value
        assert key in WORDS, (file, call.lineno)
        if all(part.arg for part in call.keywords):  # not tell(key, **parts)
            assert {part.arg for part in call.keywords} == parts_of(WORDS[key][0]), (file, call.lineno)


def test_what_refuses_a_pack_says_it_by_key() -> None:
    assert [(file, call.lineno) for file, call in calls("StandardError")] == []
    assert [file for file, _ in calls("Told")] == ["foreign_words.py"] * 4 + ["told.py"]


def test_an_error_of_a_pack_comes_whole_out_of_a_worker() -> None:
    error = refuse("field", "rules/a.yaml", 3, tell("deep", most=24), tell("flatten"), "R1")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.said, again.file, again.line) == (PackError, error.said, "rules/a.yaml", 3)
    assert (
        str(again)
        == str(error)
        == "standard.field: rules/a.yaml, line 3 (rule R1): nested deeper than 24 levels. Flatten it"
    )
    assert again.said[0].zh == "rules/a.yaml 第 3 行（规则 R1）：套了 24 层以上"


def test_what_msgspec_and_libyaml_say_is_known_by_pattern_and_else_stays() -> None:
    assert decoding("Expected `float | null`, got `str`").zh == "应填数字或空，写的是文字"
    assert decoding("Expected `int` >= 1", 0) == Told("应填整数，并且 >= 1，写的是 0", "expected `int` >= 1, got 0")
    assert decoding("Something new", "x") == Told("something new, got x", "something new, got x")
    assert parsing("could not find expected ':'") == Told("缺少半角冒号", "could not find expected ':'")
    assert parsing("while scanning").zh == "写法不合 YAML"


def test_a_part_of_a_million_characters_is_cut() -> None:
    seen = tell("no_line", line="客" * 1_000_000)
    assert max(len(seen.zh), len(seen.en)) < LONGEST + 100
    assert len(decoding("Invalid enum value '" + "客" * 1_000_000 + "'").zh) < LONGEST + 100
