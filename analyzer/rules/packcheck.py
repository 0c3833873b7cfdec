"""What a pack's pieces must agree on: every name leads somewhere, every check's parameters make sense."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import msgspec

from analyzer.measure.catalogue import CATALOGUE, CURVES
from analyzer.rules.checks.anchors import Anchor
from analyzer.rules.checks.callwords import RoleName
from analyzer.rules.checks.families import Family
from analyzer.rules.checks.figures import Curve, MeasureDifference, MeasureIs
from analyzer.rules.checks.frames import problems_of
from analyzer.rules.checks.logic import Not, Perhaps
from analyzer.rules.checks.words import Said
from analyzer.rules.decode import did_you_mean, path_to, texts_in
from analyzer.rules.standard import Rule, Standard
from analyzer.rules.told import PackError, Told, refuse, tell, told
from analyzer.rules.yamlfile import Path_, YamlFile, at_path

MAX_RULES = 3000
MAX_PHRASES = 50_000
MAX_FRAMES = 5_000
MAX_PHRASE_CHARS = 60
CHECKS = ("require", "forbid", "applies_when", "unless")  # a rule's
_PARTY_FIELDS = ("role", "by", "before", "after", "asked_by", "answered_by", "broken_by")
_FAMILY_FIELDS = frozenset({"families", "any", "all", "none"})


class Raw(Protocol):
    """A raw item with its place."""

    data: dict[str, Any]
    file: YamlFile
    at: Path_


def structs_in(value: Any) -> Iterator[msgspec.Struct]:
    """Every struct inside a check, itself first."""
    return (struct for _, struct in placed_structs(value, ()))


def placed_structs(value: Any, at: Path_) -> Iterator[tuple[Path_, msgspec.Struct]]:
    """Every struct inside a check that is at a path, itself first, and the path it is at."""
    if isinstance(value, msgspec.Struct):
        yield at, value
        for name in value.__struct_fields__:
            yield from placed_structs(getattr(value, name), (*at, name))
    elif isinstance(value, tuple):
        for i, item in enumerate(value):
            yield from placed_structs(item, (*at, i))


def families_in(value: Any) -> Iterator[str]:
    """Every phrase family a check refers to."""
    for struct in structs_in(value):
        yield from families_of(struct)


def families_of(struct: msgspec.Struct) -> Iterator[str]:
    """Every phrase family that it refers to itself, not what is inside it."""
    for name in struct.__struct_fields__:
        item = getattr(struct, name)
        if name in _FAMILY_FIELDS and isinstance(item, tuple):
            yield from (f for f in item if isinstance(f, str))


def patterns_in(value: Any) -> Iterator[str]:
    """Every pattern a check looks for, or leaves out."""
    for struct in structs_in(value):
        for field in ("match", "exclude", "given", "taken"):
            yield from getattr(struct, field, ())


def listens_to_one(value: Any) -> bool:
    """Whether a check hangs on who says or does something; not where that is only for a human, nor figures."""
    if isinstance(value, tuple):
        return any(map(listens_to_one, value))
    if not isinstance(value, msgspec.Struct) or isinstance(value, (Perhaps, MeasureIs, MeasureDifference, Curve)):
        return False
    parties = [value.party_of] if isinstance(value, Anchor) else [getattr(value, n, None) for n in _PARTY_FIELDS]
    if any(party in ("agent", "customer") for party in parties):
        return True
    return any(listens_to_one(getattr(value, name)) for name in value.__struct_fields__)


def is_turned_round(value: Any) -> bool:
    """Whether a part of a check asks for what must not be: what is found of it then speaks against, not for."""
    return any(isinstance(part, Not) or (isinstance(part, Said) and part.none) for part in structs_in(value))


def checks_of(rule: Rule) -> tuple[Any, ...]:
    """A rule's checks, the conditions included."""
    return tuple(check for key in CHECKS if (check := getattr(rule, key)) is not None)


def wrong_references(
    standard: Standard,
    rules: Mapping[str, Raw],
    families: Mapping[str, Raw],
    observations: Mapping[str, Raw],
    named: Iterable[tuple[str, Raw, Any]],
) -> Iterator[PackError]:
    """What of a standard leads nowhere or makes no sense, with file, line, rule and mend.

    Args:
        standard: resolved.
        rules: as they are written,
        families: phrase families,
        observations: what is reported,
        named: excuses, anchors and situations: the name, how it is written, and decoded.
    """
    if len(standard.rules) > MAX_RULES:
        yield _too_many(tell("many_rules", count=len(standard.rules)), MAX_RULES)
    if sum(len(family.phrases) for family in standard.families.values()) > MAX_PHRASES:
        yield _too_many(tell("many_phrases"), MAX_PHRASES)
    if sum(len(family.patterns) for family in standard.families.values()) > MAX_FRAMES:
        yield _too_many(tell("many_frames"), MAX_FRAMES)
    for key, family in standard.families.items():
        yield from _wrong_in_family(families[key], key, family)
    for name, raw, piece in named:
        yield from _wrong_in_check(raw, name, (), piece, standard)
    sections = dict.fromkeys(s.id for s in standard.sections)
    clauses = {c.id for c in standard.clauses}
    for rule in standard.rules:
        raw = rules[rule.id]
        if rule.require is None and rule.forbid is None:
            yield _bad(raw, rule.id, tell("neither"), tell("write_one"))
        if rule.require is not None and rule.forbid is not None:
            yield _bad(raw, rule.id, tell("both"), tell("keep_exactly_one"), ("forbid",))
        if rule.fatal and rule.review_only:
            yield _bad(raw, rule.id, tell("fatal_for_review"), tell("keep_one"))
        if rule.fatal and not rule.scored:
            yield _bad(raw, rule.id, tell("fatal_unscored"), tell("keep_one"))
        yield from _unknown(raw, rule.id, "section", [rule.section], sections)
        yield from _unknown(raw, rule.id, "clause", rule.clauses, clauses)
        for key in CHECKS:
            yield from _wrong_in_check(raw, rule.id, (key,), getattr(rule, key), standard)
    for observation in standard.observations:
        raw = observations[observation.name]
        yield from _unknown(raw, observation.name, "clause", observation.clauses, clauses)
        for i, value in enumerate(observation.values):
            yield from _wrong_in_check(raw, observation.name, ("values", i, "check"), value.check, standard)


def _wrong_in_family(raw: Raw, key: str, family: Family) -> Iterator[PackError]:
    if not (family.forms or family.also or family.weak or family.frames or family.weak_frames):
        yield _bad(raw, key, tell("no_phrases"), tell("give_forms"))
    for phrase in family.phrases:
        if not phrase or len(phrase) > MAX_PHRASE_CHARS:
            todo = tell("phrase_length_is", most=MAX_PHRASE_CHARS)
            yield _bad(raw, key, tell("phrase_length", count=len(phrase)), todo)
    for problem in problems_of(family.patterns):
        yield _bad(raw, key, told(problem), tell("correct_frame"))


def _wrong_in_check(raw: Raw, name: str, at: Path_, check: Any, standard: Standard) -> Iterator[PackError]:
    yield from _unknown(raw, name, "phrase_family", families_in(check), standard.families)
    for place, struct in placed_structs(check, at):
        for problem in getattr(struct, "problems", tuple)():
            what = _name_of(struct, place)
            limits = ", ".join(text for _, text in texts_in(at_path(raw.data, place)) if text.startswith("$"))
            seen = tell("of_part", part=what, seen=told(problem))
            if limits:
                seen = tell("of_part_set_by", part=what, seen=told(problem), limits=limits)
            yield _bad(raw, name, seen, tell("correct"), place)
        if isinstance(struct, MeasureIs):
            yield from _wrong_in_measure(raw, name, place, struct)
        if isinstance(struct, MeasureDifference):
            yield from _wrong_in_difference(raw, name, place, struct)
        if isinstance(struct, Curve):
            yield from _unknown(raw, name, "curve", [struct.name], CURVES)


def _wrong_in_measure(raw: Raw, name: str, place: Path_, check: MeasureIs) -> Iterator[PackError]:
    yield from _unmeasured(raw, name, (*place, "name"), check.name, check.role)
    known = CATALOGUE[check.name].components if check.name in CATALOGUE else None
    if check.component is not None and known is not None and check.component not in known:
        seen = tell("no_component", measure=check.name, name=check.component)
        todo = did_you_mean(check.component, known) or (_one_of(known) if known else tell("no_parts"))
        yield _bad(raw, name, seen, todo, (*place, "component"), "reference")


def _wrong_in_difference(raw: Raw, name: str, place: Path_, check: MeasureDifference) -> Iterator[PackError]:
    yield from _unmeasured(raw, name, (*place, "of"), check.of, check.of_role)
    yield from _unmeasured(raw, name, (*place, "minus"), check.minus, check.minus_role)
    units = [CATALOGUE[measure].unit for measure in (check.of, check.minus) if measure in CATALOGUE]
    if len({*units}) > 1 and not check.ratio:
        seen = tell("other_units", of=check.of, unit=units[0], minus=check.minus, other=units[1])
        yield _bad(raw, name, seen, tell("one_unit"), (*place, "minus"))


def _name_of(struct: msgspec.Struct, at: Path_) -> str:
    """What a piece of a check is called: its kind, or the field it stands in; one with a name stands in none."""
    fields = [step for step in at if isinstance(step, str)] or ["anchor" if isinstance(struct, Anchor) else "excuse"]
    return str(struct.__struct_config__.tag or fields[-1])


def _unmeasured(raw: Raw, name: str, at: Path_, measure: str, role: RoleName) -> Iterator[PackError]:
    """A measure that no call has of that role: a check on it would never apply."""
    if measure not in CATALOGUE:
        yield from _unknown(raw, name, "measure", [measure], CATALOGUE)
    elif CATALOGUE[measure].of_call and role != "any":
        yield _bad(raw, name, tell("of_the_call", measure=measure), tell("set_role_any"), at)
    elif not CATALOGUE[measure].of_call and role == "any":
        yield _bad(raw, name, tell("of_a_party", measure=measure), tell("set_role"), at)


def _unknown(raw: Raw, name: str, what: str, wanted: Iterable[str], known: Iterable[str]) -> Iterator[PackError]:
    have = known if isinstance(known, (set, dict, Mapping)) else set(known)
    for one in dict.fromkeys(wanted):
        if one not in have:
            todo = did_you_mean(one, have) or tell("define_or_name", kind=tell(what))
            todo = _one_of(known) if what == "section" and have else todo
            todo = tell("part_names") if {*one} & {*"，、；"} else todo
            place = path_to(raw.data, one) or ()
            seen, lacks = tell("none_such", kind=tell(what), name=one), f"{what.removeprefix('phrase_')}:{one}"
            yield _bad(raw, name, seen, todo, place, "reference", lacks)


def _one_of(known: Iterable[str]) -> Told:
    return tell("use_one_of", names=", ".join(known))


def _too_many(seen: Told, most: int) -> PackError:
    return PackError("standard.too_large", seen, tell("keep_at_most", most=most))


def _bad(
    raw: Raw, name: str, seen: Told, todo: Told, inside: Path_ = (), code: str = "rule", lacks: str = ""
) -> PackError:
    """An error at a place inside the item."""
    return refuse(code, raw.file.name, raw.file.line_of((*raw.at, *inside)), seen, todo, name, lacks)
