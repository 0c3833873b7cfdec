"""`docs/standards.md`, made from the pack: clauses, rules and phrase families, traced both ways."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.outputs.standard_text import plain
from analyzer.rules.checks.families import Family
from analyzer.rules.packcheck import checks_of, families_in
from analyzer.rules.standard import Rule, Standard
from analyzer.rules.trace import count, trace

_FOR_EXAMPLE = 3  # phrases that stand for a family


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
    lines += ["", "## Phrase families", ""]
    lines.append(
        "The phrases themselves are in the files, below `analyzer/standards/`; `analyzer standard explain RULE --all` "
        "lists those of a rule. *For review*: phrases that only make a finding unsure."
    )
    lines += ["", "| family | for example | ways of saying it | for review | frames | file | read by |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    lines += _families(standard)
    return "\n".join(lines)


def _families(standard: Standard) -> Iterator[str]:
    """A line for each family: its size, and which rules and observations read it."""
    readers = {rule.id: checks_of(rule) for rule in standard.rules}
    readers |= {one.name: tuple(value.check for value in one.values) for one in standard.observations}
    read_by: dict[str, list[str]] = {}
    for reader, checks in readers.items():
        for name in dict.fromkeys(f for check in checks for f in families_in(check)):
            read_by.setdefault(name, []).append(f"`{reader}`")
    for family in standard.families.values():
        place = standard.places[f"family:{family.id}"]
        yield (
            f"| `{family.id}` {_cell(family.name)} | {_for_example(family)} | {len(family.forms) + len(family.also)} | "
            f"{len(family.weak)} | {len(family.frames)} | `{place.pack}/{place.file}` | "
            f"{' '.join(read_by.get(family.id, ['–']))} |"
        )


def _for_example(family: Family) -> str:
    return " / ".join(_cell(form) for form in (*family.forms, *family.also)[:_FOR_EXAMPLE])


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
