"""All mistakes of a pack are told at once, each by file and line, and none that only follows from another."""

import pickle
import time
from pathlib import Path

import pytest

from analyzer.cli.main import cli
from analyzer.rules.mistakes import MOST
from analyzer.rules.pack import load_standard
from analyzer.rules.scaffold import scaffold
from analyzer.rules.told import PackError
from analyzer.rules.trace import check_pack

RULE = """\
- id: {id}
  name: 甲
  name_en: A
  clauses: [{clause}]
  section: language
  severity: minor
  advice: 说
  forbid: {forbid}
"""
SAID = "{kind: said, any: [not_our_department]}"


def house(folder: Path, **files: str) -> Path:
    """The scaffolded pack with these files changed or added; `a__b` is a/b.yaml."""
    scaffold(folder)
    for name, text in files.items():
        (folder / f"{name.replace('__', '/')}.yaml").write_text(text, encoding="utf-8")
    return folder


def changed(folder: Path, *changes: tuple[str, str, str]) -> Path:
    scaffold(folder)
    for file, right, wrong in changes:
        text = (folder / file).read_text(encoding="utf-8")
        assert right in text
        (folder / file).write_text(text.replace(right, wrong, 1), encoding="utf-8")
    return folder


def told(folder: Path) -> list[tuple[str, int, str]]:
    """File, line and code of each mistake."""
    with pytest.raises(PackError) as caught:
        check_pack(folder)
    return [(one.file, one.line, one.code.removeprefix("standard.")) for one in caught.value.mistakes or [caught.value]]


def test_five_mistakes_in_four_files_are_told_in_one_run_by_file_and_line(tmp_path: Path) -> None:
    folder = changed(
        tmp_path / "house",
        ("rules/house.yaml", "severity: major", "severity: 严重"),
        ("rules/house.yaml", "- change: T1", "- change: T99"),
        ("families/house.yaml", "- id: not", "- id: hm\n  name: 嗯\n  froms: [嗯]\n- id: not"),
        ("clauses.yaml", "heard_by: [T]", "heard_by: T"),
        ("pack.yaml", "disable: []", "disable: [X99]"),
    )
    assert told(folder) == [
        ("clauses.yaml", 7, "field"),
        ("families/house.yaml", 3, "field"),
        ("pack.yaml", 16, "disable"),
        ("rules/house.yaml", 6, "field"),
        ("rules/house.yaml", 39, "change"),
    ]


def test_several_mistakes_of_one_rule_are_told(tmp_path: Path) -> None:
    folder = changed(
        tmp_path / "house",
        ("rules/house.yaml", "severity: major", "severty: major"),
        ("rules/house.yaml", "any: [not_our_department]", "eny: [not_our_department]"),
        ("rules/house.yaml", "section: language", "section: 7"),
    )
    assert told(folder) == [
        ("rules/house.yaml", 5, "field"), ("rules/house.yaml", 6, "field"), ("rules/house.yaml", 7, "field"),
    ]  # fmt: skip


def test_what_leads_nowhere_is_told_of_every_rule_and_check(tmp_path: Path) -> None:
    rules = RULE.format(id="A", clause="NO", forbid="{kind: said, any: [nobody]}")
    rules += RULE.format(id="B", clause="HOUSE1", forbid="{kind: measure, name: nothing, component: x, min: 2, max: 1}")
    rules += RULE.format(id="C", clause="HOUSE1", forbid="{kind: difference, of: nothing, minus: snr, max: $none}")
    folder = house(tmp_path / "house", rules__more=rules)
    assert told(folder) == [
        ("rules/more.yaml", 4, "reference"), ("rules/more.yaml", 8, "reference"),
        ("rules/more.yaml", 16, "rule"), ("rules/more.yaml", 16, "reference"), ("rules/more.yaml", 24, "parameter"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("families/house.yaml", "forms: [", "froms: ["),
        ("families/house.yaml", "forms: [", "forms: ['"),
        ("families/house.yaml", "- id: not_our_department", "- idd: not_our_department"),
        ("families/house.yaml", "forms: [这个不", "forms: [这(个不"),
        ("clauses.yaml", "title: ", "titel: "),
        ("clauses.yaml", "- id: HOUSE1", "- id: HOUSE1\n  id: HOUSE1"),
        ("pack.yaml", "extends: base", "extend: base"),
        ("pack.yaml", "extends: base", "extends: bsae"),
        ("pack.yaml", "version: ", "version: : "),
        ("pack.yaml", "disable: []", "disable: [}"),
    ],
)
def test_what_only_follows_is_not_told(tmp_path: Path, file: str, right: str, wrong: str) -> None:
    """The rule names what was refused; T1, which it changes, and its section are those of the pack below."""
    assert [where for where, _, _ in told(changed(tmp_path / "house", (file, right, wrong)))] == [file]


def test_every_mistake_of_an_observation_is_told(tmp_path: Path) -> None:
    text = """\
- name: obs
  label: 5
  clausez: []
  values:
    - {value: a, label: 5, chek: 1}
    - {value: b, label: 乙, check: {kind: said, any: [not_our_department], at_least: $no}}
    - {value: c, label: 丙, check: {kind: said, any: [nobody]}}
    - {value: d, label: 丁, check: {kind: sayd}}
    - 甲
- name: other
  label: 别的
  values: 甲
"""
    folder = house(tmp_path / "house", observations=text)
    assert [(line, code) for _, line, code in told(folder)] == [
        (2, "field"), (3, "field"), (5, "field"), (5, "field"), (6, "parameter"), (8, "field"), (9, "field"),
        (12, "field"),
    ]  # fmt: skip
    right = "- name: obs\n  label: 观察\n  values:\n    - {value: c, label: 丙, check: {kind: said, any: [nobody]}}\n"
    (folder / "observations.yaml").write_text(right, "utf-8")
    assert told(folder) == [("observations.yaml", 4, "reference")]
    mark = right.replace("kind: said, any: [nobody]", "kind: pattern, match: ['{公司}']")
    (folder / "observations.yaml").write_text(mark, "utf-8")
    assert told(folder) == [("observations.yaml", 4, "unnamed")]


@pytest.mark.parametrize(
    ("item", "line", "change", "wrong"),
    [
        ("  forms: 我怎么知道", 3, "  add_forms: [我哪知道]", "expected `array`, got `str`"),
        ("  forms: 5", 3, "  add_forms: [我哪知道]", "expected `array`, got `int`"),
        ("  forms: {a: b}", 3, "  add_forms: [我哪知道]", "expected `array`, got `object`"),
        ("  forms:", 3, "  add_forms: [我哪知道]", "expected `array`, got `null`"),
        ("  forms: [我怎么知道]", 6, "  forms: 我怎么知道\n  add_forms: [我哪知道]", "expected `array`, got `str`"),
    ],
)
def test_a_change_hides_no_wrong_type_of_a_family(
    tmp_path: Path, item: str, line: int, change: str, wrong: str
) -> None:
    folder = house(tmp_path / "house", families__z=f"- id: zz\n  name: zz\n{item}\n\n- change: zz\n{change}\n")
    with pytest.raises(PackError, match=rf"families/z.yaml, line {line} \(family zz\): {wrong}") as caught:
        check_pack(folder)
    assert caught.value.mistakes == ()


@pytest.mark.parametrize(
    ("examples", "line", "added", "wrong"),
    [
        ('["客服: x"]', 9, "pass: ['客服: 好']", "expected `object`, got `array`"),
        ("{pass: 5}", 9, "pass: ['客服: 好']", "expected `array`, got `int`"),
        ("{pass: 5}", 9, "fail: ['客服: 好']", "expected `array`, got `int`"),
        ("", 9, "pass: ['客服: 好']", "expected `object`, got `null`"),
    ],
)
def test_a_change_hides_no_wrong_type_of_examples(
    tmp_path: Path, examples: str, line: int, added: str, wrong: str
) -> None:
    rule = RULE.format(id="A", clause="HOUSE1", forbid=SAID) + f"  examples: {examples}\n"
    change = f"- change: A\n  add_examples:\n    {added}\n"
    folder = house(tmp_path / "house", rules__more=rule, rules__corrections=change)
    with pytest.raises(PackError, match=rf"rules/more.yaml, line {line} \(rule A\): {wrong}") as caught:
        check_pack(folder)
    assert caught.value.mistakes == ()


def test_a_broken_file_hides_no_mistake_of_another(tmp_path: Path) -> None:
    folder = changed(
        tmp_path / "house",
        ("pack.yaml", "extends: base", "extends： base"),
        ("rules/house.yaml", "severity: major", "severity: 严重"),
        ("clauses.yaml", "heard_by: [T]", "heard_by: T"),
    )
    (folder / "rules" / "bad.yaml").write_text("- id: [\n", "utf-8")
    (folder / "rules" / "other.yml").write_text("[]\n", "utf-8")
    assert [file for file, _, _ in told(folder)] == [
        "clauses.yaml", "pack.yaml", "rules/bad.yaml", "rules/house.yaml", "rules/other.yml",
    ]  # fmt: skip


def test_a_situation_that_was_refused_is_missed_by_nobody(tmp_path: Path) -> None:
    one = "{kind: said, where: {after: $no}, any: [not_our_department]}"
    situations = f"situations:\n  one: {one}\n  two: {{kind: not, of: {{kind: situation, name: one}}}}\n"
    folder = changed(tmp_path / "house", ("rules/house.yaml", SAID, "{kind: situation, name: two}"))
    path = folder / "pack.yaml"
    path.write_text(path.read_text("utf-8") + situations, "utf-8")
    assert [code for _, _, code in told(folder)] == ["parameter"]
    path.write_text(path.read_text("utf-8").replace("where: {after: $no}, ", ""), "utf-8")
    assert check_pack(folder) == []


def test_what_a_profile_alone_breaks_is_told_once_and_beside_the_rest(tmp_path: Path) -> None:
    folder = changed(
        tmp_path / "house",
        ("rules/house.yaml", SAID, "{kind: said, any: [not_our_department], at_least: $often}"),
        ("clauses.yaml", "heard_by: [T]", "heard_by: T"),
        ("pack.yaml", "parameters:\n", "profiles:\n  a: {name: 甲, parameters: {often: 0}}\n"
         "  b: {name: 乙, parameters: {often: 0}}\nparameters:\n  often: {value: 1}\n"),
    )  # fmt: skip
    with pytest.raises(PackError) as caught:
        check_pack(folder)
    assert [one.said[0].zh.endswith("（档 a）") for one in caught.value.mistakes] == [False, True]


def test_examples_are_read_beside_other_mistakes(tmp_path: Path) -> None:
    folder = changed(
        tmp_path / "house",
        ("rules/house.yaml", "客服: 我帮您", "坐席员: 我帮您"),
        ("rules/house.yaml", "客服: 这个不归", "坐席员: 这个不归"),
        ("pack.yaml", "disable: []", "disable: [X99]"),
    )
    assert [code for _, _, code in told(folder)] == ["disable", "example", "example"]


@pytest.mark.parametrize(
    ("right", "wrong", "todo"),
    [
        (
            "severity: major",
            "severity: major\n  qqq: 1",
            "Remove it or correct its name (there are id, name, name_en, clauses,",
        ),
        ("{kind: said, any", "{kind: said, qqq: 1, any", "(there are any, all, none, role, where,"),
        ("examples:\n", "examples:\n    qqq: []\n", "(there are pass, fail, unsure, not_applicable)"),
        ("severity: major", "severity: major\n  severty: 1", "(did you mean severity?)"),
    ],
)
def test_a_field_like_no_other_is_told_which_there_are(tmp_path: Path, right: str, wrong: str, todo: str) -> None:
    with pytest.raises(PackError) as caught:
        check_pack(changed(tmp_path / "house", ("rules/house.yaml", right, wrong)))
    assert todo in caught.value.todo
    assert ("（有 " in caught.value.said[1].zh) == ("there are" in todo)


def test_a_section_that_is_named_where_there_are_none_is_to_be_defined(tmp_path: Path) -> None:
    folder = changed(
        tmp_path / "house",
        ("pack.yaml", "extends: base\n", ""),
        ("rules/house.yaml", "- change: T1\n  severity: minor", ""),
    )
    with pytest.raises(PackError) as caught:
        load_standard(folder)
    assert caught.value.todo == "Define the section, or name one that exists"


def test_a_rule_without_an_english_name_has_its_name_there(tmp_path: Path) -> None:
    english = '  name_en: Does not say "not our department"\n'
    folder = changed(tmp_path / "house", ("rules/house.yaml", english, ""))
    assert check_pack(folder) == []
    rule = load_standard(folder).rule("HOUSE1")
    assert rule is not None and rule.name_en == rule.name == "不说“不归我们部门管”"
    assert all(ours.name_en != ours.name for ours in load_standard("base").rules)


def test_a_run_is_told_the_first_mistake_and_how_many_more_there_are(tmp_path: Path) -> None:
    folder = changed(
        tmp_path / "house",
        ("rules/house.yaml", "severity: major", "severity: 严重"),
        ("clauses.yaml", "heard_by: [T]", "heard_by: T"),
    )
    with pytest.raises(PackError) as caught:
        load_standard(folder)
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.seen.startswith("clauses.yaml, line 7 (clause HOUSE1): expected")
    assert error.todo.endswith(". Mistakes besides: 1; `analyzer standard check` lists them")
    assert error.said[1].zh == "写成列表：[T]。另有 1 处错误，analyzer standard check 全部列出"
    assert [one.file for one in error.mistakes] == ["clauses.yaml", "rules/house.yaml"]


def test_the_command_lists_twenty_and_counts_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = "".join(RULE.format(id=f"R{i}", clause="NO", forbid=SAID) for i in range(30))
    folder = house(tmp_path / "house", rules__more=rules)
    for language, last in (("zh", "… 另有 10 处错误"), ("en", "… and 10 more")):
        code = cli.main(["standard", "check", str(folder), "--lang", language], standalone_mode=False, obj={})
        lines = capsys.readouterr().err.splitlines()
        assert code == 3
        assert len(lines) == 21 and lines[-1] == last
        where = " 第 12 行" if language == "zh" else ", line 12"
        assert lines[1].startswith(f"standard.reference: rules/more.yaml{where}")


def test_a_pack_full_of_mistakes_is_refused_quickly(tmp_path: Path) -> None:
    families = ", ".join(f"familie_nobody_knows_{i}" for i in range(9_000))
    rules = RULE.format(id="A", clause="HOUSE1", forbid=f"{{kind: said, any: [{families}]}}")
    rules += "".join(f"- {{id: X{i}, nam: 1}}\n" for i in range(5_000))
    folder = house(tmp_path / "house", rules__more=rules)
    start = time.process_time()
    assert len(told(folder)) == MOST
    assert time.process_time() - start < 10


def test_mistakes_beside_very_many_names_are_told_quickly(tmp_path: Path) -> None:
    families = "".join(f"- {{id: family_of_ours_{i}, name: 一, forms: [一二]}}\n" for i in range(15_000))
    sections = ", ".join(f"{{id: s{i}, name: 节, name_en: S, weight: 1}}" for i in range(15_000))
    wanted = ", ".join(f"familie_of_ours_{i}" for i in range(500))
    rules = RULE.format(id="A", clause="HOUSE1", forbid=f"{{kind: said, any: [{wanted}]}}")
    folder = house(tmp_path / "house", rules__more=rules, families__more=families)
    with (folder / "pack.yaml").open("a", encoding="utf-8") as pack:
        pack.write(f"sections: [{sections}]\n")
    start = time.process_time()
    with pytest.raises(PackError) as caught:
        load_standard(folder)
    assert time.process_time() - start < 20
    assert caught.value.todo.startswith("Define the phrase family")


def test_references_that_only_follow_take_no_time_either(tmp_path: Path) -> None:
    families = ", ".join(f"familie_nobody_knows_{i}" for i in range(9_000))
    rules = RULE.format(id="A", clause="HOUSE1", forbid=f"{{kind: said, any: [{families}]}}")
    folder = house(tmp_path / "house", rules__more=rules, families__bad="- id: [\n")
    start = time.process_time()
    assert told(folder) == [("families/bad.yaml", 2, "yaml")]
    assert time.process_time() - start < 10
