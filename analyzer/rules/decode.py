"""From a pack's raw data to typed pieces, with errors that say where and how to mend them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from analyzer.rules.checks import Check
from analyzer.rules.mends import explained
from analyzer.rules.mistakes import Mistakes
from analyzer.rules.told import PackError, Told, refuse, tell
from analyzer.rules.yamlfile import Path_, YamlFile

T = TypeVar("T")
MAX_CHECK, MAX_LEVELS = 10_000, 100  # a pack is untrusted
MAX_NAMED = 100_000  # values that all checks together put in by name
MAX_FAULTS = 20  # of one item
LONGEST_NAME, MOST_NAMES = 100, 2_000  # that are compared with each other


def decode(file: YamlFile, at: Path_, data: Any, kind: type[T], rule: str | None = None) -> T:
    """Turns raw data into a struct.

    Args:
        file: where the data stands,
        at: and at which path in it.
        data: what to decode (perhaps changed since it was read).
        kind: the struct.
        rule: the rule's id, for the error.

    Raises:
        PackError: `standard.field` with file, line and mend.
    """
    decoded: T = _decoded(file, at, data, kind, rule)
    return decoded


def decode_each(
    file: YamlFile, at: Path_, data: Any, kind: type[T], mistakes: Mistakes, rule: str | None = None
) -> T | None:
    """The same, with every field that can't be decoded noted; None where there is one."""
    try:
        return decode(file, at, data, kind, rule)
    except PackError:
        faultless(file, at, data, kind, mistakes, rule)
        return None


def decode_check(file: YamlFile, at: Path_, data: Any, name: str) -> Check:
    """Turns raw data into a check of any kind; `name` is that of the situation it is, for the error.

    Raises:
        PackError: `standard.field` with file, line and mend.
    """
    check: Check = _decoded(file, at, data, Check, name)
    return check


def _decoded(file: YamlFile, at: Path_, data: Any, kind: Any, rule: str | None) -> Any:
    decoded, fault = _tried(file, at, data, kind, rule)
    if fault is not None:
        raise fault[0]
    return decoded


def faultless(
    file: YamlFile, at: Path_, data: Any, kind: type[T], mistakes: Mistakes, rule: str | None = None
) -> dict[str, Any]:
    """Raw data without the fields that can't be decoded, each of which is noted; the data itself where all can be.

    Args:
        file: as of `decode`,
        at: this,
        data: this,
        kind: this,
        mistakes: where to note them.
        rule: as of `decode`.
    """
    left: dict[str, Any] = data  # or whatever else was written, which is at fault as a whole
    for _ in range(MAX_FAULTS):
        _, fault = _tried(file, at, left, kind, rule)
        if fault is None:
            return left
        error, inside = fault
        is_field = bool(inside) and isinstance(left, dict) and inside[0] in left
        if is_field or left is data:  # what is missing after that may be what was noted
            mistakes.add(error)
        if not is_field:
            return dict(left) if isinstance(left, dict) else {}
        left = {key: value for key, value in left.items() if key != inside[0]}
    return {}


def _tried(
    file: YamlFile, at: Path_, data: Any, kind: Any, rule: str | None
) -> tuple[Any, tuple[PackError, Path_] | None]:
    """What data becomes, or what is wrong with it and at which path inside."""
    try:
        return msgspec.convert(data, kind), None
    except msgspec.ValidationError as error:
        seen, inside, todo = explained(str(error), data, kind)
        return None, (refuse("field", file.name, file.line_of((*at, *inside)), seen, todo, rule), inside)
    except RecursionError:
        return None, (refuse("field", file.name, file.line_of(at), tell("too_deep"), tell("flatten"), rule), ())


@dataclass
class Given:
    """What a pack gives by name, to be put in where it is named.

    Args:
        parameters: values, for `$name`.
        excuses: pieces of `except_near`, for `{excuse: name}`.
        anchors: events, for `{anchor: name}`; what else is written there stands over what the named one has.
        situations: checks, for `{kind: situation, name: name}`.
        defined: in which file, and at which line, each of these is: "situation:name".
        left: how many values of them may still be put in.
    """

    parameters: Mapping[str, Any]
    excuses: Mapping[str, Any] = field(default_factory=dict)
    anchors: Mapping[str, Any] = field(default_factory=dict)
    situations: Mapping[str, Any] = field(default_factory=dict)
    defined: Mapping[str, tuple[YamlFile, int]] = field(default_factory=dict)
    left: int = MAX_NAMED


def substitute(file: YamlFile, at: Path_, data: Any, given: Given, rule: str) -> Any:
    """Puts in what is named: parameters, excuses, anchors and situations.

    Raises:
        PackError: `standard.parameter`, `standard.excuse`, `standard.anchor` or `standard.situation` when there is none
            of that name.
    """
    filled = _substituted(file, at, data, given, rule)
    if _count(filled) is None:
        seen = tell("large_check", values=MAX_CHECK, levels=MAX_LEVELS)
        raise refuse("too_large", file.name, file.line_of(at), seen, tell("smaller"), rule)
    return filled


def _count(data: Any) -> int | None:
    """How many values it holds; None if too many or too deep: named in what is named, little doubles at every step."""
    todo: list[tuple[int, Any]] = [(0, data)]
    for count in range(MAX_CHECK):
        if not todo:
            return count
        level, item = todo.pop()
        if level > MAX_LEVELS:
            return None
        if isinstance(item, (dict, list)):
            inner = item.values() if isinstance(item, dict) else item
            todo.extend((level + 1, one) for one in inner)
    return None if todo else MAX_CHECK


def _substituted(file: YamlFile, at: Path_, data: Any, given: Given, rule: str) -> Any:
    def named(name: str, known: Mapping[str, Any], seen: str, todo: str, is_whole: bool = True) -> Any:
        kind, line = seen.removeprefix("no_"), file.line_of(at)
        if is_whole and name in known:
            given.left -= _count(known[name]) or 0 if kind != "parameter" else 0
            if given.left < 0:
                raise refuse("too_large", file.name, line, tell("many_named", values=MAX_NAMED), tell("smaller"), rule)
            return known[name]
        lacks = f"{kind}:{name}"
        below, of_line = given.defined.get(lacks, (None, 0))
        if is_whole and below is file and of_line >= line and name != rule:
            raise refuse(
                kind, file.name, line, tell("stands_below", name=name), tell("move_up", name=name), rule, lacks
            )
        meant = did_you_mean(name, known, "$" if kind == "parameter" else "") if is_whole else None
        raise refuse(kind, file.name, line, tell(seen, name=name), meant or tell(todo), rule, lacks)

    if isinstance(data, dict):
        if data.get("kind") == "situation":
            return named(str(data.get("name")), given.situations, "no_situation", "name_situation", len(data) == 2)
        if "excuse" in data:
            return named(str(data["excuse"]), given.excuses, "no_excuse", "name_excuse", len(data) == 1)
        anchor = named(str(data["anchor"]), given.anchors, "no_anchor", "name_anchor") if "anchor" in data else {}
        own = {k: _substituted(file, (*at, k), v, given, rule) for k, v in data.items() if k != "anchor"}
        return {**anchor, **own} if isinstance(anchor, dict) else anchor  # refused where it is decoded by itself
    if isinstance(data, list):
        return [_substituted(file, (*at, i), v, given, rule) for i, v in enumerate(data)]
    if isinstance(data, str) and data.startswith("$"):
        value = named(data[1:], given.parameters, "no_parameter", "define_parameter")
        return int(value) if isinstance(value, float) and value.is_integer() else value
    return data


def did_you_mean(name: str, known: Iterable[str], mark: str = "") -> Told | None:
    """The question whether a known name was meant, with a mark before it; None if none is, or too many are known."""
    names = list(known)
    is_quick = len(name) <= LONGEST_NAME and len(names) <= MOST_NAMES
    near = difflib.get_close_matches(name, names, 1) if is_quick else ()
    return tell("did_you_mean", name=f"{mark}{near[0]}") if near else None


def texts_in(data: Any, at: Path_ = ()) -> Iterator[tuple[Path_, str]]:
    """Every text inside raw data, in order, and the path it is at."""
    if isinstance(data, str):
        yield at, data
    elif isinstance(data, (dict, list)):
        for key, item in data.items() if isinstance(data, dict) else enumerate(data):
            yield from texts_in(item, (*at, key))


def path_to(data: Any, value: Any) -> Path_ | None:
    """Where `value` stands in raw data; None when it does not."""
    todo: list[tuple[Path_, Any]] = [((), data)]
    while todo:
        at, item = todo.pop()
        if item == value and not isinstance(item, (dict, list)):
            return at
        if isinstance(item, dict):
            todo.extend(((*at, k), v) for k, v in item.items())
        elif isinstance(item, list):
            todo.extend(((*at, i), v) for i, v in enumerate(item))
    return None
