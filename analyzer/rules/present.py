"""A standard in words: the list, one rule explained, example results, and the generated page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from analyzer.errors import UsageError
from analyzer.rules.examples import ExampleResult, examples_of
from analyzer.rules.packcheck import checks_of, families_in
from analyzer.rules.standard import Rule, Standard
from analyzer.rules.trace import count, trace

_SEVERITY = {"info": "提示", "minor": "轻微", "major": "重要", "critical": "严重"}
_VERDICT = {"pass": "通过", "fail": "违反", "unsure": "待复核", "not_applicable": "不适用"}


def list_text(standard: Standard) -> str:
    """Every clause with its rules, and every rule with its clauses: lines of text."""
    lines = [f"{standard.name} {standard.version}  {standard.sha256[:12]}  档：{standard.profile_name}", ""]
    for doc in count(standard):
        lines.append(f"{doc.document}：{doc.clauses} 条，{doc.checked} 条有规则，{doc.not_heard} 条录音听不出")
    lines.append("")
    for one in trace(standard):
        rules = " ".join(one.names) or f"听不出：{one.clause.not_heard or '尚无规则'}"
        lines.append(f"{one.clause.document} {one.clause.id:<5} {one.clause.title}  → {rules}")
    lines.append("")
    for rule in standard.rules:
        lines.append(f"{rule.id:<14} {rule.name}  ← {' '.join(rule.clauses)}")
    return "\n".join(lines)


def explain(standard: Standard, rule_id: str) -> str:
    """One rule with its clauses, parameters, phrases, advice and examples.

    Raises:
        UsageError: when the standard has no such rule.
    """
    rule = standard.rule(rule_id)
    if rule is None:
        near = ", ".join(r.id for r in standard.rules if r.id.lower().startswith(rule_id.lower()[:1]))
        raise UsageError(
            "usage.rule", f"no rule {rule_id}", f"Use one of: {near}" if near else "See analyzer standard list"
        )
    place = standard.places.get(f"rule:{rule_id}")
    lines = [f"{rule.id}  {rule.name} ({rule.name_en})"]
    if place is not None:
        lines.append(f"出处  {place.pack}/{place.file} 第 {place.line} 行")
    by_id = {c.id: c for c in standard.clauses}
    for clause in rule.clauses:
        c = by_id[clause]
        lines.append(f"条款  {c.document} {c.id} {c.title}: {c.summary}")
        if c.limits:
            lines.append(f"      局限：{c.limits}")
    points = standard.deduction_of(rule)
    weight = f"扣 {points:g} 分" if rule.scored else "不计分"
    lines.append(f"级别  {_SEVERITY[rule.severity]}, {weight}{', 致命项' if rule.fatal else ''}")
    if rule.proxy_for:
        lines.append(f"代替  {rule.proxy_for}(只是间接的衡量)")
    if rule.review_only:
        lines.append("复核  违反时只提请人工复核")
    for title, check in (
        ("要求", rule.require),
        ("禁止", rule.forbid),
        ("前提", rule.applies_when),
        ("例外", rule.unless),
    ):
        if check is not None:
            lines.append(f"{title}  {msgspec.json.encode(plain(check)).decode()}")
    for family in dict.fromkeys(f for check in checks_of(rule) for f in families_in(check)):
        one = standard.families[family]
        lines.append(f"说法  {family}({one.name}): {' / '.join(one.forms)}")
        if one.weak:
            lines.append(f"      只提请复核：{' / '.join(one.weak)}")
        if one.exclusions:
            lines.append(f"      不算：{' / '.join(one.exclusions)}")
    lines.append(f"建议  {rule.advice}")
    for expected, i, text in examples_of(rule):
        lines.append(f"示例  {_VERDICT[expected]} {i + 1}")
        lines.extend(f"      {line}" for line in text.strip().splitlines())
    return "\n".join(lines)


def plain(check: Any) -> Any:
    """A check as plain data with what is not left at its default."""
    if isinstance(check, msgspec.Struct):
        out: dict[str, Any] = {}
        if check.__struct_config__.tag is not None:
            out["kind"] = check.__struct_config__.tag
        for field in msgspec.structs.fields(check):
            value = getattr(check, field.name)
            if value != field.default:
                out[field.encode_name] = plain(value)
        return out
    if isinstance(check, tuple):
        return [plain(item) for item in check]
    return check


def results_text(results: Sequence[ExampleResult]) -> str:
    """How a pack's examples came out: what doesn't hold in full, then the count."""
    lines = []
    for r in results:
        if not r.holds:
            lines.append(f"{r.of}: {r.expected} {r.index + 1} → {r.got}  {r.reason}")
            lines.extend(f"    {line}" for line in r.text.strip().splitlines())
    held = sum(r.holds for r in results)
    lines.append(f"{held} / {len(results)} 个示例与所写的结论一致")
    return "\n".join(lines)


def standards_page(standard: Standard) -> str:
    """`docs/standards.md` (without its last line break): the trace both ways and every rule, from the pack."""
    lines = [
        f"# {standard.name} ({standard.name_en})",
        "",
        f"Generated from the pack `{standard.id}` {standard.version} by `analyzer standard list --markdown`; "
        "don't edit by hand.",
        "",
        "| document | clauses | checked by a rule | can't be heard |",
        "| --- | --- | --- | --- |",
    ]
    totals = [0, 0, 0]
    for doc in count(standard):
        lines.append(f"| {doc.document} | {doc.clauses} | {doc.checked} | {doc.not_heard} |")
        totals = [totals[0] + doc.clauses, totals[1] + doc.checked, totals[2] + doc.not_heard]
    lines += [f"| all | {totals[0]} | {totals[1]} | {totals[2]} |", "", "## Clauses", ""]
    lines += ["| clause | what it asks | how it is heard | rules, or why none |", "| --- | --- | --- | --- |"]
    for one in trace(standard):
        c = one.clause
        rules = ", ".join(f"`{name}`" for name in one.names) or _cell(c.not_heard or "no rule yet")
        limits = f" ({_cell(c.limits)})" if c.limits else ""
        title = f"**{_cell(c.title)}** ({_cell(c.title_en)}): {_cell(c.summary)}"
        lines.append(f"| {c.document} {c.id} | {title} | {_cell(c.heard)}{limits} | {rules} |")
    lines += ["", "## Rules", "", "| rule | name | clauses | section | severity | points | check |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    lines += [_row(standard, rule) for rule in standard.rules]
    lines += ["", "## Parameters", "", "| name | value |", "| --- | --- |"]
    lines += [f"| `{name}` | {value:g} |" for name, value in standard.parameters.items()]
    lines += ["", "## Phrase families", "", "| family | ways of saying it |", "| --- | --- |"]
    for family in standard.families.values():
        weak = f"; for review only: {' / '.join(family.weak)}" if family.weak else ""
        lines.append(f"| `{family.id}` {_cell(family.name)} | {' / '.join(family.forms)}{weak} |")
    return "\n".join(lines)


def _row(standard: Standard, rule: Rule) -> str:
    points = f"{standard.deduction_of(rule):g}" if rule.scored else "–"
    marks = "".join(
        f" ({word})"
        for word, on in (("fatal", rule.fatal), ("for review", rule.review_only), ("proxy", rule.proxy_for))
        if on
    )
    kinds = [
        f"{name} `{plain(check)['kind']}`"
        for name, check in (("require", rule.require), ("forbid", rule.forbid))
        if check
    ]
    names = f"{_cell(rule.name)} ({_cell(rule.name_en)}){marks}"
    return (
        f"| `{rule.id}` | {names} | {' '.join(rule.clauses)} | {rule.section} | {rule.severity} | {points} | "
        f"{', '.join(kinds)} |"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").strip()
