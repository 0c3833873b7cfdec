"""How rules ended on a call, and what that rests on: a ruling is made anew only when something it rests on changed.

A ruling rests on what was heard, on our code, and of the standard on the rule's own checks, the phrase families they
name or that make a complaint, the quoting words, and the limits below which roles and words are not trusted. Not on
names, advice, points, or other rules: those are put to it afterwards. Its basis names all but what was heard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, TypeVar

import msgspec

from analyzer.rules.checks.answer import Why
from analyzer.rules.checks.rawhits import PhraseSearch
from analyzer.rules.packcheck import families_in
from analyzer.rules.phrases import search_identity
from analyzer.rules.standard import Examples, Rule, Standard
from analyzer.rules.types import Evidence, Observation, Severity, Verdict
from analyzer.settings import code_print, fingerprint

# What decides a ruling besides the call, the standard and what `search_identity` names.
_DECIDING = (
    "call.given", "errors", "measure.backchannels", "measure.catalogue", "measure.going", "measure.stretches",
    "rules.asked", "rules.checks", "rules.checks.again", "rules.checks.anchors", "rules.checks.callrecord",
    "rules.checks.callwords", "rules.checks.clarity", "rules.checks.counting", "rules.checks.echo",
    "rules.checks.figures", "rules.checks.frames", "rules.checks.logic", "rules.checks.misheard", "rules.check_words",
    "rules.checks.near", "rules.checks.onward", "rules.checks.patterns", "rules.checks.readoff", "rules.checks.timing",
    "rules.checks.takenup", "rules.checks.tried", "rules.checks.view", "rules.checks.weighing", "rules.checks.where",
    "rules.checks.wording", "rules.checks.words", "rules.decode", "rules.evaluate", "rules.foreign_words",
    "rules.mends", "rules.mistakes", "rules.packcheck", "rules.rulings", "rules.saidonce", "rules.score",
    "rules.seen_words", "rules.standard", "rules.todo_words", "rules.told", "rules.understood", "rules.wording.*",
    "rules.yamlfile", "rules.yamlmends", "settings",
)  # fmt: skip
_LIBRARIES = ("google-re2", "msgspec")


T = TypeVar("T")


class Ruling(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How a rule ended on a call."""

    verdict: Verdict
    evidence: tuple[Evidence, ...]
    why: tuple[Why, ...]
    confidence: float


class Precedents:
    """What was ruled and observed on one call, by basis; what is missing is made and noted.

    Args:
        rulings, observations: of an earlier judgement.
    """

    def __init__(
        self,
        rulings: Mapping[str, Ruling] | None = None,
        observations: Mapping[str, tuple[Observation, ...]] | None = None,
    ) -> None:
        self._rulings, self._observations = rulings or {}, observations or {}
        self.rulings: dict[str, Ruling] = {}  # that were asked for
        self.observations: dict[str, tuple[Observation, ...]] = {}
        self.made = 0

    def ruling(self, basis: str, make: Callable[[], Ruling]) -> Ruling:
        """The ruling with that basis."""
        return self._noted(basis, make, self._rulings, self.rulings)

    def observed(self, basis: str, make: Callable[[], tuple[Observation, ...]]) -> tuple[Observation, ...]:
        """The observations with that basis."""
        return self._noted(basis, make, self._observations, self.observations)

    def _noted(self, basis: str, make: Callable[[], T], before: Mapping[str, T], asked: dict[str, T]) -> T:
        found = before.get(basis)
        if found is None:
            self.made += 1
            found = make()
        asked[basis] = found
        return found


class KnownCall(PhraseSearch, Protocol):
    """What is known of a call from before."""

    precedents: Precedents


@dataclass(frozen=True, slots=True)
class Bases:
    """The basis of every rule by its id, and of every observation by its name."""

    rules: Mapping[str, str]
    observations: Mapping[str, str]


_bases: dict[str, Bases] = {}


def bases_of(standard: Standard) -> Bases:
    """What the rulings of a standard rest on; worked out once, by its hash."""
    if standard.sha256 not in _bases:
        _bases[standard.sha256] = _make_bases(standard)
    return _bases[standard.sha256]


def _make_bases(standard: Standard) -> Bases:
    limits = msgspec.structs.replace(
        standard.scoring, deduction={}, reweight_limit=0, same_words_once=True, fatal_cap=0, min_applied=0
    )
    common = fingerprint(search_identity(), _identity(), standard.quoting, standard.complaint, limits)

    def basis(*checks: Any) -> str:
        names = sorted({*standard.complaint.named, *(name for check in checks for name in families_in(check))})
        families = [msgspec.structs.replace(standard.families[name], near_misses=()) for name in names]
        return fingerprint(common, checks, families)

    def of_rule(rule: Rule) -> str:
        return basis(
            msgspec.structs.replace(
                rule, id="", name="", name_en="", clauses=(), section="", severity=Severity.INFO, advice="",
                advice_en="", reason="", reason_en="", weight=1, deduction=None, fatal=False, scored=True, yields=False,
                proxy_for=None, examples=Examples(),
            )
        )  # fmt: skip

    return Bases({r.id: of_rule(r) for r in standard.rules}, {o.name: basis(o) for o in standard.observations})


@cache
def _identity() -> str:
    return code_print(_DECIDING, _LIBRARIES)
