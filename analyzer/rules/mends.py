"""What a decoding error says, in words that name the value and how to mend it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import msgspec.inspect

from analyzer.rules.checks import KINDS
from analyzer.rules.foreign_words import decoding
from analyzer.rules.told import Told, tell
from analyzer.rules.yamlfile import Path_, at_path

SHOWN = 100  # characters of a value: a pack is untrusted
ALIKE, SHORT_ALIKE = 0.6, 0.5  # how much two names have in common, and two short ones that begin alike
_KINDS = sorted((*KINDS, "situation"))
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z_0-9]*)|\[(\d+)\]|(\[\.\.\.\])")
_WHERE = re.compile(r" - at (`key` in )?`\$(.*)`\Z")


def explained(text: str, data: Any, kind: Any) -> tuple[Told, Path_, Told]:
    """What is wrong, at which path inside the data, and what to do.

    Args:
        text: the error's own.
        data: what could not be decoded,
        kind: and as what.
    """
    found = _WHERE.search(text)
    message, where = _WHERE.sub("", text), found[2] if found else ""
    path = _path(where, message, data, kind)
    value = at_path(data, path)
    if found and found[1]:  # a key, of which there may be several
        value = next((k for k in value if repr(k) in message), "?")
        path = (*path, value)
    unknown = re.search(r"unknown field `([^`]*)`", message)
    keys = value if isinstance(value, dict) else ()
    if (unknown or "missing required field" in message) and (wide := next((k for k in keys if {*k} & {*"：，"}), None)):
        return decoding(message), path, tell("wide_in_field", field=wide)
    if unknown:
        meant, fields = _meant(unknown[1], _fields(kind)), ", ".join(_own_fields(kind, data, path))
        todo = tell("rename_field", meant=meant or (tell("fields_are", names=fields) if fields else ""))
        return decoding(message), (*path, unknown[1]), todo
    if "missing required field" in message:
        todo = tell("use_one_of", names=", ".join(_KINDS)) if "`kind`" in message else tell("add_field")
        return decoding(message), path, todo
    if "Invalid value" in message and path and path[-1] == "kind":
        begun = [kind for kind in _KINDS if kind[0] == str(value)[:1]]  # so `say` is `said`, not `any`
        todo = tell("correct_to", values=", ".join(_KINDS), meant=_meant(str(value), begun, SHORT_ALIKE))
        return tell("no_such_kind", kind=str(value)), path, todo
    if "Invalid enum value" in message:
        allowed = [*dict.fromkeys(map(str, _allowed(kind, data, path)))]
        todo = tell("correct_to", values=", ".join(allowed), meant=_meant(str(value), allowed))
        return decoding(message), path, todo
    if "matching regex" in message:
        return tell("mark_in_phrase", phrase=value), path, tell("two_phrases")
    if "got `object`" in message and isinstance(value, dict) and [*value.values()] == [None]:
        mark = f"{{{', '.join(value)}}}"
        return tell("unquoted", mark=mark), path, tell("quote", text=f'"{mark}"')
    is_named = ", got " in message or isinstance(value, (dict, list))
    shown = f"{value}"[:SHOWN] + "…" * (len(f"{value}") > SHOWN)
    return decoding(message, None if is_named else shown), path, _as_type(message, value)


def _as_type(message: str, value: Any) -> Told:
    """How a value becomes what was expected."""
    expected = message.partition(", got")[0]
    if value is None:
        return tell("write_value")
    if "`array`" in expected and isinstance(value, str) and "【" in value:
        return tell("plain_brackets")
    if "`str`" in expected and isinstance(value, dict) and len(value) == 1:
        key, said = next(iter(value.items()))
        return tell("quote", text=f'"{key}: {said}"'.replace("“", "").replace("”", ""))
    if "`array`" in expected and isinstance(value, str):
        return tell("as_list", value=value)
    if "of length <=" in expected:
        return tell("shorter")
    if "`bool`" in expected:
        return tell("as_bool")
    if re.search(r"\b(float|int)\b", expected) and isinstance(value, str):
        return tell("as_number")
    if "`str`" in expected and isinstance(value, (int, float)):
        return tell("quote", text=f'"{str(value).lower()}"')
    if "`object" in expected:
        return tell("as_fields")
    return tell("correct_value")


def _path(where: str, message: str, data: Any, kind: Any) -> Path_:
    out: list[str | int] = []
    for m in _STEP.finditer(where):
        if m[3]:  # a mapping's value: not said which, so each is tried alone
            inside = at_path(data, tuple(out))
            key = next((k for k in inside if _fails_alike(_with(data, out, {k: inside[k]}), kind, message)), None)
            if key is None:
                break
            out.append(key)
        else:
            out.append(m[1] or int(m[2]))
    return tuple(out)


def _fails_alike(data: Any, kind: Any, message: str) -> bool:
    try:
        msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        return _WHERE.sub("", str(error)) == message
    return False


def _with(data: Any, path: list[str | int], value: Any) -> Any:
    """The data with another value at a path."""
    if not path:
        return value
    step, *rest = path
    if isinstance(data, dict):
        return data | {step: _with(data[step], rest, value)}
    return [_with(item, rest, value) if i == step else item for i, item in enumerate(data)]


def _allowed(kind: Any, data: Any, path: Path_) -> Iterator[Any]:
    """What may stand at a path."""
    for info in _types_at(msgspec.inspect.type_info(kind), data, path):
        if isinstance(info, msgspec.inspect.LiteralType):
            yield from info.values
        if isinstance(info, msgspec.inspect.EnumType):
            yield from (member.value for member in info.cls)


def _own_fields(kind: Any, data: Any, path: Path_) -> list[str]:
    """The fields of what stands at a path."""
    infos = _types_at(msgspec.inspect.type_info(kind), data, path)
    return [field.encode_name for info in infos for field in getattr(info, "fields", ())]


def _types_at(info: Any, data: Any, path: Path_) -> Iterator[Any]:
    """Of what type the data at a path may be."""
    if isinstance(info, msgspec.inspect.UnionType):
        for one in info.types:
            yield from _types_at(one, data, path)
        return
    if isinstance(info, msgspec.inspect.StructType) and info.tag not in (None, at_path(data, ("kind",))):
        return
    if not path:
        yield info
        return
    inner, rest = at_path(data, path[:1]), path[1:]
    if isinstance(info, msgspec.inspect.StructType):
        for field in (f for f in info.fields if f.encode_name == path[0]):
            yield from _types_at(field.type, inner, rest)
    if isinstance(info, msgspec.inspect.DictType):
        yield from _types_at(info.key_type, None, rest)
        yield from _types_at(info.value_type, inner, rest)
    if hasattr(info, "item_type"):
        yield from _types_at(info.item_type, inner, rest)


def _meant(name: str, known: Any, alike: float = ALIKE) -> Told | str:
    near = difflib.get_close_matches(name, sorted({*known} - {name}), 1, alike)
    return tell("meant", name=near[0]) if near else ""


def _fields(kind: Any) -> set[str]:
    return set(_fields_in(msgspec.inspect.type_info(kind), set()))


def _fields_in(info: Any, seen: set[int]) -> Iterator[str]:
    """The names of all fields of a struct's type, and of the structs that these hold."""
    if id(info) in seen:
        return
    seen.add(id(info))
    for field in getattr(info, "fields", ()):
        yield field.encode_name
        yield from _fields_in(field.type, seen)
    for name in ("item_type", "value_type", "types"):
        inner = getattr(info, name, ())
        for one in inner if isinstance(inner, tuple) else (inner,):
            yield from _fields_in(one, seen)
