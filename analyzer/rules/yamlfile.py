"""YAML as a rule pack may use it: plain data with the line of every value, and nothing that can hurt.

A pack is untrusted input. The file is read as events, never as objects: no tags, no anchors or aliases (so no
alias bombs), no duplicate keys, limited size, depth and number of values. Scalars follow YAML 1.2's core schema, so
`no`, `on` and `12:30` stay text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from analyzer.call.given import NotRegularError, TooLargeError, read_regular
from analyzer.rules.foreign_words import parsing
from analyzer.rules.told import PackError, Told, refuse, tell
from analyzer.rules.yamlmends import mend, unclosed

MAX_BYTES = 2_000_000
MAX_DEPTH = 24
MAX_VALUES = 200_000
LOOKED_AT = 200  # characters of a faulty line: a pack is untrusted

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,18}\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,18}|[0-9]{1,18}\.[0-9]{0,18})(?:[eE][-+]?[0-9]{1,3})?\Z")

Path_ = tuple[str | int, ...]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class YamlFile:
    """One file's data, and where each value stands in it."""

    name: str
    data: Any
    lines: dict[Path_, int] = field(default_factory=dict)
    blocks: set[Path_] = field(default_factory=set)  # texts below a `|`: each of their lines is one of the file's

    def line_of(self, path: Path_) -> int:
        """The line (from 1) of the value at `path`, or of the nearest value above it."""
        for n in range(len(path), -1, -1):
            if (line := self.lines.get(path[:n])) is not None:
                return line
        return 1


def at_path(data: Any, path: Path_) -> Any:
    """What is at a path of raw data; `?` where nothing is."""
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return "?"
    return data


def read_yaml(path: Path, name: str) -> YamlFile:
    """Reads one pack file.

    Args:
        path: the file.
        name: how errors call it (a path inside the pack).

    Raises:
        StandardError: `standard.file_missing`, `.not_a_file`, `.file_too_large`, `.yaml`, …
    """
    try:
        raw = read_regular(path, MAX_BYTES)
    except NotRegularError:
        seen = tell("of_file", file=name, seen=tell("no_regular_file"))
        raise PackError("standard.not_a_file", seen, tell("put_file_itself"), name) from None
    except TooLargeError as error:
        raise refuse("file_too_large", name, 1, tell("large_file", why=str(error)), tell("split_files")) from None
    except OSError as error:
        seen = tell("of_file", file=name, seen=tell("unreadable", why=error.strerror or str(error)))
        raise PackError("standard.file_missing", seen, tell("put_file"), name) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise refuse("yaml", name, line, tell("not_utf8"), tell("save_utf8")) from None
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> YamlFile:
    """Turns YAML text into data with lines.

    Raises:
        StandardError: what is wrong, with its line.
    """
    out = YamlFile(name, None)
    builder = _Builder(out)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark, begun, lines = error.problem_mark or error.context_mark, error.context_mark, text.splitlines()
        line, todo = mend([line[:LOOKED_AT] for line in lines], mark.line + 1 if mark else 1, error.problem or "")
        if begun and mark and mark.line >= len(lines) and (close := unclosed(error.context or "")):
            line, todo = begun.line + 1, close
        raise refuse("yaml", name, line, parsing(error.problem or "not YAML"), todo) from None
    except yaml.reader.ReaderError as error:
        # one loader counts characters and the other bytes; it is the first of its kind, or reading had stopped before
        line = text.count("\n", 0, text.find(chr(error.character))) + 1
        raise refuse("yaml", name, line, parsing(str(error).splitlines()[0]), tell("remove_character")) from None
    return out


@dataclass(slots=True)
class _Open:
    """A mapping or list being filled."""

    value: dict[str, Any] | list[Any]
    path: Path_
    key: str | None = None


class _Builder:
    """Fills a `YamlFile` from parser events without recursion."""

    def __init__(self, out: YamlFile) -> None:
        self.out = out
        self.stack: list[_Open] = []
        self.values = 0
        self.documents = 0

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark is not None else 1
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self.bad(line, tell("second_document"), tell("one_document"))
        if isinstance(event, yaml.AliasEvent):
            raise self.bad(line, tell("alias"), tell("write_out"))
        if isinstance(event, yaml.NodeEvent):
            if event.anchor is not None:
                raise self.bad(line, tell("anchor"), tell("write_out"))
            tag = getattr(event, "tag", None)
            if tag not in (None, "!"):
                raise self.bad(line, tell("tag", tag=tag), tell("plain_values"))
        if isinstance(event, yaml.ScalarEvent):
            self.scalar(event, line)
        elif isinstance(event, yaml.MappingStartEvent):
            self.open({}, line)
        elif isinstance(event, yaml.SequenceStartEvent):
            self.open([], line)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self.stack.pop()

    def bad(self, line: int, seen: Told, todo: Told) -> PackError:
        return refuse("yaml", self.out.name, line, seen, todo)

    def scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        value = _resolve(event.value) if event.implicit[0] and event.tag is None else event.value
        if isinstance(value, float) and not isfinite(value):
            raise self.bad(line, tell("large_number", number=event.value), tell("smaller_number"))
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            key = event.value
            if key in top.value:
                raise self.bad(line, tell("key_twice", key=key), tell("keep_one"))
            if key == "<<":
                raise self.bad(line, tell("merge_key"), tell("write_values"))
            top.key = key
            self.out.lines[(*top.path, key)] = line
            return
        path = self.put(value, line)
        if event.style == "|":
            self.out.blocks.add(path)

    def open(self, value: dict[str, Any] | list[Any], line: int) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise self.bad(line, tell("deep", most=MAX_DEPTH), tell("flatten"))
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            raise self.bad(line, tell("key_no_text"), tell("text_as_key"))
        self.stack.append(_Open(value, self.put(value, line)))

    def put(self, value: Any, line: int) -> Path_:
        """Places a value in the container that is open; returns its path."""
        self.values += 1
        if self.values > MAX_VALUES:
            raise self.bad(line, tell("many_values", most=MAX_VALUES), tell("split_file"))
        if not self.stack:
            self.out.data = value
            self.out.lines[()] = line
            return ()
        top = self.stack[-1]
        path: Path_
        if isinstance(top.value, dict):
            assert top.key is not None
            path = (*top.path, top.key)
            top.value[top.key] = value
            top.key = None
        else:
            path = (*top.path, len(top.value))
            top.value.append(value)
            self.out.lines[path] = line
        return path


def _resolve(text: str) -> Any:
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return text
