"""A standard in words: the list, one rule explained, example results."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import msgspec
import yaml

from analyzer.errors import UsageError
from analyzer.outputs.labels import Language, label, say
from analyzer.outputs.summary import evidence_line
from analyzer.rules.asked import rules_by_family
from analyzer.rules.checks.anchors import Anchor
from analyzer.rules.checks.families import Family
from analyzer.rules.examples import ExampleResult, examples_of
from analyzer.rules.packcheck import checks_of, families_in, structs_in
from analyzer.rules.standard import Rule, Standard
from analyzer.rules.told import Told
from analyzer.rules.trace import count, trace
from analyzer.rules.types import Verdict

_NEAR = 5  # rules offered for one that is not there
_EXAMPLES = 4  # of each verdict, unless all are asked for
_SHOWN = 12  # ways of saying a thing that are shown of hundreds, unless all are asked for,
_PATTERNS_SHOWN = 3  # and patterns, which are long
_A_LINE = 8  # of them on a line where all are shown
_KINDS = ("forms", "also", "weak", "frames", "weak_frames", "except_frames", "exclusions")  # of what a family lists
_WORDS = {
    "profile": ("档", "profile"),
    "counts": ("{0} 条，{1} 条有规则，{2} 条录音听不出", "{0} clauses, {1} checked by a rule, {2} can't be heard"),
    "not_heard": ("听不出", "can't be heard"),
    "no_rule": ("尚无规则", "no rule yet"),
    "place": ("出处", "From"),
    "line": ("第 {0} 行", "line {0}"),
    "clause": ("条款", "Clause"),
    "section": ("项目", "Section"),
    "rules": ("规则", "Rules"),
    "limits": ("局限", "limits"),
    "level": ("级别", "Level"),
    "points": ("扣 {0:g} 分", "{0:g} points"),
    "unscored": ("不计分", "not scored"),
    "fatal": ("致命项", "fatal"),
    "one_fault": ("合计", "Together"),
    "once": ("与 {0} 在同一处不符合时只扣一次", "broken at one place with {0}: points once"),
    "proxy": ("代替", "Proxy"),
    "indirect": ("只是间接的衡量", "an indirect measure only"),
    "review": ("复核", "Review"),
    "review_only": ("违反时只提请人工复核", "a breach only asks for a person's look"),
    "require": ("要求", "Requires"),
    "forbid": ("禁止", "Forbids"),
    "applies_when": ("前提", "Applies when"),
    "unless": ("例外", "Unless"),
    "named": ("其中", "where"),
    "forms": ("说法", "Phrases"),
    "also": ("还有", "also"),
    "weak": ("只提请复核", "for review only"),
    "frames": ("句式", "frames"),
    "weak_frames": ("只作存疑的句式", "frames that only doubt"),
    "except_frames": ("不算的句式", "frames that don't count"),
    "exclusions": ("不算", "doesn't count"),
    "more": ("等共 {0} 种（--all 全部列出）", "… {0} in all (--all lists them)"),
    "advice": ("建议", "Advice"),
    "example": ("示例", "Example"),
    "pass": ("通过", "pass"),
    "fail": ("违反", "fail"),
    "unsure": ("待复核", "unsure"),
    "not_applicable": ("不适用", "not applicable"),
    "hit": ("命中", "hit"),
    "no hit": ("不应命中", "no hit"),
    "error": ("读不懂", "error"),
    "went": ("{0}: 第 {2} 个 {1} 示例得出 {3}", "{0}: example {2} of {1} came out as {3}"),
    "warning": ("提醒：", "warning: "),
    "complete": ("{0}: 可以使用，没有缺项", "{0}: usable, complete"),
    "lacking": ("{0}: 可以使用，还缺 {1} 项", "{0}: usable, {1} shortcomings"),
    "why": ("原因：", "Because: "),
    "heard": ("依据：", "Evidence: "),
    "held": ("{0} / {1} 个示例与所写的结论一致", "{0} of {1} examples came out as written"),
    "held_below": ("所沿用的标准: {0} / {1} 个", "of the standard that it extends: {0} of {1}"),
}


def _word(name: str, language: Language, *values: object) -> str:
    return _WORDS[name][language == "en"].format(*values)


def list_text(standard: Standard, language: Language = "zh") -> str:
    """Every clause with its rules, and every rule with its clauses: lines of text."""
    name = say(standard.name, standard.name_en, language)
    profile = f"{_word('profile', language)}: {standard.profile_name}"
    lines = [f"{name} {standard.version}  {standard.sha256[:12]}  {profile}", ""]
    for doc in count(standard):
        lines.append(f"{doc.document}: {_word('counts', language, doc.clauses, doc.checked, doc.not_heard)}")
    lines.append("")
    for one in trace(standard):
        clause = one.clause
        why = clause.not_heard or _word("no_rule", language)
        rules = " ".join(one.names) or f"{_word('not_heard', language)}: {why}"
        lines.append(f"{clause.document} {clause.id:<5} {say(clause.title, clause.title_en, language)}  → {rules}")
    lines.append("")
    for rule in standard.rules:
        lines.append(f"{rule.id:<14} {say(rule.name, rule.name_en, language)}  ← {' '.join(rule.clauses)}")
    return "\n".join(lines)


def families_text(standard: Standard, language: Language = "zh") -> str:
    """Every phrase family with the rules that listen for it: a line each."""
    rules = rules_by_family(standard)
    lines = (
        f"{f.id:<22} {say(f.name, f.name_en, language)}  ← {' '.join(rules.get(f.id, ()))}"
        for f in standard.families.values()
    )
    return "\n".join(line.rstrip(" ←") for line in lines)


def explain(standard: Standard, asked: str, language: Language = "zh", *, all_forms: bool = False) -> str:
    """One rule with its clauses, parameters, phrases, advice and examples; or one phrase family.

    Args:
        standard: where it is.
        asked: its id; of a rule and a family of one id the rule is meant.
        language: of the text.
        all_forms: every phrase and example; else the first twelve and four of each list.

    Raises:
        UsageError: when the standard has neither.
    """
    if standard.rule(asked) is None and asked in standard.families:
        return "\n".join(_explained_family(standard, standard.families[asked], language, all_forms))
    return _explained_rule(standard, asked, language, all_forms)


def _explained_family(standard: Standard, family: Family, language: Language, all_forms: bool) -> Iterator[str]:
    yield f"{family.id}  {family.name} ({family.name_en})" if family.name_en else f"{family.id}  {family.name}"
    place = standard.places.get(f"family:{family.id}")
    if place is not None:
        yield f"{_word('place', language)}  {place.pack}/{place.file} {_word('line', language, place.line)}"
    yield f"{_word('rules', language)}  {' '.join(rules_by_family(standard).get(family.id, ('–',)))}"
    yield from (_whole_family if all_forms else _family)(family, language)
    shown = family.near_misses if all_forms else family.near_misses[:_EXAMPLES]
    yield from (f"      {_word('no hit', language)}: {sentence}" for sentence in shown)


def rule_of(standard: Standard, rule_id: str) -> Rule:
    """The rule of that id.

    Raises:
        UsageError: `usage.rule`, there is none, with what may have been meant; `usage.rule_off`, it is disabled.
    """
    rule = standard.rule(rule_id)
    if rule is None and rule_id in standard.disabled:
        seen = f"the rule {rule_id} is disabled in the profile {standard.profile}"
        raise UsageError("usage.rule_off", seen, "Name another profile, or take it from disable in pack.yaml")
    if rule is None:
        near = _near(standard, rule_id)
        seen = f"no rule {rule_id}" + (f"; near: {', '.join(near)}" if near else "")
        everything = f"`analyzer standard list` names all {len(standard.rules)}, with --families the families"
        raise UsageError("usage.rule", seen, everything)
    return rule


def _explained_rule(standard: Standard, rule_id: str, language: Language, all_forms: bool) -> str:
    rule = rule_of(standard, rule_id)
    word = partial(_word, language=language)
    lines = [f"{rule.id}  {rule.name} ({rule.name_en})"]

    def add(title: str, text: str) -> None:
        lines.append(f"{word(title)}  {text}")

    place = standard.places.get(f"rule:{rule_id}")
    if place is not None:
        add("place", f"{place.pack}/{place.file} {_word('line', language, place.line)}")
    by_id = {c.id: c for c in standard.clauses}
    for clause in rule.clauses:
        c = by_id[clause]
        add("clause", f"{c.document} {c.id} {say(c.title, c.title_en, language)}: {c.summary}")
        if c.limits:
            lines.append(f"      {word('limits')}: {c.limits}")
    section = next(s for s in standard.sections if s.id == rule.section)
    add("section", f"{section.id} {say(section.name, section.name_en, language)}")
    points = standard.deduction_of(rule)
    cost = _word("points", language, points) if rule.scored else word("unscored")
    add(
        "level", ", ".join([label("severity", rule.severity, language), cost, *([word("fatal")] if rule.fatal else [])])
    )
    others = [r.id for r in standard.rules if rule.one_fault and r.one_fault == rule.one_fault and r.id != rule.id]
    if others:
        add("one_fault", _word("once", language, ", ".join(others)))
    if rule.proxy_for:
        add("proxy", f"{rule.proxy_for} ({word('indirect')})")
    if rule.review_only:
        add("review", word("review_only"))
    named = _named(standard)
    for title in ("require", "forbid", "applies_when", "unless"):
        check = getattr(rule, title)
        if check is not None:
            lines.append(word(title))
            lines.extend(f"      {line}" for line in _as_written(_by_name(check, named)))
    asked = (_named_in(s, named) for check in checks_of(rule) for s in structs_in(check))
    for what in dict.fromkeys(one for one in asked if one is not None):
        add("named", [*named[what].values()][-1])
        lines.extend(f"      {line}" for line in _as_written(plain(what, named)))
    for family in dict.fromkeys(f for check in checks_of(rule) for f in families_in(check)):
        lines.extend((_whole_family if all_forms else _family)(standard.families[family], language))
    add("advice", say(rule.advice, rule.advice_en, language))
    examples = list(examples_of(rule))
    counts = Counter(expected for expected, _, _ in examples)
    for expected, i, text in examples:
        if all_forms or i < _EXAMPLES:
            add("example", f"{word(expected)} {i + 1}")
            lines.extend(f"      {line}" for line in text.strip().splitlines())
        elif i == _EXAMPLES:
            add("example", f"{word(expected)} {_word('more', language, counts[expected])}")
    return "\n".join(lines)


def _family(family: Family, language: Language) -> Iterator[str]:
    """A family's first phrases of each kind."""
    for kind in _KINDS:
        forms, shown = getattr(family, kind), _PATTERNS_SHOWN if kind.endswith("frames") else _SHOWN
        said = " / ".join(forms[:shown]) + (f" {_word('more', language, len(forms))}" if len(forms) > shown else "")
        if kind == "forms":
            yield f"{_word(kind, language)}  {family.id} ({family.name}): {said}"
        elif forms:
            yield f"      {_word(kind, language)}: {said}"


def _whole_family(family: Family, language: Language) -> Iterator[str]:
    """How many of each kind, then all of them, a few on a line; a pattern has a line of its own."""
    kinds = {f"{_word(kind, language)} {len(forms)}": kind for kind in _KINDS if (forms := getattr(family, kind))}
    yield f"{_word('forms', language)}  {family.id} ({family.name}): {' · '.join(kinds)}"
    for title, kind in kinds.items():
        yield f"      {title}"
        forms, size = getattr(family, kind), 1 if kind.endswith("frames") else _A_LINE
        yield from (f"        {' / '.join(forms[at : at + size])}" for at in range(0, len(forms), size))


def _near(standard: Standard, asked: str) -> list[str]:
    """What somebody may have thought of: by id whatever its case, by clause, by a part of the name."""
    ids = {name.casefold(): name for name in (*standard.families, *(rule.id for rule in standard.rules))}
    if asked.casefold() in ids:
        return [ids[asked.casefold()]]
    close = [ids[i] for i in difflib.get_close_matches(asked.casefold(), ids, _NEAR, 0.5)]
    of_clause = [r.id for r in standard.rules if asked.casefold() in (c.casefold() for c in r.clauses)]
    named = [r.id for r in standard.rules if asked.casefold() in f"{r.name} {r.name_en}".casefold()]
    families = [f.id for f in standard.families.values() if asked in f.name]
    return list(dict.fromkeys([*close, *of_clause, *named, *families]))[:_NEAR]


def _as_written(data: Any) -> list[str]:
    """A check's plain data in YAML, as a pack writes it, line by line."""
    simple = msgspec.to_builtins(data)
    return yaml.safe_dump(simple, allow_unicode=True, sort_keys=False, default_flow_style=None, width=100).splitlines()


def _named(standard: Standard) -> dict[Any, dict[str, str]]:
    """What a pack gives a name, and how it is put in by that."""
    alone: dict[str, Mapping[str, Any]] = {"excuse": standard.excuses, "anchor": standard.anchors}
    named: dict[Any, dict[str, str]] = {
        what: {kind: name} for kind, all_such in alone.items() for name, what in all_such.items()
    }
    return named | {what: {"kind": "situation", "name": name} for name, what in standard.situations.items()}


def _named_in(piece: Any, named: Mapping[Any, dict[str, str]]) -> Any:
    """Which named piece stands there, an anchor perhaps with more written beside its name; None where none does."""
    if piece in named or not isinstance(piece, Anchor):
        return piece if piece in named else None
    return next((what for what in named if isinstance(what, Anchor) and _is_laid_over(piece, what)), None)


def _is_laid_over(piece: Anchor, named: Anchor) -> bool:
    """Whether an anchor has all that the named one says."""
    said = [field for field in msgspec.structs.fields(named) if getattr(named, field.name) != field.default]
    return all(getattr(piece, field.name) == getattr(named, field.name) for field in said)


def plain(check: Any, named: Mapping[Any, dict[str, str]] = MappingProxyType({})) -> Any:
    """A check as plain data with what is not left at its default; what in it has a name by that."""
    if isinstance(check, msgspec.Struct):
        out: dict[str, Any] = {}
        if check.__struct_config__.tag is not None:
            out["kind"] = check.__struct_config__.tag
        for field in msgspec.structs.fields(check):
            value = getattr(check, field.name)
            if value != field.default:
                out[field.encode_name] = _by_name(value, named)
        return out
    if isinstance(check, tuple):
        return [_by_name(item, named) for item in check]
    return check


def _by_name(value: Any, named: Mapping[Any, dict[str, str]]) -> Any:
    what = _named_in(value, named)
    if what is None:
        return plain(value, named)
    of_what = plain(what)
    return named[what] | {field: piece for field, piece in plain(value, named).items() if field not in of_what}


def checked_text(pack: str, warnings: Sequence[Told], lacking: Sequence[Told], language: Language = "zh") -> str:
    """What is said of a pack that can be used: warnings, then what it lacks, a line each, then the sum."""
    said = [say(line.zh, line.en, language) for line in (*warnings, *lacking)]
    lines = [f"{_word('warning', language)}{line}" for line in said[: len(warnings)]]
    lines.extend(said[len(warnings) :])
    return "\n".join([*lines, _word("lacking" if lacking else "complete", language, pack, len(lacking))])


def results_text(results: Sequence[ExampleResult], pack: str, language: Language = "zh") -> str:
    """How examples came out: what doesn't hold in full, with what was heard in it, then the count.

    Args:
        results: of the examples.
        pack: the id of the pack that was tested; what it extends is counted by itself.
        language: of the text.
    """
    lines = []
    for r in (r for r in results if not r.holds):
        words = (_verdict_word(r.expected, language), r.index + 1, _verdict_word(r.got, language))
        place = f"{r.place.pack}/{r.place.file} {_word('line', language, r.place.line)}  " if r.place else ""
        lines.append(f"{place}{_word('went', language, r.of, *words)}")
        if r.reason:
            lines.append(f"    {_word('why', language)}{say(r.reason, r.reason_en, language)}")
        for one in r.evidence:
            lines.append(f"    {_word('heard', language)}{evidence_line(one, Verdict(r.got), language).plain}")
        lines.extend(f"        {line}" for line in r.text.strip().splitlines())
    own = [r for r in results if r.place is None or r.place.pack == pack]
    for of, key in ((own, "held"), ([r for r in results if r not in own], "held_below")):
        if of or key == "held":
            lines.append(_word(key, language, sum(r.holds for r in of), len(of)))
    return "\n".join(lines)


def _verdict_word(name: str, language: Language) -> str:
    """A verdict as it is called in a pack, with its word beside it in Chinese."""
    return name if language == "en" else f"{name}（{_word(name, language)}）"
