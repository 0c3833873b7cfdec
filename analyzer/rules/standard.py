"""A standard as data: clauses, rules, phrase families, sections, profiles.

The structs whose name ends in `File` are what a pack's YAML may hold (unknown fields are refused); `Standard` is the
whole, resolved, ready to judge calls with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from analyzer.rules.bounds import AtLeastZero, Fraction, Percent, Strict
from analyzer.rules.checks import Check
from analyzer.rules.checks.anchors import Anchor
from analyzer.rules.checks.families import Family, Quoting
from analyzer.rules.checks.near import Near
from analyzer.rules.types import Severity

MAX_PROFILES = 20  # the whole pack is checked under each
MAX_ORGANISATION, MAX_GREETING = 60, 200  # characters: they are put in wherever a pack wants them


class Section(Strict, frozen=True, kw_only=True):
    """One section of the scorecard. `cap` is the most points (of its own 100) that deductions may take."""

    id: str
    name: str
    name_en: str = ""  # the loader fills in the name
    weight: AtLeastZero
    cap: Percent = 100.0


class SectionFile(Strict, frozen=True):
    """What a pack writes of a section: of one that there is, only what it changes."""

    id: str
    name: str | msgspec.UnsetType = msgspec.UNSET
    name_en: str | msgspec.UnsetType = msgspec.UNSET
    weight: AtLeastZero | msgspec.UnsetType = msgspec.UNSET
    cap: Percent | msgspec.UnsetType = msgspec.UNSET


class Scoring(Strict, frozen=True):
    """How deductions become a score. All points are of a section's own 100."""

    deduction: dict[Severity, AtLeastZero] = msgspec.field(
        default_factory=dict
    )  # a rule that states none takes its severity's
    # deductions grow by at most this when rules of the section don't apply
    reweight_limit: Annotated[float, msgspec.Meta(ge=1)] = 1.5
    same_words_once: bool = True  # of failures of a section for one thing only the heaviest takes points
    fatal_cap: Percent = 0.0  # a broken fatal rule caps the total here
    min_applied: Fraction = 0.1  # with a smaller share (by weight) of the scored rules applying there is no total
    min_role_confidence: Fraction = 0.6  # below: rules that need roles are not applicable
    min_separation_confidence: Fraction = 0.6
    low_word_probability: Fraction = 0.45  # an agent's stretch below this may hide a phrase
    min_words_understood: Percent = 40.0  # % of an agent's speech: below, nothing rests on its words, no total


class Parameter(Strict, frozen=True):
    """A named number that rules use as `$name`; profiles and house packs change it in one place."""

    value: float | bool
    unit: str = ""
    note: str = ""


class ProfileFile(Strict, frozen=True):
    """A named set of parameters."""

    name: str
    name_en: str = ""
    parameters: dict[str, float | bool] = msgspec.field(default_factory=dict)
    disable: tuple[str, ...] = ()


class Complaint(Strict, frozen=True):
    """Which phrase families, said by the customer, make a complaint (the event `complaint`); `mild` ones, perhaps."""

    families: tuple[str, ...] = ()
    mild: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.families, *self.mild)


class PackFile(Strict, frozen=True):
    """`pack.yaml`."""

    id: str
    version: str
    name: str
    name_en: str = ""
    extends: str | None = None
    organisation: Annotated[str, msgspec.Meta(max_length=MAX_ORGANISATION)] | None = None
    greeting: Annotated[str, msgspec.Meta(max_length=MAX_GREETING)] | None = None
    sections: tuple[SectionFile, ...] = ()
    scoring: Scoring | None = None
    parameters: dict[str, Parameter] = msgspec.field(default_factory=dict)
    profiles: Annotated[dict[str, ProfileFile], msgspec.Meta(max_length=MAX_PROFILES)] = msgspec.field(
        default_factory=dict
    )
    complaint: Complaint | None = None
    quoting: Quoting | None = None
    excuses: dict[str, Any] = msgspec.field(default_factory=dict)  # pieces of `except_near` by name, for `excuse`
    anchors: dict[str, Any] = msgspec.field(default_factory=dict)  # events by name, for `anchor`
    situations: dict[str, Any] = msgspec.field(default_factory=dict)  # checks by name, for `kind: situation`
    disable: tuple[str, ...] = ()  # rules of the extended pack that this house doesn't use


class Clause(Strict, frozen=True, kw_only=True):
    """One clause of a document, in our own words.

    Exactly one of these holds: rules name it in their `clauses`, or `not_heard` says why no recording can show it.
    """

    id: str
    document: str
    title: str  # Chinese, short
    title_en: str = ""  # the loader fills in the title
    summary: str  # Chinese, own words
    heard: str  # how it is heard, Chinese
    heard_by: tuple[Literal["A", "T", "S", "M", "N"], ...]
    limits: str = ""  # what the rules can't show, where they cover only part
    not_heard: str | None = None


class Examples(Strict, frozen=True):
    """Example calls in the compact notation."""

    passing: tuple[str, ...] = msgspec.field(name="pass", default=())
    failing: tuple[str, ...] = msgspec.field(name="fail", default=())
    unsure: tuple[str, ...] = ()
    not_applicable: tuple[str, ...] = ()


class Rule(Strict, frozen=True, kw_only=True):
    """One rule: what must be (`require`) or must not be (`forbid`), and what to say about it."""

    id: str
    name: str
    name_en: str = ""  # the loader fills in the name
    clauses: tuple[str, ...]
    section: str
    severity: Severity
    advice: str
    advice_en: str = ""
    reason: str = ""  # why it fails, Chinese
    reason_en: str = ""
    require: Check | None = None
    forbid: Check | None = None
    applies_when: Check | None = None
    unless: Check | None = None  # an exception: when it holds, the rule doesn't apply
    needs_roles: bool = True
    review_only: bool = False  # a breach is for a human to hear: unsure at most
    yields: bool = False  # words that another rule finds something in are left to that
    weight: AtLeastZero = 1.0
    deduction: AtLeastZero | None = None
    fatal: bool = False
    scored: bool = True
    proxy_for: str | None = None
    one_fault: str | None = None  # with others of its section that name the same: points once for one place
    examples: Examples = Examples()


class ObservedValue(Strict, frozen=True):
    """One value an observation can take; the first whose check holds is taken."""

    value: str
    label: str
    check: Check
    label_en: str = ""


class ObservationRule(Strict, frozen=True, kw_only=True):
    """Something about the customer or the call that is reported and never scored."""

    name: str
    label: str
    clauses: tuple[str, ...] = ()
    values: tuple[ObservedValue, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thing is written: file inside its pack, and line."""

    pack: str
    file: str
    line: int
    is_block: bool = False  # a text below a `|` at that line: each of its lines is one of the file's


@dataclass(frozen=True, slots=True)
class Standard:
    """A resolved standard: packs merged, profile and organisation put in, everything checked.

    `sha256` is over the canonical content that decides verdicts and texts: not over file layout or comments.
    """

    id: str
    version: str
    name: str
    name_en: str
    sha256: str
    profile: str
    profile_name: str
    profiles: tuple[str, ...]  # every profile it has
    organisation: str
    greeting: str
    sections: tuple[Section, ...]
    scoring: Scoring
    parameters: dict[str, Any]
    complaint: Complaint
    quoting: Quoting
    clauses: tuple[Clause, ...]
    families: dict[str, Family]
    phrases: tuple[str, ...]  # what is asked of a search (`asked.phrases_asked`)
    patterns: tuple[str, ...]  # what is looked for in the words as written (`asked.patterns_asked`)
    tried: tuple[str, ...]  # those that are tried on the sound
    rules: tuple[Rule, ...]
    observations: tuple[ObservationRule, ...]
    excuses: dict[str, Near]  # by the name that a pack gives them,
    anchors: dict[str, Anchor]  # these,
    situations: dict[str, Check]  # and these; they stand in the rules as well
    disabled: tuple[str, ...]
    packs: tuple[str, ...]  # "base 1.0.0", outermost last
    places: dict[str, Place]  # "rule:P7", "example:P7:pass:0" -> where it is written

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id."""
        return next((r for r in self.rules if r.id == rule_id), None)

    def owns(self, what: str) -> bool:
        """Whether the outermost pack wrote or changed it ("rule:P7"), not one that it extends."""
        return self.places[what].pack == self.id

    def deduction_of(self, rule: Rule) -> float:
        """Points of the section's 100 that breaking the rule takes, before re-weighting."""
        points = self.scoring.deduction.get(rule.severity, 0.0) if rule.deduction is None else rule.deduction
        return points * rule.weight
