"""What the heads of packs laid over each other say: sections, parameters, scoring, the organisation, what is off."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import msgspec

from analyzer.rules.checks.families import Quoting
from analyzer.rules.decode import decode
from analyzer.rules.mistakes import Mistakes
from analyzer.rules.reading import Merged
from analyzer.rules.refusals import absent, in_head, unset, unused
from analyzer.rules.standard import Complaint, PackFile, Scoring, Section
from analyzer.rules.told import PackError, tell
from analyzer.rules.ways import spoken_form
from analyzer.rules.yamlfile import YamlFile

_Piece = TypeVar("_Piece", Scoring, Complaint, Quoting)
_BRACKETED = re.compile(r"[（(][^（）()]*[）)]")
_LEGAL_FORM = re.compile(r"(?<=..)(?:集团|控股|股份|有限|责任)*(?:总|分)?公司$|(?<=..)集团$")


@dataclass(frozen=True)
class Names:
    """What stands in a pack's texts for the organisation's name and its greeting.

    Args:
        organisation: as agents say it.
        shown: by mark, for people to read.
        heard: by mark, as it is searched for: without `(` and `|`, which would be choices.
        short: that with the name as people say it, without its legal form.
        is_own: whether it is any but our example's.
    """

    organisation: str
    shown: Mapping[str, str]
    heard: Mapping[str, str]
    short: Mapping[str, str]
    is_own: bool


@dataclass(frozen=True)
class Heads:
    """The heads, each laid over those of the packs that it extends.

    Args:
        sections: by name.
        parameters: those of the profile put in.
        profiles: what people read, by name.
        scoring, complaint, quoting: laid over each other.
        disabled: rules that are off, in the profile or at all.
        organisation: the last one named.
        greeting: with that organisation's name in it.
    """

    sections: dict[str, Section] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    profiles: dict[str, str] = field(default_factory=lambda: {"default": "默认"})
    scoring: Scoring = field(default_factory=Scoring)
    complaint: Complaint = field(default_factory=Complaint)
    quoting: Quoting = field(default_factory=Quoting)
    disabled: frozenset[str] = frozenset()
    organisation: str = ""
    greeting: str = ""


def heads_of(merged: Merged, profile: str, mistakes: Mistakes) -> Heads:
    """What the packs' heads say.

    Args:
        merged: the packs.
        profile: the set of thresholds.
        mistakes: where what is wrong is noted.

    Raises:
        EnoughError: too much is wrong.
    """
    heads = Heads()
    values: dict[str, Any] = {}
    off = set(merged.disabled)
    for pack, file in zip(merged.heads, merged.written, strict=True):
        mistakes.add_all(in_head(pack, file, merged.families))
        mistakes.add_all(absent(pack.disable, file, ("disable",), merged.rules))
        if pack.extends is not None:
            mistakes.add_all(unused(pack, file, heads.parameters, merged.files))
        heads = _with(heads, pack, file, mistakes)
        for name, one in pack.profiles.items():
            mistakes.add_all(unset(name, one.parameters, file, heads.parameters))
            mistakes.add_all(absent(one.disable, file, ("profiles", name, "disable"), merged.rules))
        if (chosen := pack.profiles.get(profile)) is not None:
            values.update(chosen.parameters)
            off.update(chosen.disable)
    if profile not in heads.profiles:
        seen, todo = tell("no_profile", name=profile), tell("use_one_of", names=", ".join(heads.profiles))
        mistakes.add(PackError("standard.profile", seen, todo, lacks="parameter"))
    return replace(heads, parameters=heads.parameters | values, disabled=frozenset(off))


def _with(heads: Heads, pack: PackFile, file: YamlFile, mistakes: Mistakes) -> Heads:
    """One more head over the others."""
    return replace(
        heads,
        sections=_sections(heads.sections, pack, file, mistakes),
        parameters=heads.parameters | {k: p.value for k, p in pack.parameters.items()},
        profiles=heads.profiles | {name: one.name for name, one in pack.profiles.items()},
        scoring=_laid_over(heads.scoring, pack.scoring, file.data.get("scoring")),
        complaint=_laid_over(heads.complaint, pack.complaint, file.data.get("complaint")),
        quoting=_laid_over(heads.quoting, pack.quoting, file.data.get("quoting")),
        organisation=pack.organisation or heads.organisation,
        greeting=pack.greeting or heads.greeting,
    )


def _sections(ours: Mapping[str, Section], pack: PackFile, file: YamlFile, mistakes: Mistakes) -> dict[str, Section]:
    """The sections with those of one more head: what it doesn't give of one stays as it was."""
    sections = dict(ours)
    for i, one in enumerate(pack.sections):
        given = {name: value for name, value in msgspec.structs.asdict(one).items() if value is not msgspec.UNSET}
        if one.id in sections:
            sections[one.id] = msgspec.structs.replace(sections[one.id], **given)
        elif not mistakes.has_lost(f"section:{one.id}"):
            with mistakes.noted(f"section:{one.id}"):
                new = decode(file, ("sections", i), given, Section)
                sections[one.id] = new if new.name_en else msgspec.structs.replace(new, name_en=new.name)
    return sections


def names_of(heads: Heads, organisation: str | None, is_named: bool) -> Names:
    """The organisation's name and greeting, put into words.

    Args:
        heads: of the packs.
        organisation: its name as agents say it; None: the packs' own.
        is_named: whether a house pack names it.
    """
    name, greeting = organisation or heads.organisation, heads.greeting
    if heads.organisation:
        greeting = greeting.replace(heads.organisation, "{organisation}")
    shown = {"{organisation}": name, "{greeting}": greeting.replace("{organisation}", name)}
    heard = {mark: spoken_form(words) for mark, words in shown.items()}
    short = {mark: spoken_form(words.replace(name, _short(name))) for mark, words in shown.items()}
    return Names(name, shown, heard, short, bool(organisation) or is_named)


def _short(name: str) -> str:
    """An organisation's name as people say it: without its legal form and what stands in brackets."""
    said = spoken_form(_BRACKETED.sub("", name))
    return _LEGAL_FORM.sub("", said) or said


def _laid_over(ours: _Piece, house: _Piece | None, given: dict[str, Any] | None) -> _Piece:
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
