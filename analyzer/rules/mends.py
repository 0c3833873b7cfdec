"""What a decoding error says, in words that name the value and how to mend it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import msgspec.inspect

from analyzer.rules.checks import KINDS
from analyzer.rules.yamlfile import Path_, at_path

_STEP = re.compile(r"\.([A-Za-z_][A-Za-z_0-9]*)|\[(\d+)\]|(\[\.\.\.\])")
_WHERE = re.compile(r" - at (`key` in )?`\$(.*)`\Z")
_ABOUT = "docs/house-packs.md lists the fields"


def explained(text: str, data: Any, kind: Any) -> tuple[str, Path_, str]:
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
        return message, path, f"Write a plain : or , and a blank in {wide}: ： is no : and ， is no ,"
    if unknown:
        return message, (*path, unknown[1]), f"Remove it or correct its name{_meant(unknown[1], _fields(kind))}"
    if "missing required field" in message:
        return message, path, f"Use one of: {', '.join(sorted(KINDS))}" if "`kind`" in message else "Add the field"
    if "Invalid value" in message and path and path[-1] == "kind":
        return f"there is no such check kind ({value})", path, f"Use one of: {', '.join(sorted(KINDS))}"
    if "Invalid enum value" in message:
        allowed = [*dict.fromkeys(map(str, _allowed(msgspec.inspect.type_info(kind), data, path)))]
        return message, path, f"Correct it: {', '.join(allowed)}{_meant(str(value), allowed)}"
    if "matching regex" in message:
        todo = "Did you mean two phrases? Put a plain comma between them; a phrase has no punctuation, its gap is …"
        return f"a comma or full stop inside {value}", path, todo
    if "got `object`" in message and isinstance(value, dict) and [*value.values()] == [None]:
        mark = f"{{{', '.join(value)}}}"
        return f"{mark} without quotes", path, f'Put it in quotes: "{mark}"'
    if ", got " not in message and not isinstance(value, (dict, list)):
        message += f", got {value}"
    return message, path, _as_type(message, value)


def _as_type(message: str, value: Any) -> str:
    """How a value becomes what was expected."""
    expected = message.partition(", got")[0]
    if value is None:
        return "Write the value behind the colon, or take the field away"
    if "`array`" in expected and isinstance(value, str) and "【" in value:
        return "Write [ and ] where 【 and 】 stand"
    if "`str`" in expected and isinstance(value, dict) and len(value) == 1:
        key, said = next(iter(value.items()))
        return f'Put it in quotes: "{key}: {said}"'.replace("“", "").replace("”", "")
    if "`array`" in expected and isinstance(value, str):
        return f"Correct it: a list, as [{value}]"
    if "`bool`" in expected:
        return "Correct it: true or false"
    if re.search(r"\b(float|int)\b", expected) and isinstance(value, str):
        return "Correct it: a plain number, as 310 or 1.5, without unit or quotes"
    if "`str`" in expected and isinstance(value, (int, float)):
        return f'Put it in quotes: "{str(value).lower()}"'
    if "`object" in expected:
        return f"Correct it: fields in braces, as {{name: value}}; {_ABOUT}"
    return f"Correct the value; {_ABOUT}"


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


def _allowed(info: Any, data: Any, path: Path_) -> Iterator[Any]:
    """What may stand at a path."""
    if isinstance(info, msgspec.inspect.UnionType):
        for one in info.types:
            yield from _allowed(one, data, path)
    if isinstance(info, msgspec.inspect.LiteralType):
        yield from info.values
    if isinstance(info, msgspec.inspect.EnumType):
        yield from (member.value for member in info.cls)
    if not path:
        return
    inner, rest = at_path(data, path[:1]), path[1:]
    if isinstance(info, msgspec.inspect.StructType) and info.tag in (None, at_path(data, ("kind",))):
        for field in (f for f in info.fields if f.encode_name == path[0]):
            yield from _allowed(field.type, inner, rest)
    if isinstance(info, msgspec.inspect.DictType):
        yield from _allowed(info.key_type, None, rest)
        yield from _allowed(info.value_type, inner, rest)
    if hasattr(info, "item_type"):
        yield from _allowed(info.item_type, inner, rest)


def _meant(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, sorted({*known} - {name}), 1)
    return f" (did you mean {near[0]}?)" if near else ""


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
