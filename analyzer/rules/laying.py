"""A pack's items laid over those of the pack it extends: added, or changed by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analyzer.rules.decode import did_you_mean
from analyzer.rules.refusals import NAMES
from analyzer.rules.standard import Place
from analyzer.rules.yamlfile import Path_, YamlFile, refuse

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


def lay(files: Sequence[YamlFile], into: dict[str, Entry], pack: str, key: str) -> None:
    """Lays the items of a pack's files over what is there; what changes another comes last, whatever its file's name.

    Args:
        files: each a list of items.
        into: what is there, by the items' `key`.
        pack: the id of the pack.
        key: the field that names an item.

    Raises:
        StandardError: with file, line, rule and what to mend.
    """
    for changes in (False, True):
        for file in files:
            _lay_list(file, into, pack, key, changes)


def _lay_list(file: YamlFile, into: dict[str, Entry], pack: str, key: str, changes: bool) -> None:
    if file.data is None:
        return
    if not isinstance(file.data, list):
        raise refuse(
            "field", file.name, 1, "the file is not a list", f"Write a list of items, each beginning with - {key}:"
        )
    for i, item in enumerate(file.data):
        line = file.line_of((i,))
        if not isinstance(item, dict):
            raise refuse("field", file.name, line, "an item that is not a mapping", f"Begin it with {key}:")
        if "change" in item:
            if changes:
                _change(file, i, item, into, pack, key)
            continue
        if changes:
            continue
        name = item.get(key)
        if isinstance(name, (int, float)):
            raise refuse("field", file.name, line, f"the {key} {name} is no text", f'Put it in quotes: "{name}"')
        if not isinstance(name, str) or not name:
            raise refuse("field", file.name, line, f"an item without {key}", f"Give it a {key} (text)")
        if mark := next((mark for mark in map("{{{}}}".format, NAMES) if mark in name), None):
            raise refuse("field", file.name, line, f"the {key} {name} holds a mark", f"Take {mark} out of it")
        old = into.get(name)
        if old is not None:
            whose = "" if old.pack == pack else f"the pack {old.pack}, "
            seen = f"{name} is already in {whose}{old.file.name}, line {old.place.line}"
            todo = f"Write change: {name} to change it, or take another {key}" if whose else "Rename or remove one"
            raise refuse("twice", file.name, line, seen, todo, name)
        into[name] = Entry(item, file, (i,), pack)


def _change(file: YamlFile, i: int, item: dict[str, Any], into: dict[str, Entry], pack: str, key: str) -> None:
    """Lays a `change:` item over what it changes: given fields replace, `add_…` lists are appended."""
    name, line = item["change"], file.line_of((i,))
    old = into.get(name) if isinstance(name, str) else None
    if old is None:
        todo = did_you_mean(str(name), into) or "Name one of the extended pack's"
        raise refuse("change", file.name, line, f"nothing called {name} to change", todo)
    if key in item:
        todo = f"Take the {key} away; for another {key} disable {name} and add another"
        raise refuse("change", file.name, file.line_of((i, key)), f"a change of {name} that holds {key}", todo, name)
    data = dict(old.data)
    for k, v in item.items():
        if k == "change":
            continue
        plain = k.removeprefix("add_")
        if k.startswith("add_") and plain in LISTS:
            if not isinstance(v, list):
                raise refuse("field", file.name, file.line_of((i, k)), f"{k} is not a list", "Write a list")
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
        todo = "Write pass:, fail:, unsure: or not_applicable: with a list of calls each"
        raise refuse("field", file.name, file.line_of(at), "add_examples is not a mapping", todo, name)
    out = dict(ours)
    for kind, calls in added.items():
        if not isinstance(calls, list):
            raise refuse("field", file.name, file.line_of((*at, kind)), f"{kind} is not a list", "Write a list", name)
        before = out.get(kind) or []
        out[kind] = [*before, *calls]
        file.lines[i, "examples", kind] = file.line_of((*at, kind))
        for n in range(len(calls)):
            file.lines[i, "examples", kind, len(before) + n] = file.line_of((*at, kind, n))
    return out
