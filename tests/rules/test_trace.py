"""The trace between the documents' clauses and the rules, and the pages made from it."""

import itertools
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from analyzer.errors import UsageError
from analyzer.outputs.standard_text import explain, families_text, list_text, plain, results_text
from analyzer.outputs.standards_page import standards_page
from analyzer.rules.examples import run_examples
from analyzer.rules.pack import load_standard
from analyzer.rules.scaffold import scaffold
from analyzer.rules.trace import check_pack, count, shortcomings, trace

BASE = load_standard("base")
CLAUSES = {"D0": 12, "D1": 58, "D2": 11, "D3": 15, "D4": 16}
PAGE = Path(__file__).parents[2] / "docs" / "standards.md"
SHIPPED = Path(__file__).parents[2] / "analyzer" / "standards"


def test_every_clause_of_the_documents_is_in_the_catalogue() -> None:
    assert {c.document: c.clauses for c in count(BASE)} == CLAUSES
    assert len({c.id for c in BASE.clauses}) == 112


@pytest.mark.parametrize("clause", [t.clause.id for t in trace(BASE)])
def test_each_is_checked_or_says_why_not(clause: str) -> None:
    one = next(t for t in trace(BASE) if t.clause.id == clause)
    assert one.traced, "neither a rule nor a reason, or both"


def test_the_shipped_pack_lacks_nothing() -> None:
    assert shortcomings(BASE) == []


def test_the_page_is_the_pack() -> None:
    assert PAGE.read_text(encoding="utf-8") == standards_page(BASE) + "\n", (
        "run: analyzer standard list --markdown > docs/standards.md"
    )


def rows_of_the_page() -> dict[str, list[str]]:
    """The cells of each row of a table, by the first one's first words."""
    found = [line.strip("| ").split(" | ") for line in standards_page(BASE).splitlines() if line.startswith("| ")]
    return {cells[0]: cells for cells in found}


def test_the_page_traces_clauses_and_rules_both_ways() -> None:
    rows = rows_of_the_page()
    for one in trace(BASE):
        last = rows[f"{one.clause.document} {one.clause.id}"][-1]
        assert last == (", ".join(f"`{name}`" for name in one.names) or one.clause.not_heard)
    for rule in BASE.rules:
        assert rows[f"`{rule.id}`"][2].split() == list(rule.clauses)


def test_the_page_names_families_with_their_size_and_file_and_three_phrases_at_most() -> None:
    rows = rows_of_the_page()
    for family in BASE.families.values():
        _, some, ways, weak, frames, file, readers = rows[f"`{family.id}` {family.name}"]
        assert len(some.split(" / ")) <= 3
        assert [int(n) for n in (ways, weak, frames)] == [
            len(family.forms) + len(family.also), len(family.weak), len(family.frames),
        ]  # fmt: skip
        written = (SHIPPED / file.strip("`")).read_text("utf-8")
        assert f"id: {family.id}\n" in written
        assert set(re.findall("`(.+?)`", readers)) <= {
            *(r.id for r in BASE.rules),
            *(o.name for o in BASE.observations),
        }
        assert readers != "–"
    assert "`T6`" in rows["`t6_quarrel` 吵架"][-1]
    assert max(len(line) for line in standards_page(BASE).splitlines()) < 1_000


@pytest.mark.parametrize("rule", [r.id for r in BASE.rules])
def test_every_rule_can_be_explained(rule: str) -> None:
    text = explain(BASE, rule)
    assert rule in text
    assert "建议" in text
    assert "示例" in text


def test_a_rule_of_a_thousand_phrases_can_be_read() -> None:
    family = BASE.families["t6_quarrel"]
    text = explain(BASE, "T6")
    assert len(text) < 8_000
    assert f"{family.also[11]} 等共 {len(family.also)} 种（--all 全部列出）" in text
    everything = explain(BASE, "T6", all_forms=True)
    assert all(form in everything for form in (*family.forms, *family.also, *family.weak))
    lines = everything.splitlines()
    at = lines.index(f"      还有 {len(family.also)}")
    said = [line.strip().split(" / ") for line in itertools.takewhile(lambda x: x.startswith(" " * 8), lines[at + 1 :])]
    assert [form for row in said for form in row] == list(family.also) and max(map(len, said)) <= 8
    (counts,) = (line for line in lines if line.startswith("说法  t6_quarrel"))
    assert f"说法 {len(family.forms)} · 还有 {len(family.also)} · 只提请复核 {len(family.weak)}" in counts


def test_an_unknown_rule() -> None:
    with pytest.raises(UsageError, match="no rule P99"):
        explain(BASE, "P99")


@pytest.mark.parametrize(
    ("asked", "offered"),
    [
        ("t2", "T2"),
        ("P99", "P9"),
        ("c8order", "C8_order"),
        ("Q3", "[A-Z]+3"),
        ("挂机", "T2"),
        ("apologi", "apology"),
        ("道歉", "apology"),
    ],
)
def test_an_unknown_rule_is_told_rules_of_nearly_that_name(asked: str, offered: str) -> None:
    with pytest.raises(UsageError, match=rf"near: .*{offered}\b.*standard list"):
        explain(BASE, asked)


def test_a_rule_like_no_other_is_told_how_many_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        explain(BASE, "8888")
    everything = f"`analyzer standard list` names all {len(BASE.rules)}, with --families the families"
    assert caught.value.todo == everything


def test_a_family_is_explained_by_its_name_and_listed_with_its_rules() -> None:
    lines = explain(BASE, "t6_quarrel").splitlines()
    assert lines[0].startswith("t6_quarrel  吵架")
    assert "规则  T6" in lines
    assert any(line.startswith("说法  t6_quarrel") for line in lines)
    everything = explain(BASE, "t6_quarrel", all_forms=True)
    assert all(sentence in everything for sentence in BASE.families["t6_quarrel"].near_misses)
    listed = families_text(BASE).splitlines()
    assert [line.split()[0] for line in listed] == list(BASE.families)
    assert next(line for line in listed if line.startswith("t6_quarrel")).endswith("← T6")


def test_rules_of_one_fault_name_each_other() -> None:
    assert "合计  与 C4, S6_back, S6_length 在同一处不符合时只扣一次" in explain(BASE, "S6")
    assert "Together  broken at one place with S6, S6_back, S6_length: points once" in explain(BASE, "C4", "en")
    assert "合计" not in explain(BASE, "T6")


def test_checks_are_explained_as_a_pack_writes_them() -> None:
    lines = explain(BASE, "T2").splitlines()
    at = lines.index("禁止")
    assert lines[at + 1] == "      {kind: hangup, grace_s: 5.0, unsure_grace_s: 1.5}"
    for rule in BASE.rules:
        text = explain(BASE, rule.id)
        assert '{"' not in text
        for title, check in (("要求", rule.require), ("禁止", rule.forbid), ("前提", rule.applies_when)):
            if check is not None:
                below = text.split(f"\n{title}\n", 1)[1].splitlines()
                written = "\n".join(line[6:] for line in itertools.takewhile(lambda x: x.startswith("      "), below))
                assert _in_full(yaml.safe_load(written)) == msgspec.to_builtins(plain(check))


def _in_full(written: Any) -> Any:
    """A check with what it puts in by name written out."""
    if isinstance(written, list):
        return [_in_full(item) for item in written]
    if not isinstance(written, dict):
        return written
    if "excuse" in written or written.get("kind") == "situation":
        named = BASE.excuses[written["excuse"]] if "excuse" in written else BASE.situations[written["name"]]
        return msgspec.to_builtins(plain(named))
    if "anchor" in written:
        beside = {key: _in_full(value) for key, value in written.items() if key != "anchor"}
        return msgspec.to_builtins(plain(BASE.anchors[written["anchor"]])) | beside
    return {key: _in_full(value) for key, value in written.items()}


def test_what_has_a_name_is_explained_once_by_it() -> None:
    lines = explain(BASE, "C4").splitlines()
    at = lines.index("其中  customer_breaks")
    assert lines[at + 1] == "      broken_by: customer"
    assert "      - {excuse: customer_breaks}" in lines
    named = [line for line in lines if line.startswith("其中  ")]
    assert "其中  whose_wait" in named and len(set(named)) == len(named)
    assert len(lines) < 340


def test_a_named_anchor_is_explained_by_its_name_with_what_is_written_beside_it() -> None:
    lines = explain(BASE, "S6_length").splitlines()
    at = lines.index("其中  wait")
    assert lines[at + 1] == "      event: silence"
    asked = lines.index("            anchor: wait")
    assert [line.strip() for line in lines[asked + 1 : asked + 3]] == ["min_s: 30.0", "except_near: {excuse: no_wait}"]


def test_the_list_names_every_rule_and_clause() -> None:
    text = list_text(BASE)
    assert all(r.id in text for r in BASE.rules)
    assert all(c.title in text for c in BASE.clauses)


def test_a_scaffolded_pack_loads_and_its_examples_hold(tmp_path: Path) -> None:
    folder = tmp_path / "my-house"
    assert len(scaffold(folder)) == 4
    standard = load_standard(folder)
    assert len(standard.rules) == len(BASE.rules) + 1
    assert standard.rule("T1").severity == "minor"
    results = run_examples(standard, ("HOUSE1",))
    assert all(r.holds for r in results), results_text(results, standard.id)
    assert not [line for line in check_pack(folder) if "HOUSE1" in line]


@pytest.mark.parametrize("name", ["2024", "true", "null", "0"])
def test_a_pack_s_name_is_text_whatever_it_looks_like(tmp_path: Path, name: str) -> None:
    scaffold(tmp_path / name)
    standard = load_standard(tmp_path / name)
    assert (standard.id, next(c.document for c in standard.clauses if c.id == "HOUSE1")) == (name, name)


def test_scaffolding_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_text("x")
    with pytest.raises(UsageError, match="holds something"):
        scaffold(tmp_path / "full")
    with pytest.raises(UsageError, match="can't be a pack's id"):
        scaffold(tmp_path / "bad name")
    with pytest.raises(UsageError, match="a shipped pack"):  # it would extend itself
        scaffold(tmp_path / "base")


def test_results_name_what_does_not_hold() -> None:
    from dataclasses import replace

    results = run_examples(BASE, ("P7",))
    turned = [replace(results[0], got="fail"), *results[1:]]
    text = results_text(turned, "base")
    assert "P7: 第 1 个 pass（通过） 示例得出 fail（违反）" in text
    assert f"{len(results) - 1} / {len(results)}" in text
    assert "P7: example 1 of pass came out as fail" in results_text(turned, "base", "en")


def test_an_example_that_goes_otherwise_shows_its_line_and_what_was_heard(tmp_path: Path) -> None:
    folder = tmp_path / "my-house"
    scaffold(folder)
    path = folder / "rules" / "house.yaml"
    text = path.read_text(encoding="utf-8").replace("客服: 我帮您转到负责的部门", "客服: 我们部门不管这个", 1)
    path.write_text(text, encoding="utf-8")
    standard = load_standard(folder)
    results = run_examples(standard, own=True)
    assert {r.of for r in results} == {"HOUSE1", "T1", "not_our_department"}
    line = 1 + next(n for n, one in enumerate(text.splitlines()) if one.strip() == "- |")
    said = results_text(results, "my-house").splitlines()
    assert said[0].startswith(f"my-house/rules/house.yaml 第 {line} 行  HOUSE1: 第 1 个 pass（通过） 示例得出 fail")
    assert said[1] == "    原因：坐席以部门分工为由推开客户"
    assert said[2].startswith("    依据：") and "坐席 “我们部门不管这个”" in said[2]
    assert said[3].strip() == "用户: 发票找谁"
    assert "Because: The agent brushes the customer off" in results_text(results, "my-house", "en")
    everything = results_text(results + run_examples(BASE, ("P7",)), "my-house").splitlines()
    ours = len(results) - 9 + 9  # those of T1, which the house changes, and of P7
    assert everything[-2:] == ["8 / 9 个示例与所写的结论一致", f"所沿用的标准: {ours} / {ours} 个"]


def test_an_example_stands_where_it_was_written_whoever_changed_its_rule(tmp_path: Path) -> None:
    folder = tmp_path / "my-house"
    scaffold(folder)
    call = "- change: T1\n  add_examples:\n    fail:\n      - '用户: 一\n\n        客服: 二'\n      - '客服: 三'\n"
    (folder / "rules" / "more.yaml").write_text(call, encoding="utf-8")
    families = "- change: apology\n  add_near_misses:\n    - 一\n    - 二\n"
    (folder / "families" / "more.yaml").write_text(families, encoding="utf-8")
    places, ours = load_standard(folder).places, BASE.places
    count = len(BASE.rule("T1").examples.failing)
    kept = [key for key in ours if key.startswith(("example:T1:", "example:apology:"))]
    assert count and all(places[key] == ours[key] for key in kept)
    assert [places[f"example:T1:fail:{count + n}"].line for n in (0, 1)] == [4, 7]
    assert places[f"example:T1:fail:{count}"].file == "rules/more.yaml"
    count = len(BASE.families["apology"].near_misses)
    assert [places[f"example:apology:near_misses:{count + n}"].line for n in (0, 1)] == [3, 4]


def test_english_asked_for_is_english_but_for_the_phrases():
    lines = explain(BASE, "P5", "en").splitlines()
    assert lines[0] == 'P5  不说“你不明白” (Does not say "you do not understand")'
    assert {line.split("  ")[0] for line in lines[1:] if not line.startswith(" ")} == {
        "From", "Clause", "Section", "Level", "Forbids", "Phrases", "Advice", "Example",
    }  # fmt: skip
    advice = next(line for line in lines if line.startswith("Advice"))
    assert not re.search("[一-鿿]", advice)
    listed = list_text(BASE, "en")
    assert "D2: 11 clauses, 10 checked by a rule, 1 can't be heard" in listed
    assert listed.count("\n") == list_text(BASE).count("\n")


def test_how_loud_an_agent_may_be_is_judged_by_the_level_and_by_shouting() -> None:
    assert {r.id for t in trace(BASE) if t.clause.id == "V11" for r in t.rules} == {"V2", "V6"}


def test_chinese_texts_have_chinese_punctuation() -> None:
    rules = [text for r in BASE.rules for text in (r.name, r.reason, r.advice)]
    clauses = [text for c in BASE.clauses for text in (c.title, c.summary, c.heard, c.limits, c.not_heard or "")]
    assert [
        text for text in (*rules, *clauses) if re.search(r"(?<=[一-鿿“”…])[,;:!?]|[,;:!?](?=[一-鿿“”…])", text)
    ] == []
