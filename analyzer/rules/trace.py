"""The trace between clauses and rules, both ways, and what a standard still lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from analyzer.measure.catalogue import CATALOGUE
from analyzer.rules.checks.families import Family
from analyzer.rules.checks.figures import MeasureDifference, MeasureIs
from analyzer.rules.checks.frameletters import fits_in
from analyzer.rules.checks.frames import unsayable
from analyzer.rules.examples import too_few
from analyzer.rules.laying import Entry
from analyzer.rules.mistakes import EnoughError, Mistakes
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import resolve
from analyzer.rules.packcheck import checks_of, families_in, patterns_in, structs_in
from analyzer.rules.reading import read_pack
from analyzer.rules.standard import Clause, ObservationRule, Rule, Standard
from analyzer.rules.told import PackError, Told, refuse, tell, told
from analyzer.rules.types import Severity
from analyzer.speech.sound import canon, keys_of

SHORT_MS = 100  # nobody limits a pause so closely
LONG_S = 1000  # nor waits so long
WIDE = 0.75  # of a limit: a margin above it was meant as a limit


@dataclass(frozen=True, slots=True)
class ClauseTrace:
    """One clause with the rules that check it and the observations that report it, or the reason why none can."""

    clause: Clause
    rules: tuple[Rule, ...]
    observations: tuple[ObservationRule, ...] = ()

    @property
    def traced(self) -> bool:
        """True when rules or observations name it, or it says why none can; never both, never neither."""
        return bool(self.names) != (self.clause.not_heard is not None)

    @property
    def names(self) -> tuple[str, ...]:
        """The rules and observations that name it."""
        return (*(r.id for r in self.rules), *(o.name for o in self.observations))


@dataclass(frozen=True, slots=True)
class DocumentCount:
    """How much of one document is checked."""

    document: str
    clauses: int
    checked: int
    not_heard: int
    untraced: int


def trace(standard: Standard) -> tuple[ClauseTrace, ...]:
    """Every clause with its rules, in the catalogue's order. Rules switched off by a house don't count."""
    by_clause: dict[str, list[Rule]] = {}
    for rule in standard.rules:
        for clause in rule.clauses:
            by_clause.setdefault(clause, []).append(rule)
    return tuple(
        ClauseTrace(c, tuple(by_clause.get(c.id, ())), tuple(o for o in standard.observations if c.id in o.clauses))
        for c in standard.clauses
    )


def count(standard: Standard) -> tuple[DocumentCount, ...]:
    """The trace counted by document."""
    out: dict[str, list[ClauseTrace]] = {}
    for one in trace(standard):
        out.setdefault(one.clause.document, []).append(one)
    return tuple(
        DocumentCount(
            document,
            len(traces),
            sum(bool(t.names) for t in traces),
            sum(not t.names and t.clause.not_heard is not None for t in traces),
            sum(not t.traced for t in traces),
        )
        for document, traces in sorted(out.items())
    )


def shortcomings(standard: Standard) -> list[Told]:
    """What the outermost pack of a loadable standard still lacks.

    Untraced clauses, too few examples, points for breaking a rule, unused families.

    What it extends is not its own, and can't be mended there.
    """
    own = standard.owns
    out = []
    for one in trace(standard):
        if not one.traced and own(f"clause:{one.clause.id}"):
            names = ", ".join(one.names)
            why = tell("traced_and_not_heard", names=names) if names else tell("untraced")
            out.append(_about("clause", one.clause.id, why))
    rules = tuple(rule for rule in standard.rules if own(f"rule:{rule.id}"))
    for rule_id, lacking in too_few(replace(standard, rules=rules)).items():
        out.append(_about("rule", rule_id, tell("examples_missing", lacking=lacking)))
    out.extend(_without_points(standard, rules))
    used = set(standard.complaint.named)
    for rule in standard.rules:
        for check in checks_of(rule):
            used.update(families_in(check))
    for observation in standard.observations:
        for value in observation.values:
            used.update(families_in(value.check))
    unused = (name for name in standard.families if name not in used and own(f"family:{name}"))
    out.extend(_about("family", name, tell("unused_family")) for name in unused)
    return out


def _without_points(standard: Standard, rules: Iterable[Rule]) -> Iterator[Told]:
    """The severities, `info` apart, that nobody gave points: breaking rules of them costs nothing."""
    given = standard.scoring.deduction
    bare = [r for r in rules if r.scored and r.deduction is None and r.severity not in (*given, Severity.INFO)]
    for severity in dict.fromkeys(rule.severity for rule in bare):
        names = ", ".join(rule.id for rule in bare if rule.severity is severity)
        yield tell("no_points", severity=str(severity), names=names)


def _about(kind: str, name: str, seen: Told) -> Told:
    """What is said of an item of the pack."""
    return tell("about", kind=tell(kind), name=name, seen=seen)


def check_pack(path_or_name: str | Path) -> list[Told]:
    """Validates a pack under every profile; returns what it still lacks.

    Raises:
        PackError: when it can't be used: the first mistake, with file, line, rule and mend, and all of them in it.
    """
    mistakes = Mistakes()
    with suppress(EnoughError):
        merged = read_pack(path_or_name, mistakes)
        standard = resolve(merged, None, "default", mistakes)
        for rule, entry in merged.rules.items():
            if entry.pack == standard.id and standard.rule(rule) is not None:
                mistakes.add_all(_unread_examples(rule, entry))
        for mistakes.profile in (profile for profile in standard.profiles if profile != "default"):
            resolve(merged, None, mistakes.profile, mistakes)
    mistakes.refuse()
    return shortcomings(standard)


def _unread_examples(rule: str, entry: Entry) -> Iterator[PackError]:
    """Example calls with a line that can't be read."""
    for kind, texts in entry.data.get("examples", {}).items():
        for n, text in enumerate(texts):
            try:
                parse_call(text)
            except PackError as error:
                place = entry.place_of(("examples", kind, n))
                line = place.line + (error.line if place.is_block else 0)
                yield refuse("example", place.file, line, *error.said, rule)


def cautions(standard: Standard) -> Iterator[Told]:
    """What of the outermost pack may be meant, and is rarely wise."""
    for name, family in standard.families.items():
        if not standard.owns(f"family:{name}"):
            continue
        for phrase in (p for p in (*family.forms, *family.also) if len(p) == 1 and family.only == "anywhere"):
            yield _about("family", name, tell("one_character", phrase=phrase))
        for phrase in _useless_exclusions(family):
            yield _about("family", name, tell("excludes_itself", phrase=phrase))
        yield from (_about("family", name, told(problem)) for problem in unsayable(family.patterns))
    for rule in standard.rules:
        if standard.owns(f"rule:{rule.id}"):
            patterns = [p for check in checks_of(rule) for p in patterns_in(check)]
            yield from (_about("rule", rule.id, told(problem)) for problem in unsayable(dict.fromkeys(patterns)))
            for check in checks_of(rule):
                problems = (*_seconds_for_ms(check), *_odd_seconds(check))
                yield from (_about("rule", rule.id, problem) for problem in problems)


def _useless_exclusions(family: Family) -> Iterator[str]:
    """Exclusions that are phrases looked for, with nothing shorter in them that they could take out."""
    wanted = {keys_of(phrase) for phrase in (*family.forms, *family.also, *family.weak)}
    for exclusion in family.exclusions:
        keys = keys_of(exclusion)
        if keys not in wanted:
            continue
        parts = {keys[i:j] for i, j in combinations(range(len(keys) + 1), 2)} - {keys}
        framed = (fit for frame in (*family.frames, *family.weak_frames) for fit in fits_in(frame, canon(exclusion)))
        if not parts & wanted and all(end - start == len(keys) for start, end in framed):
            yield exclusion


def _odd_seconds(check: Any) -> Iterator[Told]:
    """Lengths in seconds that are so long that milliseconds were meant, and margins that take in nearly all."""
    for struct in structs_in(check):
        for name in (name for name in struct.__struct_fields__ if name.endswith("_s")):
            length = getattr(struct, name)
            if length and length >= LONG_S:
                yield tell("ms_for_seconds", field=name, length=length, seconds=length / 1000)
        least, margin = getattr(struct, "min_s", None), getattr(struct, "unsure_s", None)
        if least and margin and margin > WIDE * least:
            yield tell("wide_margin", margin=margin, least=least, start=least - margin)


def _seconds_for_ms(check: Any) -> Iterator[Told]:
    """Limits of figures in milliseconds that are so low that seconds were meant."""
    for struct in structs_in(check):
        if isinstance(struct, MeasureIs) and struct.component is None:
            name = struct.name
        elif isinstance(struct, MeasureDifference) and not struct.ratio:
            name = struct.of
        else:
            continue
        for side in ("min", "max", "unsure_min", "unsure_max"):
            limit = getattr(struct, side)
            if CATALOGUE[name].unit == "ms" and limit and abs(limit) < SHORT_MS:
                yield tell("seconds_for_ms", measure=name, side=side, limit=limit, ms=limit * 1000)
