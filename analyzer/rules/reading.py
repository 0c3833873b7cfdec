"""Reading a pack and what it extends: every file once, its items laid over those of the packs below, still raw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from analyzer.rules.decode import faultless
from analyzer.rules.laying import Entry, lay
from analyzer.rules.mistakes import Mistakes
from analyzer.rules.refusals import NAMES
from analyzer.rules.standard import PackFile
from analyzer.rules.told import PackError, refuse, tell
from analyzer.rules.yamlfile import YamlFile, read_yaml

SHIPPED = Path(__file__).resolve().parent.parent / "standards"
MAX_FILES = 200
MAX_EXTENDS = 5
_ALONE, _FOLDERS = ("pack", "clauses", "observations"), ("clauses", "families", "rules")  # files, and folders of them
_KINDS = {"clauses": "clause", "families": "family", "rules": "rule", "observations": "observation"}
# what is lost with a part of pack.yaml
_OF_HEAD = ("parameter", "excuse", "anchor", "situation", "section", "name", "text")
_ALL = (*_OF_HEAD, *_KINDS.values())


@dataclass(slots=True)
class Merged:
    """Packs laid over each other, still raw."""

    heads: list[PackFile] = field(default_factory=list)
    written: list[YamlFile] = field(default_factory=list)  # each head as it was written
    clauses: dict[str, Entry] = field(default_factory=dict)
    families: dict[str, Entry] = field(default_factory=dict)
    rules: dict[str, Entry] = field(default_factory=dict)
    observations: dict[str, Entry] = field(default_factory=dict)
    excuses: dict[str, Entry] = field(default_factory=dict)
    anchors: dict[str, Entry] = field(default_factory=dict)
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
        PackError: `standard.missing`.
    """
    given = Path(path_or_name)
    if given.name == "pack.yaml" and _is_file(given):
        return given.parent
    if _is_file(given / "pack.yaml"):
        return given
    if len(given.parts) == 1 and _is_file(SHIPPED / given.name / "pack.yaml"):
        return SHIPPED / given.name
    names = ", ".join(shipped_packs())
    raise PackError("standard.missing", tell("no_pack", folder=str(path_or_name)), tell("name_a_pack", names=names))


def _is_file(path: Path) -> bool:
    """Whether there is such a file; none has a name that is too long, or a folder that may not be looked into."""
    try:
        return path.is_file()
    except OSError:
        return False


def read_pack(path_or_name: str | Path, mistakes: Mistakes) -> Merged:
    """Reads a pack over what it extends.

    Args:
        path_or_name: a pack's folder, or a shipped pack's name.
        mistakes: where what is wrong is noted.

    Raises:
        PackError: there is no such pack.
        EnoughError: too much is wrong.
    """
    merged = Merged()
    _lay(find_pack(path_or_name), merged, mistakes, ())
    return merged


def _lay(folder: Path, merged: Merged, mistakes: Mistakes, below: tuple[Path, ...]) -> None:
    house = folder.resolve().parent != SHIPPED

    def read(name: str, *lost: str) -> YamlFile:
        file = YamlFile(name, None)
        with mistakes.noted(*lost, "text"):
            file = read_yaml(folder / name, name)
        if house:
            merged.files.append(file)
        return file

    file = read("pack.yaml", *_ALL)
    head = _head(file, mistakes)
    if head.extends is not None:
        with mistakes.noted(*_ALL):
            _lay(_extended(head.extends, file, folder, below), merged, mistakes, (*below, folder.resolve()))
    for error in _unread(folder):
        mistakes.lose(_KINDS.get(error.file.split("/")[0].split(".")[0], "name"), "text")
        mistakes.add(error)
    merged.heads.append(head)
    merged.written.append(file)
    if house:
        merged.named.update(name for name in NAMES if getattr(head, name))
    merged.excuses |= {k: Entry(v, file, ("excuses", k), head.id) for k, v in head.excuses.items()}
    merged.anchors |= {k: Entry(v, file, ("anchors", k), head.id) for k, v in head.anchors.items()}
    merged.situations |= {k: Entry(v, file, ("situations", k), head.id) for k, v in head.situations.items()}
    merged.disabled = [d for d in merged.disabled if d not in head.disable] + list(head.disable)
    for part, into in (("clauses", merged.clauses), ("observations", merged.observations)):
        if (folder / f"{part}.yaml").exists():
            lay([read(f"{part}.yaml", _KINDS[part])], into, head.id, _KINDS[part], mistakes)
    for part, into in zip(_FOLDERS, (merged.clauses, merged.families, merged.rules), strict=True):
        names = sorted(path.name for path in (folder / part).glob("*.yaml")) if (folder / part).is_dir() else []
        if len(names) > MAX_FILES:
            mistakes.lose(_KINDS[part], "text")
            seen = tell("many_files", count=len(names), folder=part)
            mistakes.add(PackError("standard.too_many_files", seen, tell("keep_at_most", most=MAX_FILES), part))
            continue
        lay([read(f"{part}/{name}", _KINDS[part]) for name in names], into, head.id, _KINDS[part], mistakes)


def _head(file: YamlFile, mistakes: Mistakes) -> PackFile:
    """What `pack.yaml` holds, without what is wrong in it."""
    if file.data is None and not file.lines and mistakes.has_lost("clause"):  # it could not be read
        file.data = {}
        return PackFile(id="", version="", name="")
    given = faultless(file, (), file.data, PackFile, mistakes)
    if given is not file.data:
        mistakes.lose(*(_OF_HEAD if "extends" in given else _ALL))
        file.data = given
    nameless = {"id": "", "version": "", "name": ""}
    try:
        return msgspec.convert(nameless | given, PackFile)
    except (msgspec.ValidationError, RecursionError):
        return msgspec.convert(nameless, PackFile)


def _extended(name: str, file: YamlFile, folder: Path, below: tuple[Path, ...]) -> Path:
    """The folder of the pack that one extends: beside it, or shipped."""
    line = file.line_of(("extends",))
    if Path(name).name != name or name in (".", ".."):
        raise refuse("extends", file.name, line, tell("extends_a_path", name=name), tell("extend_one_beside"))
    beside = folder.resolve().parent / name
    try:
        found = find_pack(beside if _is_file(beside / "pack.yaml") else name)
    except PackError as error:
        todo = tell("extend_one_of", names=", ".join(shipped_packs()))
        raise refuse("missing", file.name, line, error.said[0], todo) from None
    if found.resolve() in (*below, folder.resolve()) or len(below) + 1 >= MAX_EXTENDS:
        raise refuse("extends", file.name, line, tell("extends_itself", name=name), tell("break_circle"))
    return found


def _unread(folder: Path) -> Iterator[PackError]:
    """Files of rules, or the like, that would not be read: their rules would be off in silence."""
    inside = [path for kind in (*_FOLDERS, "observations") for path in (folder / kind).rglob("*")]
    for path in sorted([*folder.glob("*"), *inside]):
        name = path.relative_to(folder)
        kind, alone = Path(name.parts[0]).stem, len(name.parts) == 1
        if path.name.lower().endswith((".yaml.txt", ".yml.txt")):  # an editor's doing, its .txt not shown
            kind, path = Path(kind).stem, path.with_name(Path(path.stem).stem + ".txt")
        elif path.suffix.lower() not in (".yaml", ".yml"):
            continue
        if kind not in (*_FOLDERS, *_ALONE):
            continue
        wanted = f"{kind}.yaml" if kind not in _FOLDERS or (alone and kind in _ALONE) else f"{kind}/{path.stem}.yaml"
        if name.as_posix() != wanted:
            seen, todo = tell("not_read", file=name.as_posix()), tell("rename_file", name=wanted)
            yield PackError("standard.unread", seen, todo, name.as_posix())
