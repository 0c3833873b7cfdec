"""What a pack's head and words must not hold, each with its line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from analyzer.rules.checks.frames import problems_of
from analyzer.rules.decode import did_you_mean, texts_in
from analyzer.rules.packcheck import CHECKS
from analyzer.rules.standard import PackFile
from analyzer.rules.told import PackError, refuse, tell, told
from analyzer.rules.yamlfile import Path_, YamlFile

NAMES = {
    "organisation": tell("write_organisation"),
    "greeting": tell("write_greeting"),
}
_CHECKS = frozenset((*CHECKS, "check", "situations"))
_MARK = re.compile(r"(?<!\\[pP])\{([^{}\d,\s]+)\}")


def in_head(pack: PackFile, file: YamlFile, families: Iterable[str]) -> Iterator[PackError]:
    """A section given twice, a family of `complaint` that there isn't, and what is no frame in `quoting`."""
    sections: set[str] = set()
    for i, section in enumerate(pack.sections):
        if section.id in sections:
            line = file.line_of(("sections", i))
            yield refuse("twice", file.name, line, tell("section_twice", name=section.id), tell("keep_one"))
        sections.add(section.id)
    for key in ("families", "mild"):
        for i, name in enumerate(getattr(pack.complaint, key, ())):
            if name not in families:
                todo = did_you_mean(name, families) or tell("define_family")
                line = file.line_of(("complaint", key, i))
                seen = tell("none_such", kind=tell("phrase_family"), name=name)
                yield refuse("reference", file.name, line, seen, todo, lacks=f"family:{name}")
    for i, frame in enumerate(pack.quoting.frames if pack.quoting else ()):
        for problem in problems_of([frame]):
            yield refuse(
                "rule", file.name, file.line_of(("quoting", "frames", i)), told(problem), tell("correct_frame")
            )


def absent(disable: Sequence[str], file: YamlFile, at: Path_, rules: Iterable[str]) -> Iterator[PackError]:
    """What is disabled and is no rule."""
    for i, rule in enumerate(disable):
        if rule not in rules:
            todo = did_you_mean(rule, rules) or tell("name_rules")
            seen, line = tell("no_rule_to_disable", name=rule), file.line_of((*at, i))
            yield refuse("disable", file.name, line, seen, todo, lacks=f"rule:{rule}")


def unset(profile: str, parameters: Iterable[str], file: YamlFile, known: Collection[str]) -> Iterator[PackError]:
    """What a profile sets and is no parameter."""
    for name in (name for name in parameters if name not in known):
        line = file.line_of(("profiles", profile, "parameters", name))
        seen, todo = tell("profile_sets_none", profile=profile, name=name), did_you_mean(name, known)
        yield refuse("parameter", file.name, line, seen, todo or tell("define_parameter"), lacks="parameter")


def unused(house: PackFile, file: YamlFile, extended: dict[str, Any], files: Sequence[YamlFile]) -> Iterator[PackError]:
    """A parameter that the extended pack has not and no check uses: a name mistyped, and so a limit not set."""
    used = {text for one in files for _, text in texts_in(one.data) if text.startswith("$")}
    for name in house.parameters:
        if name not in extended and f"${name}" not in used:
            todo = did_you_mean(name, extended) or tell("use_parameter", mark=f"${name}")
            line = file.line_of(("parameters", name))
            yield refuse("parameter", file.name, line, tell("unused_parameter", name=name), todo, lacks="text")


def unnamed(files: Sequence[YamlFile], named: Collection[str]) -> Iterator[PackError]:
    """Where a house speaks of its organisation or greeting and sets none: ours are of an example."""
    for name, todo in NAMES.items():
        for file in () if name in named else files:
            at = next((at for at, text in texts_in(file.data) if f"{{{name}}}" in text), None)
            if at is not None:
                seen = tell("nothing_set", mark=f"{{{name}}}", name=name)
                yield refuse("unnamed", file.name, file.line_of(at), seen, todo, lacks="name")
                break


def unknown_marks(files: Sequence[YamlFile]) -> Iterator[PackError]:
    """A mark in what is listened for that nothing fills: it would be looked for as it is written."""
    for file in files:
        for at, text in texts_in(file.data):
            if file.name.startswith("families/") or not _CHECKS.isdisjoint(at):
                for mark in (m for m in _MARK.findall(text) if m not in NAMES):
                    meant = did_you_mean(f"{{{mark}}}", [f"{{{name}}}" for name in NAMES])
                    seen, todo = tell("nothing_fills", mark=f"{{{mark}}}"), meant or tell("marks_are")
                    yield refuse("unnamed", file.name, file.line_of(at), seen, todo)
