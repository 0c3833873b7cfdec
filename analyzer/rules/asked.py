"""What a standard looks for: phrases, in whose turns, and which are tried on the sound; and patterns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from analyzer.call.types import Role
from analyzer.rules.checks.families import Family
from analyzer.rules.checks.found import parts
from analyzer.rules.packcheck import checks_of, families_of, patterns_in, structs_in
from analyzer.rules.standard import Rule, Standard
from analyzer.speech.marks import AGENT, NEARLY


def phrases_asked(standard: Standard, rules: Sequence[Rule] | None = None) -> tuple[str, ...]:
    """Every phrase that some rules and the complaint need, once, as `PhraseSearch.find` takes it.

    Args:
        standard: with its families.
        rules: None: all of them, the observations, and families that nothing refers to.
    """
    uses = _uses(standard, standard.rules if rules is None else rules, rules is None)
    quoting = standard.quoting
    asked = [*quoting.before, *quoting.after, *quoting.telling]
    for family in standard.families.values():
        if rules is None or family.id in uses:
            whose = _whose(family, uses)
            asked += _marked(whose, family.forms, family.exclusions)
            asked += _marked(whose + NEARLY, family.also, family.weak)
    return _once(asked)


def phrases_tried(standard: Standard) -> tuple[str, ...]:
    """Every phrase that is tried on the sound, once, as `try_phrases` takes it.

    What a phrase may be missed or excused by is tried where words resemble it. What is forbidden, its further ways
    included, is tried wherever the words sound like it: nobody need listen to what the sound refutes.
    """
    uses = _uses(standard, standard.rules, True)
    forbidden = {f for rule in standard.rules for s in structs_in(rule.forbid) for f in families_of(s)}
    tried: list[str] = []
    for family in standard.families.values():
        whose = _whose(family, uses)
        tried += _marked(whose, family.forms, family.exclusions)
        if family.id in forbidden:
            tried += _marked(whose + NEARLY, family.forms, family.also, family.weak)
    return _once(tried)


def patterns_asked(standard: Standard) -> tuple[str, ...]:
    """Every pattern that is looked for in the words as written: frames, and those of checks, once."""
    checks = _checks(standard, standard.rules, True)
    every = [pattern for family in standard.families.values() for pattern in family.patterns]
    every += [*standard.quoting.frames, *(pattern for check in checks for pattern in patterns_in(check))]
    return tuple(dict.fromkeys(every))


def rules_by_family(standard: Standard, role: Role | None = None) -> dict[str, list[str]]:
    """Which rules ask for each family, in the standard's order.

    Args:
        standard: with its rules.
        role: only rules that ask whether this party says it; None: whoever.
    """
    asking: dict[str, list[str]] = {}
    for rule in standard.rules:
        for family, whose in _asked_of(checks_of(rule)).items():
            if role is None or whose & {"any", str(role)}:
                asking.setdefault(family, []).append(rule.id)
    return asking


def _uses(standard: Standard, rules: Iterable[Rule], observed: bool) -> dict[str, set[str]]:
    """Whose every family is to the checks that refer to it, and to the complaint."""
    uses = _asked_of(_checks(standard, rules, observed))
    for family in standard.complaint.named:
        uses.setdefault(family, set()).add("customer")
    return uses


def _asked_of(checks: Iterable[Any]) -> dict[str, set[str]]:
    """Whose words each family is looked for in by some checks: "agent", "customer", "any"."""
    whose: dict[str, set[str]] = {}
    for struct in (struct for check in checks for struct in structs_in(check)):
        for family in families_of(struct):
            everybody = getattr(struct, "brought_up", False)
            whose.setdefault(family, set()).add("any" if everybody else getattr(struct, "role", "any"))
    return whose


def _checks(standard: Standard, rules: Iterable[Rule], observed: bool) -> list[Any]:
    """Those of some rules, and of the observations."""
    checks: list[Any] = [check for rule in rules for check in checks_of(rule)]
    if observed:
        checks += [value.check for observation in standard.observations for value in observation.values]
    return checks


def _whose(family: Family, uses: dict[str, set[str]]) -> str:
    return AGENT if uses.get(family.id) == {"agent"} else ""


def _marked(mark: str, *forms: Sequence[str]) -> Iterator[str]:
    """The parts of forms with a mark before each."""
    return (mark + part for some in forms for form in some for part in parts(form))


def _once(marked: Iterable[str]) -> tuple[str, ...]:
    """Each once, and of the agent alone only what nobody is asked about otherwise."""
    every = dict.fromkeys(marked)
    return tuple(p for p in every if not p.startswith(AGENT) or p.removeprefix(AGENT) not in every)
