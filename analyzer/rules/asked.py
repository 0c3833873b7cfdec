"""What a standard asks a search for: the phrases of its families, and in whose turns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from analyzer.rules.checks.hits import phrases_of
from analyzer.rules.packcheck import checks_of, families_of, structs_in
from analyzer.rules.standard import Rule, Standard


def phrases_asked(standard: Standard, rules: Sequence[Rule] | None = None) -> tuple[str, ...]:
    """Every phrase that some rules and the complaint need, once, as `PhraseSearch.find` takes it.

    Args:
        standard: with its families.
        rules: None: all of them, the observations, and families that nothing refers to.
    """
    checks = [check for rule in (standard.rules if rules is None else rules) for check in checks_of(rule)]
    if rules is None:
        checks += [value.check for observation in standard.observations for value in observation.values]
    uses = [*_uses(checks), *((family, "customer") for family in standard.complaint.families)]
    used = {family for family, _ in uses}
    families = [f for name, f in standard.families.items() if rules is None or name in used]
    return tuple(phrases_of(families, standard.quoting, used - {family for family, role in uses if role != "agent"}))


def _uses(checks: Iterable[Any]) -> Iterable[tuple[str, str]]:
    """Every family that checks refer to, and whose it is to them."""
    for check in checks:
        for struct in structs_in(check):
            for family in families_of(struct):
                yield family, getattr(struct, "role", "any")
