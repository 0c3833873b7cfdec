"""What a pack's head and words must not hold, each refused with its line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from analyzer.rules.checks.frames import problems_of
from analyzer.rules.decode import did_you_mean, texts_in
from analyzer.rules.packcheck import CHECKS
from analyzer.rules.standard import PackFile
from analyzer.rules.told import refuse, tell, told
from analyzer.rules.yamlfile import Path_, YamlFile

NAMES = {
    "organisation": tell("write_organisation"),
    "greeting": tell("write_greeting"),
}
_CHECKS = frozenset(CHECKS)
_MARK = re.compile(r"(?<!\\[pP])\{([^{}\d,\s]+)\}")


def refuse_in_head(pack: PackFile, file: YamlFile, families: Iterable[str]) -> None:
    """Refuses a section given twice, a family of `complaint` that there isn't, and what is no frame in `quoting`."""
    for i, section in enumerate(pack.sections):
        if section.id in (s.id for s in pack.sections[:i]):
            line = file.line_of(("sections", i))
            raise refuse("twice", file.name, line, tell("section_twice", name=section.id), tell("keep_one"))
    for key in ("families", "mild"):
        for i, name in enumerate(getattr(pack.complaint, key, ())):
            if name not in families:
                todo = did_you_mean(name, families) or tell("define_family")
                line = file.line_of(("complaint", key, i))
                seen = tell("none_such", kind=tell("phrase_family"), name=name)
                raise refuse("reference", file.name, line, seen, todo)
    for i, frame in enumerate(pack.quoting.frames if pack.quoting else ()):
        for problem in problems_of([frame]):
            raise refuse(
                "rule", file.name, file.line_of(("quoting", "frames", i)), told(problem), tell("correct_frame")
            )


def refuse_absent(disable: Sequence[str], file: YamlFile, at: Path_, rules: Iterable[str]) -> None:
    """Refuses to disable what is no rule."""
    for i, rule in enumerate(disable):
        if rule not in rules:
            todo = did_you_mean(rule, rules) or tell("name_rules")
            raise refuse("disable", file.name, file.line_of((*at, i)), tell("no_rule_to_disable", name=rule), todo)


def refuse_unused(house: PackFile, file: YamlFile, extended: dict[str, Any], files: Sequence[YamlFile]) -> None:
    """Refuses a parameter that the extended pack has not and no check uses: a name mistyped, and so a limit not set."""
    used = {text for one in files for _, text in texts_in(one.data) if text.startswith("$")}
    for name in house.parameters:
        if name not in extended and f"${name}" not in used:
            todo = did_you_mean(name, extended) or tell("use_parameter", mark=f"${name}")
            line = file.line_of(("parameters", name))
            raise refuse("parameter", file.name, line, tell("unused_parameter", name=name), todo)


def refuse_unnamed(files: Sequence[YamlFile], named: Collection[str]) -> None:
    """Refuses a house that speaks of its organisation or greeting and sets none: ours are of an example."""
    for name, todo in NAMES.items():
        for file in () if name in named else files:
            at = next((at for at, text in texts_in(file.data) if f"{{{name}}}" in text), None)
            if at is not None:
                seen = tell("nothing_set", mark=f"{{{name}}}", name=name)
                raise refuse("unnamed", file.name, file.line_of(at), seen, todo)


def refuse_unknown_marks(files: Sequence[YamlFile]) -> None:
    """Refuses a mark in what is listened for that nothing fills: it would be looked for as it is written."""
    for file in files:
        for at, text in texts_in(file.data):
            if file.name.startswith("families/") or not _CHECKS.isdisjoint(at):
                for mark in (m for m in _MARK.findall(text) if m not in NAMES):
                    meant = did_you_mean(f"{{{mark}}}", [f"{{{name}}}" for name in NAMES])
                    seen, todo = tell("nothing_fills", mark=f"{{{mark}}}"), meant or tell("marks_are")
                    raise refuse("unnamed", file.name, file.line_of(at), seen, todo)
