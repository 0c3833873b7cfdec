"""Loading a standard: read the pack and what it extends, merge, put profile and organisation in, check, hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from analyzer.rules.asked import phrases_asked, phrases_tried
from analyzer.rules.checks import Check
from analyzer.rules.checks.families import Family, Quoting
from analyzer.rules.checks.found import parts
from analyzer.rules.checks.rawhits import GAP
from analyzer.rules.decode import decode, decode_check, did_you_mean, substitute
from analyzer.rules.laying import LISTS, Entry, lay
from analyzer.rules.packcheck import check_references
from analyzer.rules.refusals import (
    NAMES,
    refuse_absent,
    refuse_in_head,
    refuse_unknown_marks,
    refuse_unnamed,
    refuse_unused,
)
from analyzer.rules.standard import (
    Clause,
    Complaint,
    Examples,
    ObservationRule,
    PackFile,
    Place,
    Rule,
    Scoring,
    Section,
    Standard,
)
from analyzer.rules.told import PackError, refuse, tell
from analyzer.rules.ways import MAX_WAYS, WaysError, ways_of
from analyzer.rules.yamlfile import YamlFile, read_yaml
from analyzer.speech.mandarin import simplify

SHIPPED = Path(__file__).resolve().parent.parent / "standards"
Piece = TypeVar("Piece", Scoring, Complaint, Quoting)
MAX_FILES = 200
MAX_EXTENDS = 5
_WITH_PARAMETERS = ("require", "forbid", "applies_when", "unless", "deduction", "weight")
_FILES, _FOLDERS = ("pack", "clauses", "observations"), ("clauses", "families", "rules")  # alone, and in folders
_BRACKETED = re.compile(r"[（(][^（）()]*[）)]")
_LEGAL_FORM = re.compile(r"(?<=..)(?:集团|控股|股份|有限|责任)*(?:总|分)?公司$|(?<=..)集团$")


@dataclass(slots=True)
class Merged:
    """Packs laid over each other, still raw."""

    heads: list[PackFile] = field(default_factory=list)
    written: list[YamlFile] = field(default_factory=list)  # each head as it was written
    clauses: dict[str, Entry] = field(default_factory=dict)
    families: dict[str, Entry] = field(default_factory=dict)
    rules: dict[str, Entry] = field(default_factory=dict)
    observations: dict[str, Entry] = field(default_factory=dict)
    situations: dict[str, Entry] = field(default_factory=dict)
    disabled: list[str] = field(default_factory=list)
    files: list[YamlFile] = field(default_factory=list)  # of packs that are not shipped
    named: set[str] = field(default_factory=set)  # "organisation", "greeting", when one of those sets it


def shipped_packs() -> tuple[str, ...]:
    """Names of the packs that come with the product."""
    return tuple(sorted(p.parent.name for p in SHIPPED.glob("*/pack.yaml")))


def find_pack(path_or_name: str | Path) -> Path:
    """The folder of a pack: a path, or the name of a shipped one.

    Raises:
        StandardError: `standard.missing`.
    """
    given = Path(path_or_name)
    if given.name == "pack.yaml" and given.is_file():
        return given.parent
    if (given / "pack.yaml").is_file():
        return given
    if len(given.parts) == 1 and (SHIPPED / given.name / "pack.yaml").is_file():
        return SHIPPED / given.name
    names = ", ".join(shipped_packs())
    raise PackError("standard.missing", tell("no_pack", folder=str(path_or_name)), tell("name_a_pack", names=names))


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
    merged = Merged()
    _lay(find_pack(path_or_name), merged, ())
    head = merged.heads[-1]
    return _resolve(merged, head, organisation, profile or "default")


def rules_as_written(path_or_name: str | Path) -> dict[str, Entry]:
    """A pack's rules and those of what it extends, each with where it is written.

    Raises:
        StandardError: with file, line, rule and what to mend.
    """
    merged = Merged()
    _lay(find_pack(path_or_name), merged, ())
    return merged.rules


def _lay(folder: Path, merged: Merged, below: tuple[Path, ...]) -> None:
    """Reads a pack over what it extends."""
    house = folder.resolve().parent != SHIPPED

    def read(name: str) -> YamlFile:
        file = read_yaml(folder / name, name)
        if house:
            merged.files.append(file)
        return file

    file = read("pack.yaml")
    head = decode(file, (), file.data, PackFile)
    if head.extends is not None:
        _lay(_extended(head.extends, file, folder, below), merged, (*below, folder.resolve()))
    _refuse_unread(folder)
    merged.heads.append(head)
    merged.written.append(file)
    if house:
        merged.named.update(name for name in NAMES if getattr(head, name))
    merged.situations |= {k: Entry(v, file, ("situations", k), head.id) for k, v in head.situations.items()}
    merged.disabled = [d for d in merged.disabled if d not in head.disable] + list(head.disable)
    if (folder / "clauses.yaml").exists():
        lay([read("clauses.yaml")], merged.clauses, head.id, "id")
    if (folder / "observations.yaml").exists():
        lay([read("observations.yaml")], merged.observations, head.id, "name")
    for part, into in zip(_FOLDERS, (merged.clauses, merged.families, merged.rules), strict=True):
        files = sorted((folder / part).glob("*.yaml")) if (folder / part).is_dir() else []
        if len(files) > MAX_FILES:
            seen = tell("many_files", count=len(files), folder=part)
            raise PackError("standard.too_many_files", seen, tell("keep_at_most", most=MAX_FILES))
        lay([read(f"{part}/{path.name}") for path in files], into, head.id, "id")


def _extended(name: str, file: YamlFile, folder: Path, below: tuple[Path, ...]) -> Path:
    """The folder of the pack that one extends: beside it, or shipped."""
    line = file.line_of(("extends",))
    if Path(name).name != name or name in (".", ".."):
        raise refuse("extends", file.name, line, tell("extends_a_path", name=name), tell("extend_one_beside"))
    beside = folder.resolve().parent / name
    try:
        found = find_pack(beside if (beside / "pack.yaml").is_file() else name)
    except PackError as error:
        todo = tell("extend_one_of", names=", ".join(shipped_packs()))
        raise refuse("missing", file.name, line, error.said[0], todo) from None
    if found.resolve() in (*below, folder.resolve()) or len(below) + 1 >= MAX_EXTENDS:
        raise refuse("extends", file.name, line, tell("extends_itself", name=name), tell("break_circle"))
    return found


def _refuse_unread(folder: Path) -> None:
    """Refuses a pack with a file of rules, or the like, that would not be read: its rules would be off in silence."""
    inside = [path for kind in (*_FOLDERS, "observations") for path in (folder / kind).rglob("*")]
    for path in sorted([*folder.glob("*"), *inside]):
        name = path.relative_to(folder)
        kind, alone = Path(name.parts[0]).stem, len(name.parts) == 1
        if path.name.lower().endswith((".yaml.txt", ".yml.txt")):  # an editor's doing, its .txt not shown
            kind, path = Path(kind).stem, path.with_name(Path(path.stem).stem + ".txt")
        elif path.suffix.lower() not in (".yaml", ".yml"):
            continue
        if kind not in (*_FOLDERS, *_FILES):
            continue
        wanted = f"{kind}.yaml" if kind not in _FOLDERS or (alone and kind in _FILES) else f"{kind}/{path.stem}.yaml"
        if name.as_posix() != wanted:
            seen = tell("not_read", file=name.as_posix())
            raise PackError("standard.unread", seen, tell("rename_file", name=wanted), name.as_posix())


def _resolve(merged: Merged, head: PackFile, organisation: str | None, profile: str) -> Standard:
    sections: dict[str, Section] = {}
    parameters: dict[str, Any] = {}
    profiles: dict[str, str] = {"default": "默认"}
    values: dict[str, dict[str, Any]] = {}
    dropped: dict[str, list[str]] = {}
    scoring, complaint, quoting = Scoring(), Complaint(), Quoting()
    default_organisation = default_greeting = ""
    for pack, file in zip(merged.heads, merged.written, strict=True):
        refuse_in_head(pack, file, merged.families)
        sections.update((s.id, s) for s in pack.sections)
        refuse_absent(pack.disable, file, ("disable",), merged.rules)
        if pack.extends is not None:
            refuse_unused(pack, file, parameters, merged.files)
        parameters.update((k, p.value) for k, p in pack.parameters.items())
        for name, one in pack.profiles.items():
            profiles[name] = one.name
            for key in (k for k in one.parameters if k not in parameters):
                line = file.line_of(("profiles", name, "parameters", key))
                todo = did_you_mean(key, parameters) or tell("define_parameter")
                seen = tell("profile_sets_none", profile=name, name=key)
                raise refuse("parameter", file.name, line, seen, todo)
            refuse_absent(one.disable, file, ("profiles", name, "disable"), merged.rules)
            values.setdefault(name, {}).update(one.parameters)
            dropped.setdefault(name, []).extend(one.disable)
        scoring = _laid_over(scoring, pack.scoring, file.data.get("scoring"))
        complaint = _laid_over(complaint, pack.complaint, file.data.get("complaint"))
        quoting = _laid_over(quoting, pack.quoting, file.data.get("quoting"))
        default_organisation = pack.organisation or default_organisation
        default_greeting = pack.greeting or default_greeting
    if profile not in profiles:
        todo = tell("use_one_of", names=", ".join(profiles))
        raise PackError("standard.profile", tell("no_profile", name=profile), todo)
    parameters.update(values.get(profile, {}))
    name = organisation or default_organisation
    greeting = default_greeting
    if default_organisation:
        greeting = greeting.replace(default_organisation, "{organisation}")

    refuse_unnamed(merged.files, merged.named | ({"organisation"} if organisation else set()))
    refuse_unknown_marks(merged.files)
    shown = {"{organisation}": name, "{greeting}": greeting.replace("{organisation}", name)}
    heard = {mark: spoken_form(words) for mark, words in shown.items()}  # its ( and | are no choice and no pattern

    off = {*merged.disabled, *dropped.get(profile, ())}
    situations = _situations(merged.situations, parameters)
    checks: dict[str, Check] = {
        k: decode_check(e.file, e.at, _filled(situations[k], heard), k) for k, e in merged.situations.items()
    }
    rules = tuple(_rule(e, k, parameters, (shown, heard), situations) for k, e in merged.rules.items() if k not in off)
    named = bool(organisation) or "organisation" in merged.named
    short = {mark: spoken_form(words.replace(name, _short(name))) for mark, words in shown.items()}
    families = {k: _family(e, k, heard, short, named) for k, e in merged.families.items()}
    clauses = tuple(decode(e.file, e.at, e.data, Clause, k) for k, e in merged.clauses.items())
    observations = tuple(_observation(e, k, parameters, situations) for k, e in merged.observations.items())
    places = {
        f"{kind}:{key}": entry.place
        for kind, entries in (("rule", merged.rules), ("family", merged.families), ("clause", merged.clauses))
        for key, entry in entries.items()
    }
    places.update(_examples_written({r.id: merged.rules[r.id] for r in rules}))
    standard = Standard(
        id=head.id,
        version=head.version,
        name=head.name,
        name_en=head.name_en,
        sha256="",
        profile=profile,
        profile_name=profiles[profile],
        profiles=tuple(profiles),
        organisation=name,
        greeting=shown["{greeting}"],
        sections=tuple(sections.values()),
        scoring=scoring,
        parameters=dict(sorted(parameters.items())),
        complaint=complaint,
        quoting=quoting,
        clauses=clauses,
        families=families,
        phrases=(),
        tried=(),
        rules=rules,
        observations=observations,
        disabled=tuple(sorted(off)),
        packs=tuple(f"{h.id} {h.version}" for h in merged.heads),
        places=places,
    )
    check_references(standard, merged.rules, merged.families, merged.observations, merged.situations, checks)
    phrases, tried = phrases_asked(standard), phrases_tried(standard)
    return replace(standard, phrases=phrases, tried=tried, sha256=content_hash(standard))


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


def _situations(entries: dict[str, Entry], parameters: dict[str, Any]) -> dict[str, Any]:
    """Each situation's check, with parameters and the situations before it put in."""
    done: dict[str, Any] = {}
    for name, entry in entries.items():
        done[name] = substitute(entry.file, entry.at, entry.data, parameters, name, done)
    return done


def _rule(
    entry: Entry,
    rule_id: str,
    parameters: dict[str, Any],
    fill: tuple[dict[str, str], dict[str, str]],
    situations: dict[str, Any],
) -> Rule:
    """A rule, with what fills its texts and what fills its checks."""
    shown, heard = fill
    data = {key: value if key in _WITH_PARAMETERS else _filled(value, shown) for key, value in entry.data.items()}
    for key in (k for k in _WITH_PARAMETERS if k in data):
        if data[key] is None:
            line, seen = entry.file.line_of((*entry.at, key)), tell("field_empty", field=key)
            raise refuse("field", entry.file.name, line, seen, tell("fill_or_remove"), rule_id)
        given = substitute(entry.file, (*entry.at, key), data[key], parameters, rule_id, situations)
        data[key] = _filled(given, heard)
    return decode(entry.file, entry.at, data, Rule, rule_id)


def _observation(entry: Entry, name: str, parameters: dict[str, Any], situations: dict[str, Any]) -> ObservationRule:
    data = substitute(entry.file, entry.at, entry.data, parameters, name, situations)
    return decode(entry.file, entry.at, data, ObservationRule, name)


def _short(name: str) -> str:
    """An organisation's name as people say it: without its legal form and what stands in brackets."""
    said = spoken_form(_BRACKETED.sub("", name))
    return _LEGAL_FORM.sub("", said) or said


def _family(entry: Entry, name: str, heard: dict[str, str], short: dict[str, str], named: bool) -> Family:
    """A family, with the organisation's name in whole and in its short form; whether any but our example's is set."""
    filled = _filled(entry.data, heard)
    family = decode(entry.file, entry.at, filled, Family, name)
    changes: dict[str, tuple[str, ...]] = {}
    if short != heard and filled != entry.data:
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
