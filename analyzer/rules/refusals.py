"""What a pack's head and words must not hold, each refused with its line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from analyzer.rules.checks.frames import problems_of
from analyzer.rules.decode import did_you_mean, texts_in
from analyzer.rules.packcheck import CHECKS
from analyzer.rules.standard import PackFile
from analyzer.rules.yamlfile import Path_, YamlFile, refuse

NAMES = {
    "organisation": "Write organisation: into pack.yaml, or name one with --organisation",
    "greeting": "Write greeting: into pack.yaml",
}
_CHECKS = frozenset(CHECKS)
_MARK = re.compile(r"(?<!\\[pP])\{([^{}\d,\s]+)\}")


def refuse_in_head(pack: PackFile, file: YamlFile, families: Iterable[str]) -> None:
    """Refuses a section given twice, a family of `complaint` that there isn't, and what is no frame in `quoting`."""
    for i, section in enumerate(pack.sections):
        if section.id in (s.id for s in pack.sections[:i]):
            line = file.line_of(("sections", i))
            raise refuse("twice", file.name, line, f"the section {section.id} twice", "Keep one of them")
    for key in ("families", "mild"):
        for i, name in enumerate(getattr(pack.complaint, key, ())):
            if name not in families:
                todo = did_you_mean(name, families) or "Define it in families/"
                line = file.line_of(("complaint", key, i))
                raise refuse("reference", file.name, line, f"there is no phrase family {name}", todo)
    for i, frame in enumerate(pack.quoting.frames if pack.quoting else ()):
        for problem in problems_of([frame]):
            todo = "Correct it; docs/house-packs.md says what a frame is"
            raise refuse("rule", file.name, file.line_of(("quoting", "frames", i)), problem, todo)


def refuse_absent(disable: Sequence[str], file: YamlFile, at: Path_, rules: Iterable[str]) -> None:
    """Refuses to disable what is no rule."""
    for i, rule in enumerate(disable):
        if rule not in rules:
            todo = did_you_mean(rule, rules) or "Name rules that exist"
            raise refuse("disable", file.name, file.line_of((*at, i)), f"there is no rule {rule} to disable", todo)


def refuse_unused(house: PackFile, file: YamlFile, extended: dict[str, Any], files: Sequence[YamlFile]) -> None:
    """Refuses a parameter that the extended pack has not and no check uses: a name mistyped, and so a limit not set."""
    used = {text for one in files for _, text in texts_in(one.data) if text.startswith("$")}
    for name in house.parameters:
        if name not in extended and f"${name}" not in used:
            todo = did_you_mean(name, extended) or f"Use it as ${name}, or remove it"
            line = file.line_of(("parameters", name))
            raise refuse("parameter", file.name, line, f"no check uses the parameter {name}", todo)


def refuse_unnamed(files: Sequence[YamlFile], named: Collection[str]) -> None:
    """Refuses a house that speaks of its organisation or greeting and sets none: ours are of an example."""
    for name, todo in NAMES.items():
        for file in () if name in named else files:
            at = next((at for at, text in texts_in(file.data) if f"{{{name}}}" in text), None)
            if at is not None:
                seen = f"{{{name}}} stands here, and no {name} is set"
                raise refuse("unnamed", file.name, file.line_of(at), seen, todo)


def refuse_unknown_marks(files: Sequence[YamlFile]) -> None:
    """Refuses a mark in what is listened for that nothing fills: it would be looked for as it is written."""
    for file in files:
        for at, text in texts_in(file.data):
            if file.name.startswith("families/") or not _CHECKS.isdisjoint(at):
                for mark in (m for m in _MARK.findall(text) if m not in NAMES):
                    meant = did_you_mean(f"{{{mark}}}", [f"{{{name}}}" for name in NAMES])
                    todo = meant or "There are {organisation} and {greeting}"
                    raise refuse("unnamed", file.name, file.line_of(at), f"nothing fills {{{mark}}}", todo)
