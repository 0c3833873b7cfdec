"""A pack's items laid over those of the pack it extends: added, or changed by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from analyzer.rules.decode import did_you_mean
from analyzer.rules.mistakes import Mistakes
from analyzer.rules.refusals import NAMES
from analyzer.rules.standard import Place
from analyzer.rules.told import refuse, tell
from analyzer.rules.yamlfile import Path_, YamlFile, at_path

LISTS = (
    "forms", "also", "weak", "frames", "weak_frames", "unnamed_frames", "except_frames", "exclusions", "near_misses",
)  # fmt: skip


@dataclass(slots=True)
class Entry:
    """One raw item of a pack with where it stands; of a changed one, where each of its example calls does."""

    data: dict[str, Any]
    file: YamlFile
    at: Path_
    pack: str
    examples: dict[Path_, list[Place]] = field(default_factory=dict)  # by list: those of several packs stand in one

    def place_of(self, inside: Path_ = ()) -> Place:
        """Where a part of it stands, for people."""
        if (places := self.examples.get(inside[:-1])) is not None:
            return places[int(inside[-1])]
        at = (*self.at, *inside)
        return Place(self.pack, self.file.name, self.file.line_of(at), at in self.file.blocks)

    def example_lists(self) -> dict[Path_, list[Any]]:
        """Its lists of example calls and near misses, by the path they are at; of a malformed item those that are."""
        examples = self.data.get("examples")
        lists: dict[Path_, Any] = {("near_misses",): self.data.get("near_misses")}
        lists |= {("examples", kind): calls for kind, calls in examples.items()} if isinstance(examples, dict) else {}
        return {at: calls for at, calls in lists.items() if isinstance(calls, list)}


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
        seen, todo = tell("there_already", name=name, file=old.file.name, line=old.place_of().line), tell("rename")
        if old.pack != pack:
            seen = tell("theirs_already", name=name, pack=old.pack, file=old.file.name, line=old.place_of().line)
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
    if not _is_extensible(old.data, item):
        return  # what is wrong with it is told where it stands
    data = dict(old.data)
    for k, v in item.items():
        if k == "change":
            continue
        plain = k.removeprefix("add_")
        if k.startswith("add_") and plain in LISTS:
            data[plain] = _with_more(file, data.get(plain, []), v, (i, k), (i, plain), name)
        elif k == "add_examples":
            data["examples"] = _with_examples(file, i, v, data.get("examples", {}), name)
        else:
            data[k] = v
    if "forbid" in item:
        data.pop("require", None)
    if "require" in item:
        data.pop("forbid", None)
    into[name] = Entry(data, file, (i,), pack)
    for at, calls in old.example_lists().items():
        if at[0] not in item:
            places = old.examples.get(at) or [old.place_of((*at, n)) for n in range(len(calls))]
            more = [into[name].place_of((*at, n)) for n in range(len(calls), len(at_path(data, at)))]
            into[name].examples[at] = places + more if more else places


def _is_extensible(data: dict[str, Any], item: dict[str, Any]) -> bool:
    """Whether what a change adds to are lists, but for those that it gives itself."""
    plain = [k.removeprefix("add_") for k in item if k.startswith("add_")]
    lists = [data.get(key, []) for key in plain if key in LISTS and key not in item]
    if "examples" in plain and "examples" not in item:
        examples = data.get("examples", {})
        lists += examples.values() if isinstance(examples, dict) else [None]
    return all(isinstance(one, list) for one in lists)


def _with_more(file: YamlFile, before: Any, added: Any, at: Path_, to: Path_, name: str) -> Any:
    """A list with what a change adds to it, which keeps its lines.

    Args:
        file: of the change.
        before: the list; what else the change itself gave there is refused when it is decoded.
        added: what is added,
        at: at which path,
        to: and at which it is then looked for.
        name: of what is changed.
    """
    if not isinstance(added, list):
        seen = tell("field_no_list", field=at[-1])
        raise refuse("field", file.name, file.line_of(at), seen, tell("write_list"), name)
    if not isinstance(before, list):
        return before
    for n in range(len(added)):
        file.lines[(*to, len(before) + n)] = file.line_of((*at, n))
        if (*at, n) in file.blocks:
            file.blocks.add((*to, len(before) + n))
    return [*before, *added]


def _with_examples(file: YamlFile, i: int, added: Any, ours: Any, name: str) -> Any:
    """A rule's example calls with those that a change adds, by the verdict they are of."""
    at: Path_ = (i, "add_examples")
    if not isinstance(added, dict):
        seen = tell("field_no_mapping", field="add_examples")
        raise refuse("field", file.name, file.line_of(at), seen, tell("write_verdicts"), name)
    if not isinstance(ours, dict):
        return ours
    out = dict(ours)
    for kind, calls in added.items():
        out[kind] = _with_more(file, out.get(kind, []), calls, (*at, kind), (i, "examples", kind), name)
        file.lines.setdefault((i, "examples", kind), file.line_of((*at, kind)))
    return out
