"""A pack's items laid over those of the pack it extends: added, or changed by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analyzer.rules.decode import did_you_mean
from analyzer.rules.mistakes import Mistakes
from analyzer.rules.refusals import NAMES
from analyzer.rules.standard import Place
from analyzer.rules.told import refuse, tell
from analyzer.rules.yamlfile import Path_, YamlFile

LISTS = (
    "forms", "also", "weak", "frames", "weak_frames", "unnamed_frames", "except_frames", "exclusions", "near_misses",
)  # fmt: skip


@dataclass(slots=True)
class Entry:
    """One raw item of a pack with where it stands."""

    data: dict[str, Any]
    file: YamlFile
    at: Path_
    pack: str

    @property
    def place(self) -> Place:
        """For people."""
        return Place(self.pack, self.file.name, self.file.line_of(self.at))


def lay(files: Sequence[YamlFile], into: dict[str, Entry], pack: str, kind: str, mistakes: Mistakes) -> None:
    """Lays the items of a pack's files over what is there; what changes another comes last, whatever its file's name.

    Args:
        files: each a list of items.
        into: what is there, by id, or by name where it is observations.
        pack: the id of the pack.
        kind: of the items: "rule", "family", …
        mistakes: where it is noted what can't be laid.
    """
    for changes in (False, True):
        for file in files:
            with mistakes.noted(kind):
                _lay_list(file, into, pack, kind, changes, mistakes)


def _lay_list(file: YamlFile, into: dict[str, Entry], pack: str, kind: str, changes: bool, mistakes: Mistakes) -> None:
    key = "name" if kind == "observation" else "id"
    if file.data is None:
        return
    if not isinstance(file.data, list):
        raise refuse("field", file.name, 1, tell("no_list"), tell("write_items", key=key))
    for i, item in enumerate(file.data):
        is_change = isinstance(item, dict) and "change" in item
        name = item.get("change" if is_change else key) if isinstance(item, dict) else None
        with mistakes.noted(f"{kind}:{name}" if isinstance(name, (str, int, float)) else kind):
            if is_change and changes:
                _change(file, i, item, into, pack, (kind, key))
            elif not is_change and not changes:
                _add(file, i, item, into, pack, key)


def _add(file: YamlFile, i: int, item: Any, into: dict[str, Entry], pack: str, key: str) -> None:
    """Lays a new item beside what is there."""
    line = file.line_of((i,))
    if not isinstance(item, dict):
        raise refuse("field", file.name, line, tell("no_mapping"), tell("begin_with", key=key))
    name = item.get(key)
    if isinstance(name, (int, float)):
        todo = tell("quote", text=f'"{name}"')
        raise refuse("field", file.name, line, tell("name_no_text", key=key, name=name), todo)
    if not isinstance(name, str) or not name:
        raise refuse("field", file.name, line, tell("no_name", key=key), tell("give_name", key=key))
    if mark := next((mark for mark in map("{{{}}}".format, NAMES) if mark in name), None):
        seen, todo = tell("name_with_mark", key=key, name=name), tell("take_out", mark=mark)
        raise refuse("field", file.name, line, seen, todo)
    old = into.get(name)
    if old is not None:
        seen, todo = tell("there_already", name=name, file=old.file.name, line=old.place.line), tell("rename")
        if old.pack != pack:
            seen = tell("theirs_already", name=name, pack=old.pack, file=old.file.name, line=old.place.line)
            todo = tell("change_or_rename", name=name, key=key)
        raise refuse("twice", file.name, line, seen, todo, name)
    into[name] = Entry(item, file, (i,), pack)


def _change(
    file: YamlFile, i: int, item: dict[str, Any], into: dict[str, Entry], pack: str, named: tuple[str, str]
) -> None:
    """Lays a `change:` item over what it changes: given fields replace, `add_…` lists are appended."""
    name, line, (kind, key) = item["change"], file.line_of((i,)), named
    old = into.get(name) if isinstance(name, str) else None
    if old is None:
        todo = did_you_mean(str(name), into) or tell("name_theirs")
        seen = tell("nothing_to_change", name=str(name))
        raise refuse("change", file.name, line, seen, todo, lacks=f"{kind}:{name}")
    if key in item:
        seen, todo = tell("change_with_name", name=name, key=key), tell("take_name_away", name=name, key=key)
        raise refuse("change", file.name, file.line_of((i, key)), seen, todo, name)
    data = dict(old.data)
    for k, v in item.items():
        if k == "change":
            continue
        plain = k.removeprefix("add_")
        if k.startswith("add_") and plain in LISTS:
            if not isinstance(v, list):
                seen = tell("field_no_list", field=k)
                raise refuse("field", file.name, file.line_of((i, k)), seen, tell("write_list"))
            before = data.get(plain) or []
            data[plain] = [*before, *v]
            for n in range(len(v)):
                file.lines[i, plain, len(before) + n] = file.line_of((i, k, n))
        elif k == "add_examples":
            data["examples"] = _with_examples(file, i, v, data.get("examples") or {}, name)
        else:
            data[k] = v
    if "forbid" in item:
        data.pop("require", None)
    if "require" in item:
        data.pop("forbid", None)
    into[name] = Entry(data, file, (i,), pack)


def _with_examples(file: YamlFile, i: int, added: Any, ours: dict[str, Any], name: str) -> dict[str, Any]:
    """A rule's example calls with those that a change adds, by the verdict they are of."""
    at: Path_ = (i, "add_examples")
    if not isinstance(added, dict):
        seen = tell("field_no_mapping", field="add_examples")
        raise refuse("field", file.name, file.line_of(at), seen, tell("write_verdicts"), name)
    out = dict(ours)
    for kind, calls in added.items():
        if not isinstance(calls, list):
            seen = tell("field_no_list", field=kind)
            raise refuse("field", file.name, file.line_of((*at, kind)), seen, tell("write_list"), name)
        before = out.get(kind) or []
        out[kind] = [*before, *calls]
        file.lines[i, "examples", kind] = file.line_of((*at, kind))
        for n in range(len(calls)):
            file.lines[i, "examples", kind, len(before) + n] = file.line_of((*at, kind, n))
    return out
