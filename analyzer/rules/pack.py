"""Loading a standard: packs that were read, with profile and organisation put in, decoded, checked and hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from analyzer.rules.asked import patterns_asked, phrases_asked, phrases_tried
from analyzer.rules.checks import Check
from analyzer.rules.checks.anchors import Anchor
from analyzer.rules.checks.families import Family
from analyzer.rules.checks.near import Near
from analyzer.rules.decode import Given, decode, decode_check, decode_each, substitute
from analyzer.rules.heads import Heads, Names, heads_of, names_of
from analyzer.rules.laying import LISTS, Entry
from analyzer.rules.mistakes import EnoughError, Mistakes
from analyzer.rules.packcheck import wrong_references
from analyzer.rules.reading import Merged, read_pack
from analyzer.rules.refusals import unknown_marks, unnamed
from analyzer.rules.standard import (
    MAX_ORGANISATION,
    Clause,
    Examples,
    ObservationRule,
    ObservedValue,
    Place,
    Rule,
    Standard,
)
from analyzer.rules.told import PackError, refuse, tell
from analyzer.rules.ways import MAX_WAYS, WaysError, spoken_form, ways_of
from analyzer.rules.yamlfile import Path_

_WITH_PARAMETERS = ("require", "forbid", "applies_when", "unless", "deduction", "weight")


def load_standard(
    path_or_name: str | Path = "base",
    organisation: str | None = None,
    profile: str | None = None,
) -> Standard:
    """Loads a standard, ready to judge with.

    Args:
        path_or_name: a pack's folder, or a shipped pack's name.
        organisation: the organisation's name as agents say it; None: the pack's own.
        profile: a named set of thresholds; None: `default`.

    Raises:
        StandardError: with file, line, rule and what to mend.
    """
    if organisation and len(organisation) > MAX_ORGANISATION:
        seen = tell("long_organisation", count=len(organisation), most=MAX_ORGANISATION)
        raise PackError("standard.organisation", seen, tell("shorter"))
    mistakes = Mistakes()
    with suppress(EnoughError):
        standard = resolve(read_pack(path_or_name, mistakes), organisation, profile or "default", mistakes)
    mistakes.refuse()
    return standard


def resolve(merged: Merged, organisation: str | None, profile: str, mistakes: Mistakes) -> Standard:
    """A standard of packs laid over each other; of what it holds none may be used where there are mistakes.

    Args:
        merged: the packs.
        organisation: as of `load_standard`.
        profile: the set of thresholds.
        mistakes: where what is wrong is noted.

    Raises:
        EnoughError: too much is wrong.
    """
    heads = heads_of(merged, profile, mistakes)
    names = names_of(heads, organisation, "organisation" in merged.named)
    mistakes.add_all(unnamed(merged.files, merged.named | ({"organisation"} if organisation else set())))
    mistakes.add_all(unknown_marks(merged.files))
    given = _given(merged, heads.parameters, mistakes)
    named = tuple(_named(merged, given, names, mistakes))
    rules = tuple(_rules(merged, heads, names, given, mistakes))
    head = merged.heads[-1]
    standard = Standard(
        id=head.id,
        version=head.version,
        name=head.name,
        name_en=head.name_en,
        sha256="",
        profile=profile,
        profile_name=heads.profiles.get(profile, profile),
        profiles=tuple(heads.profiles),
        organisation=names.organisation,
        greeting=names.shown["{greeting}"],
        sections=tuple(heads.sections.values()),
        scoring=heads.scoring,
        parameters=dict(sorted(heads.parameters.items())),
        complaint=heads.complaint,
        quoting=heads.quoting,
        families=dict(_families(merged, names, mistakes)),
        clauses=tuple(_clauses(merged, mistakes)),
        phrases=(),
        patterns=(),
        tried=(),
        rules=rules,
        observations=tuple(_observations(merged, names, given, mistakes)),
        excuses={name: what for name, _, what in named if isinstance(what, Near)},
        anchors={name: what for name, _, what in named if isinstance(what, Anchor)},
        situations={name: what for name, _, what in named if not isinstance(what, (Near, Anchor))},
        disabled=tuple(sorted(heads.disabled)),
        packs=tuple(f"{h.id} {h.version}" for h in merged.heads),
        places=dict(_places(merged)),
    )
    mistakes.add_all(wrong_references(standard, merged.rules, merged.families, merged.observations, named))
    if mistakes.found:
        return standard
    phrases, patterns, tried = phrases_asked(standard), patterns_asked(standard), phrases_tried(standard)
    return replace(standard, phrases=phrases, patterns=patterns, tried=tried, sha256=content_hash(standard))


def content_hash(standard: Standard) -> str:
    """SHA-256 over everything that decides verdicts, points and texts; examples and file layout don't."""
    no_examples = [msgspec.structs.replace(r, examples=Examples()) for r in standard.rules]
    families = [msgspec.structs.replace(f, near_misses=()) for _, f in sorted(standard.families.items())]
    content = [
        standard.id, standard.version, standard.profile, standard.organisation, standard.greeting, standard.sections,
        standard.scoring, standard.parameters, standard.complaint, standard.quoting, standard.clauses, families,
        sorted(no_examples, key=lambda r: r.id), standard.observations,
    ]  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def _places(merged: Merged) -> Iterator[tuple[str, Place]]:
    """Where each rule, family and clause stands, and each of their example calls and near misses."""
    for kind, entries in (("rule", merged.rules), ("family", merged.families), ("clause", merged.clauses)):
        for key, entry in entries.items():
            yield f"{kind}:{key}", entry.place_of()
            for at, calls in entry.example_lists().items():
                for n in range(len(calls)):
                    yield ":".join(("example", key, str(at[-1]), str(n))), entry.place_of((*at, n))


def _given(merged: Merged, parameters: Mapping[str, Any], mistakes: Mistakes) -> Given:
    """What rules name, each with the parameters, and what of it stands before, put in."""
    excuses: dict[str, Any] = {}
    anchors: dict[str, Any] = {}
    situations: dict[str, Any] = {}
    kinds = (
        ("excuse", merged.excuses, excuses),
        ("anchor", merged.anchors, anchors),
        ("situation", merged.situations, situations),
    )
    defined = {
        f"{kind}:{name}": (entry.file, entry.place_of().line)
        for kind, entries, _ in kinds
        for name, entry in entries.items()
    }
    given = Given(parameters, excuses, anchors, situations, defined)
    for kind, entries, done in kinds:
        for name, entry in entries.items():
            with mistakes.noted(f"{kind}:{name}"):
                done[name] = substitute(entry.file, entry.at, entry.data, given, name)
    return given


def _named(
    merged: Merged, given: Given, names: Names, mistakes: Mistakes
) -> Iterator[tuple[str, Entry, Near | Anchor | Check]]:
    """What has a name, decoded by itself: what is wrong with it is told where no rule uses it, too."""
    pieces: tuple[tuple[str, Mapping[str, Any], Mapping[str, Entry], type[Near] | type[Anchor]], ...] = (
        ("excuse", given.excuses, merged.excuses, Near),
        ("anchor", given.anchors, merged.anchors, Anchor),
    )
    for kind, all_given, entries, of in pieces:
        for name, data in all_given.items():
            entry = entries[name]
            with mistakes.noted(f"{kind}:{name}"):
                yield name, entry, decode(entry.file, entry.at, _filled(data, names.heard), of, name)
    for name, data in given.situations.items():
        entry = merged.situations[name]
        with mistakes.noted(f"situation:{name}"):
            yield name, entry, decode_check(entry.file, entry.at, _filled(data, names.heard), name)


def _rules(merged: Merged, heads: Heads, names: Names, given: Given, mistakes: Mistakes) -> Iterator[Rule]:
    """The rules that are on, with what fills their texts and their checks; none in which something is wrong."""
    for rule_id, entry in merged.rules.items():
        rule = None if rule_id in heads.disabled else _rule(entry, rule_id, names, given, mistakes)
        if rule is not None:
            yield rule if rule.name_en else msgspec.structs.replace(rule, name_en=rule.name)


def _rule(entry: Entry, rule_id: str, names: Names, given: Given, mistakes: Mistakes) -> Rule | None:
    file, data = entry.file, dict(entry.data)
    for key, value in entry.data.items():
        if key not in _WITH_PARAMETERS:
            data[key] = _filled(value, names.shown)
            continue
        del data[key]  # until all in it is found
        at = (*entry.at, key)
        with mistakes.noted():
            if value is None:
                line, todo = file.line_of(at), tell("fill_or_remove")
                raise refuse("field", file.name, line, tell("field_empty", field=key), todo, rule_id)
            data[key] = _filled(substitute(file, at, value, given, rule_id), names.heard)
    rule = decode_each(file, entry.at, data, Rule, mistakes, rule_id)
    return rule if len(data) == len(entry.data) else None


def _clauses(merged: Merged, mistakes: Mistakes) -> Iterator[Clause]:
    for name, entry in merged.clauses.items():
        clause = decode_each(entry.file, entry.at, entry.data, Clause, mistakes, name)
        if clause is not None:
            yield clause if clause.title_en else msgspec.structs.replace(clause, title_en=clause.title)
        else:
            mistakes.lose(f"clause:{name}")


def _observations(merged: Merged, names: Names, given: Given, mistakes: Mistakes) -> Iterator[ObservationRule]:
    """What is reported, filled as rules are; none in which something is wrong."""
    for name, entry in merged.observations.items():
        data, values = _filled(entry.data, names.shown), entry.data.get("values")
        if isinstance(values, list):
            data["values"] = []  # each is decoded by itself
        observation = decode_each(entry.file, entry.at, data, ObservationRule, mistakes, name)
        observed = []
        for i, value in enumerate(values if isinstance(values, list) else ()):
            observed.append(_observed(entry, value, (*entry.at, "values", i), name, names, given, mistakes))
        found = tuple(one for one in observed if one is not None)
        if observation is not None and len(found) == len(observed):
            yield msgspec.structs.replace(observation, values=found)


def _observed(
    entry: Entry, value: Any, at: Path_, name: str, names: Names, given: Given, mistakes: Mistakes
) -> ObservedValue | None:
    """One value of an observation."""
    data = _filled(value, names.shown)
    if isinstance(value, dict) and "check" in value:
        del data["check"]  # until all in it is found
        with mistakes.noted():
            check = substitute(entry.file, (*at, "check"), value["check"], given, name)
            data["check"] = _filled(check, names.heard)
        if "check" not in data:
            return None
    return decode_each(entry.file, at, data, ObservedValue, mistakes, name)


def _families(merged: Merged, names: Names, mistakes: Mistakes) -> Iterator[tuple[str, Family]]:
    for name, entry in merged.families.items():
        with mistakes.noted(f"family:{name}"):
            family = decode_each(entry.file, entry.at, _filled(entry.data, names.heard), Family, mistakes, name)
            if family is not None:
                yield name, _family(entry, family, names)
            else:
                mistakes.lose(f"family:{name}")


def _family(entry: Entry, family: Family, names: Names) -> Family:
    """A family, with the organisation's name in whole and in its short form, its ways of saying written out."""
    changes: dict[str, tuple[str, ...]] = {}
    if names.short != names.heard and _filled(entry.data, names.heard) != entry.data:
        other = decode(entry.file, entry.at, _filled(entry.data, names.short), Family)
        for key in (k for k in LISTS if k != "near_misses"):
            changes[key] = tuple(dict.fromkeys((*getattr(family, key), *getattr(other, key))))
        family = msgspec.structs.replace(family, **changes)
    if family.unnamed_frames and names.is_own:
        changes = {"weak_frames": (*family.weak_frames, *family.unnamed_frames), "unnamed_frames": ()}
    for key in ("forms", "also", "weak", "exclusions"):
        try:
            ways = [spoken_form(way) for form in getattr(family, key) for way in ways_of(form)]
        except WaysError as error:
            line, todo = entry.file.line_of((*entry.at, key)), tell("write_ways", most=MAX_WAYS)
            raise refuse("ways", entry.file.name, line, error.seen, todo, family.id) from None
        changes[key] = tuple(dict.fromkeys(ways))
    return msgspec.structs.replace(family, **changes)


def _filled(data: Any, fill: Mapping[str, str]) -> Any:
    if isinstance(data, str):
        for mark, words in fill.items():
            data = data.replace(mark, words)
        return data
    if isinstance(data, dict):
        return {k: _filled(v, fill) for k, v in data.items()}
    if isinstance(data, list):
        return [_filled(v, fill) for v in data]
    return data
