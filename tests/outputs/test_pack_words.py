"""What is wrong with a pack is said in Chinese: every sentence that the tests of packs and of the notation provoke."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analyzer.errors import StandardError
from analyzer.outputs.pack_words import caution, in_chinese
from analyzer.outputs.problems import explain
from analyzer.rules.scaffold import scaffold
from analyzer.rules.trace import check_pack
from analyzer.rules.yamlfile import parse_yaml

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
    with pytest.raises(StandardError) as caught:
        check_pack(tmp_path / "house")
    error = caught.value
    seen, todo = in_chinese(error.seen, error.todo)
    assert re.match(rf"{file} 第 \d+ 行(（.*）)?：", seen)
    assert seen != error.seen and todo != error.todo, (error.seen, error.todo)
    assert explain(error.code, error.seen, error.todo) == f"{seen}。{todo}。".replace("？。", "？")
    assert explain(error.code, error.seen, error.todo, "en") == f"{error.seen}. {error.todo}"


def test_what_nobody_put_into_chinese_stays_as_it_is() -> None:
    assert in_chinese("a.yaml, line 3: something new", "Do so") == ("a.yaml, line 3: something new", "Do so")
    with pytest.raises(StandardError) as caught:
        parse_yaml("a: 1\na: 2\n", "rules/r.yaml")
    assert in_chinese(caught.value.seen, caught.value.todo) == ("rules/r.yaml 第 2 行：a 写了两次", "只留一个")


def test_warnings_and_what_a_pack_lacks_are_chinese_too() -> None:
    assert caution("family f: no rule uses it") == "说法族 f：没有规则用到它"
    assert caution("rule R: 2 pass, 3 fail example(s) missing") == "规则 R：还缺示例 2 pass, 3 fail"
    seconds = caution("rule R: response_delay is in ms, and its max is 3: 3 s are 3000")
    assert seconds == "规则 R：response_delay 的单位是毫秒，max 却写了 3：3 秒要写 3000"
