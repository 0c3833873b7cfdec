"""Loading a standard: packs that were read, with profile and organisation put in, decoded, checked and hashed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from analyzer.rules.asked import patterns_asked, phrases_asked, phrases_tried
from analyzer.rules.checks import Check
from analyzer.rules.checks.families import Family, Quoting
from analyzer.rules.checks.found import parts
from analyzer.rules.checks.rawhits import GAP
from analyzer.rules.decode import decode, decode_check, decode_each, substitute
from analyzer.rules.laying import LISTS, Entry
from analyzer.rules.mistakes import EnoughError, Mistakes
from analyzer.rules.packcheck import wrong_references
from analyzer.rules.reading import Merged, read_pack
from analyzer.rules.refusals import absent, in_head, unknown_marks, unnamed, unset, unused
from analyzer.rules.standard import (
    Clause,
    Complaint,
    Examples,
    ObservationRule,
    Place,
    Rule,
    Scoring,
    Section,
    Standard,
)
from analyzer.rules.told import PackError, refuse, tell
from analyzer.rules.ways import MAX_WAYS, WaysError, ways_of
from analyzer.speech.mandarin import simplify

Piece = TypeVar("Piece", Scoring, Complaint, Quoting)
_WITH_PARAMETERS = ("require", "forbid", "applies_when", "unless", "deduction", "weight")
_BRACKETED = re.compile(r"[（(][^（）()]*[）)]")
_LEGAL_FORM = re.compile(r"(?<=..)(?:集团|控股|股份|有限|责任)*(?:总|分)?公司$|(?<=..)集团$")


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
    sections: dict[str, Section] = {}
    parameters: dict[str, Any] = {}
    profiles: dict[str, str] = {"default": "默认"}
    values: dict[str, dict[str, Any]] = {}
    dropped: dict[str, list[str]] = {}
    scoring, complaint, quoting = Scoring(), Complaint(), Quoting()
    default_organisation = default_greeting = ""
    for pack, file in zip(merged.heads, merged.written, strict=True):
        mistakes.add_all(in_head(pack, file, merged.families))
        sections.update((s.id, s) for s in pack.sections)
        mistakes.add_all(absent(pack.disable, file, ("disable",), merged.rules))
        if pack.extends is not None:
            mistakes.add_all(unused(pack, file, parameters, merged.files))
        parameters.update((k, p.value) for k, p in pack.parameters.items())
        for name, one in pack.profiles.items():
            profiles[name] = one.name
            mistakes.add_all(unset(name, one.parameters, file, parameters))
            mistakes.add_all(absent(one.disable, file, ("profiles", name, "disable"), merged.rules))
            values.setdefault(name, {}).update(one.parameters)
            dropped.setdefault(name, []).extend(one.disable)
        scoring = _laid_over(scoring, pack.scoring, file.data.get("scoring"))
        complaint = _laid_over(complaint, pack.complaint, file.data.get("complaint"))
        quoting = _laid_over(quoting, pack.quoting, file.data.get("quoting"))
        default_organisation = pack.organisation or default_organisation
        default_greeting = pack.greeting or default_greeting
    if profile not in profiles:
        seen, todo = tell("no_profile", name=profile), tell("use_one_of", names=", ".join(profiles))
        mistakes.add(PackError("standard.profile", seen, todo, lacks="parameter"))
    parameters.update(values.get(profile, {}))
    name = organisation or default_organisation
    greeting = default_greeting
    if default_organisation:
        greeting = greeting.replace(default_organisation, "{organisation}")

    mistakes.add_all(unnamed(merged.files, merged.named | ({"organisation"} if organisation else set())))
    mistakes.add_all(unknown_marks(merged.files))
    shown = {"{organisation}": name, "{greeting}": greeting.replace("{organisation}", name)}
    heard = {mark: spoken_form(words) for mark, words in shown.items()}  # its ( and | are no choice and no pattern

    off = {*merged.disabled, *dropped.get(profile, ())}
    situations = _situations(merged.situations, parameters, mistakes)
    checks: dict[str, Check] = {}
    for k, situation in situations.items():
        entry = merged.situations[k]
        with mistakes.noted(f"situation:{k}"):
            checks[k] = decode_check(entry.file, entry.at, _filled(situation, heard), k)
    written = {k: e for k, e in merged.rules.items() if k not in off}
    made = (_rule(e, k, parameters, (shown, heard), situations, mistakes) for k, e in written.items())
    rules = tuple(rule for rule in made if rule is not None)
    is_named = bool(organisation) or "organisation" in merged.named
    short = {mark: spoken_form(words.replace(name, _short(name))) for mark, words in shown.items()}
    families: dict[str, Family] = {}
    for k, e in merged.families.items():
        with mistakes.noted(f"family:{k}"):
            family = decode_each(e.file, e.at, _filled(e.data, heard), Family, mistakes, k)
            if family is not None:
                families[k] = _family(e, family, heard, short, is_named)
            else:
                mistakes.lose(f"family:{k}")
    clauses: list[Clause] = []
    for k, e in merged.clauses.items():
        clause = decode_each(e.file, e.at, e.data, Clause, mistakes, k)
        if clause is None:
            mistakes.lose(f"clause:{k}")
        else:
            clauses.append(clause)
    observations: list[ObservationRule] = []
    for k, e in merged.observations.items():
        with mistakes.noted():
            observations.append(_observation(e, k, parameters, situations))
    places = {
        f"{kind}:{key}": entry.place
        for kind, entries in (("rule", merged.rules), ("family", merged.families), ("clause", merged.clauses))
        for key, entry in entries.items()
    }
    places.update(_examples_written({r.id: merged.rules[r.id] for r in rules}))
    head = merged.heads[-1]
    standard = Standard(
        id=head.id,
        version=head.version,
        name=head.name,
        name_en=head.name_en,
        sha256="",
        profile=profile,
        profile_name=profiles.get(profile, profile),
        profiles=tuple(profiles),
        organisation=name,
        greeting=shown["{greeting}"],
        sections=tuple(sections.values()),
        scoring=scoring,
        parameters=dict(sorted(parameters.items())),
        complaint=complaint,
        quoting=quoting,
        clauses=tuple(clauses),
        families=families,
        phrases=(),
        patterns=(),
        tried=(),
        rules=rules,
        observations=tuple(observations),
        disabled=tuple(sorted(off)),
        packs=tuple(f"{h.id} {h.version}" for h in merged.heads),
        places=places,
    )
    raw = merged.rules, merged.families, merged.observations, merged.situations
    mistakes.add_all(wrong_references(standard, *raw, checks))
    if mistakes.found:
        return standard
    phrases, patterns, tried = phrases_asked(standard), patterns_asked(standard), phrases_tried(standard)
    return replace(standard, phrases=phrases, patterns=patterns, tried=tried, sha256=content_hash(standard))


def _laid_over(ours: Piece, house: Piece | None, given: dict[str, Any] | None) -> Piece:
    """A piece of a pack over that of the extended one: lists are added, tables updated, other given fields replaced."""
    if house is None or not given:
        return ours
    changes: dict[str, Any] = {}
    for name in given:
        old: Any = getattr(ours, name)
        new: Any = getattr(house, name)
        if isinstance(old, tuple):
            new = tuple(dict.fromkeys((*old, *new)))
        changes[name] = old | new if isinstance(old, dict) else new
    return msgspec.structs.replace(ours, **changes)


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


def _examples_written(rules: dict[str, Entry]) -> Iterator[tuple[str, Place]]:
    """Where each example call of a rule stands."""
    for rule, entry in rules.items():
        for kind, texts in entry.data.get("examples", {}).items():
            for n in range(len(texts)):
                line = entry.file.line_of((*entry.at, "examples", kind, n))
                yield f"example:{rule}:{kind}:{n}", Place(entry.pack, entry.file.name, line)


def _situations(entries: dict[str, Entry], parameters: dict[str, Any], mistakes: Mistakes) -> dict[str, Any]:
    """Each situation's check, with parameters and the situations before it put in."""
    done: dict[str, Any] = {}
    for name, entry in entries.items():
        with mistakes.noted(f"situation:{name}"):
            done[name] = substitute(entry.file, entry.at, entry.data, parameters, name, done)
    return done


def _rule(
    entry: Entry,
    rule_id: str,
    parameters: dict[str, Any],
    fill: tuple[dict[str, str], dict[str, str]],
    situations: dict[str, Any],
    mistakes: Mistakes,
) -> Rule | None:
    """A rule, with what fills its texts and what fills its checks; None where something in it is wrong."""
    shown, heard = fill
    file, data = entry.file, dict(entry.data)
    for key, value in entry.data.items():
        if key not in _WITH_PARAMETERS:
            data[key] = _filled(value, shown)
            continue
        del data[key]  # until all in it is found
        at = (*entry.at, key)
        with mistakes.noted():
            if value is None:
                line, todo = file.line_of(at), tell("fill_or_remove")
                raise refuse("field", file.name, line, tell("field_empty", field=key), todo, rule_id)
            data[key] = _filled(substitute(file, at, value, parameters, rule_id, situations), heard)
    rule = decode_each(file, entry.at, data, Rule, mistakes, rule_id)
    if rule is None or len(data) < len(entry.data):
        return None
    return rule if rule.name_en else msgspec.structs.replace(rule, name_en=rule.name)


def _observation(entry: Entry, name: str, parameters: dict[str, Any], situations: dict[str, Any]) -> ObservationRule:
    data = substitute(entry.file, entry.at, entry.data, parameters, name, situations)
    return decode(entry.file, entry.at, data, ObservationRule, name)


def _short(name: str) -> str:
    """An organisation's name as people say it: without its legal form and what stands in brackets."""
    said = spoken_form(_BRACKETED.sub("", name))
    return _LEGAL_FORM.sub("", said) or said


def _family(entry: Entry, family: Family, heard: dict[str, str], short: dict[str, str], named: bool) -> Family:
    """A family, with the organisation's name in whole and in its short form; whether any but our example's is set."""
    changes: dict[str, tuple[str, ...]] = {}
    if short != heard and _filled(entry.data, heard) != entry.data:
        other = decode(entry.file, entry.at, _filled(entry.data, short), Family)
        for key in (k for k in LISTS if k != "near_misses"):
            changes[key] = tuple(dict.fromkeys((*getattr(family, key), *getattr(other, key))))
        family = msgspec.structs.replace(family, **changes)
    if family.unnamed_frames and named:
        changes = {"weak_frames": (*family.weak_frames, *family.unnamed_frames), "unnamed_frames": ()}
    for key in ("forms", "also", "weak", "exclusions"):
        try:
            ways = [spoken_form(way) for form in getattr(family, key) for way in ways_of(form)]
        except WaysError as error:
            line, todo = entry.file.line_of((*entry.at, key)), tell("write_ways", most=MAX_WAYS)
            raise refuse("ways", entry.file.name, line, error.seen, todo, family.id) from None
        changes[key] = tuple(dict.fromkeys(ways))
    return msgspec.structs.replace(family, **changes)


def spoken_form(form: str) -> str:
    """A phrase as it is searched for: letters and characters only, gaps kept as `…`."""
    return GAP.join("".join(c for c in piece if c.isalnum()) for piece in parts(simplify(form)))


def _filled(data: Any, fill: dict[str, str]) -> Any:
    if isinstance(data, str):
        for mark, words in fill.items():
            data = data.replace(mark, words)
        return data
    if isinstance(data, dict):
        return {k: _filled(v, fill) for k, v in data.items()}
    if isinstance(data, list):
        return [_filled(v, fill) for v in data]
    return data
