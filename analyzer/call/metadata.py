"""What came beside a recording: a JSON file of the same name, or a row of a manifest.

Only what is understood without doubt is taken. A value that could mean two things stays None, and the field with what
it said is kept in `extra["unclear"]`. Fields that are not asked for are counted, not kept: they hold customers' data.
"""

from __future__ import annotations

import csv
import errno
import io
import os
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from analyzer.call.given import NotRegularError, TooLargeError, read_regular
from analyzer.call.names import printable_name
from analyzer.call.record import MAX_FIELDS, short, understand
from analyzer.call.switches import plain
from analyzer.call.types import CallMetadata
from analyzer.errors import MetadataError

MAX_SIDECAR_BYTES = 1 << 20
MAX_MANIFEST_BYTES = 1 << 30
MAX_LINE_CHARS = 1 << 16
MANIFEST_ENDINGS = (".csv", ".jsonl", ".ndjson", ".tsv")  # by which one is known among recordings
_MARKS = ",\t;"
_BLANK = f"{_MARKS} \r\n\ufeff"

_PATHS = frozenset([
    "path", "file", "filename", "filepath", "recording", "recordingfile", "recordfile", "wav", "audio",
    "录音", "录音文件", "文件", "文件名", "路径",
])  # fmt: skip


def read_sidecar(path: Path) -> CallMetadata | None:
    """The metadata in the JSON file of the recording's name: `call.json` or `call.wav.json` beside `call.wav`.

    A scorecard or a truth file of that name is not metadata and is passed over.

    Raises:
        MetadataError: `metadata.unreadable`, `.too_large`, `.not_text`, `.not_json`, `.not_an_object`.
    """
    if not path.name:  # "." and "/", which are no recordings
        return None
    for beside in (path.with_suffix(".json"), path.with_name(path.name + ".json")):
        data = _read(beside, MAX_SIDECAR_BYTES)
        if data is None:
            continue
        fields = _decode(data, beside.name)
        if _is_result(fields):
            continue
        return understand(fields, "sidecar")
    return None


def merge(*found: CallMetadata | None) -> CallMetadata:
    """One metadata of several; the first that says something holds.

    Where a sidecar and a manifest contradict each other on the roles or on who released the call, neither is believed;
    options given by hand are.
    """
    given = [m for m in found if m is not None]
    if not given:
        return CallMetadata()
    merged = given[0]
    sources = (merged.source or "").split("+")
    given_roles = sources[0] == "options" and merged.roles is not None
    given_release = sources == ["options"] and merged.released_by is not None
    conflicts: dict[str, Any] = dict(merged.extra.get("conflicts", {}))  # settled: merging again changes nothing
    for other in given[1:]:
        changes: dict[str, Any] = {}
        for name in ("call_id", "agent_id", "team", "direction", "start_time", "is_callback", "roles"):
            mine, theirs = getattr(merged, name), getattr(other, name)
            if mine is None and name not in conflicts:
                changes[name] = theirs
            elif name == "roles" and None not in (mine, theirs) and mine != theirs and not given_roles:
                changes[name], conflicts[name] = None, [[str(r) for r in mine], [str(r) for r in theirs]]
        if merged.released_by is None and "released_by" not in conflicts:
            changes |= {"released_by": other.released_by, "released_by_field": other.released_by_field}
        elif other.released_by not in (None, merged.released_by) and not given_release:
            conflicts["released_by"] = [merged.released_by, other.released_by]
            changes |= {"released_by": None, "released_by_field": None}
        merged = replace(merged, **changes)
    extra: dict[str, Any] = {}
    for part in reversed(given):
        for key, value in part.extra.items():
            extra[key] = {**extra.get(key, {}), **value} if isinstance(value, dict) else value
    if conflicts:
        extra["conflicts"] = conflicts
    named = dict.fromkeys(word for m in given if m.source for word in m.source.split("+"))
    return replace(merged, source="+".join(named) or None, extra=extra)


class Manifest:
    """The metadata of many recordings in one file.

    Args:
        rows: absolute path of the recording to its encoded fields.
        name: of the file, for messages.
    """

    def __init__(self, rows: dict[str, bytes], name: str) -> None:
        self._rows, self.name = rows, name
        self._asked_for: set[str] = set()
        self._composed: dict[str, str] = {}  # rows that a name in NFC finds: some systems write accents apart
        for key in rows:
            composed = unicodedata.normalize("NFC", key)
            if composed != key:
                self._composed[composed] = "" if composed in self._composed else key

    @classmethod
    def load(cls, path: Path) -> Manifest:
        """Reads a CSV (comma, semicolon or tab; UTF-8 or GB 18030) or a JSONL file with a path column.

        Paths are taken relative to the manifest's folder, or absolute.

        Raises:
            MetadataError: with the line, when the file's form is wrong or a recording stands in it twice.
        """
        data = _read(path, MAX_MANIFEST_BYTES)
        if data is None:
            raise MetadataError("metadata.unreadable", f"the manifest {path.name} is not there", "Check the path")
        text = _text(data, path.name)
        is_jsonl = path.suffix.lower() in (".jsonl", ".ndjson") or text.lstrip("\ufeff \r\n\t").startswith("{")
        rows: dict[str, bytes] = {}
        folder = os.path.abspath(path.parent)  # noqa: PTH100  links stay as they are written
        for line, fields in _jsonl_rows(text, path.name) if is_jsonl else _csv_rows(text, path.name):
            named = next(
                (v for k, v in fields.items() if plain(k) in _PATHS and isinstance(v, str) and v.strip()), None
            )
            if named is None:
                raise _bad_row(path.name, line, "there is no path of a recording", "Add a column named path")
            if "\0" in named:
                raise _bad_row(path.name, line, "the path holds a zero byte", "Mend the path")
            key = os.path.normpath(os.path.join(folder, named.strip()))  # noqa: PTH118
            if key in rows:
                raise _bad_row(path.name, line, f"{short(named)} stands in it twice", "Keep one row a recording")
            rows[key] = msgspec.json.encode({k: v for k, v in fields.items() if plain(k) not in _PATHS})
        return cls(rows, path.name)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def has_columns(self) -> bool:
        """Whether it says more of any recording than its path."""
        return any(any(msgspec.json.decode(row).values()) for row in self._rows.values())

    def paths(self) -> Iterator[Path]:
        """The recordings it names, in its order."""
        return map(Path, self._rows)

    def unmatched(self) -> tuple[str, ...]:
        """The recordings it names that nobody has asked for, in its order."""
        return tuple(key for key in self._rows if key not in self._asked_for)

    def for_call(self, path: Path) -> CallMetadata | None:
        """The metadata of a recording; None when the manifest doesn't name it."""
        names = os.path.abspath(path), os.path.realpath(path)  # noqa: PTH100
        composed = [unicodedata.normalize("NFC", name) for name in names]
        for key in (*names, *composed, *(self._composed.get(name, "") for name in composed)):
            if key in self._rows:
                self._asked_for.add(key)
                return understand(msgspec.json.decode(self._rows[key]), "manifest")
        return None


def _read(path: Path, limit: int) -> bytes | None:
    """The file's bytes; None when there is no such regular file."""
    try:
        return read_regular(path, limit)
    except (FileNotFoundError, NotADirectoryError, NotRegularError):
        return None
    except TooLargeError as err:
        raise MetadataError("metadata.too_large", f"{printable_name(path.name)} has {err}", "Split it") from err
    except (OSError, ValueError) as err:
        if getattr(err, "errno", None) == errno.ENAMETOOLONG:
            return None
        raise MetadataError(
            "metadata.unreadable",
            f"{printable_name(path.name)} can't be read ({type(err).__name__})",
            "Check its permissions and the disk",
        ) from err


def _text(data: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise MetadataError(
        "metadata.not_text", f"{printable_name(name)} is neither UTF-8 nor GB 18030", "Save it as UTF-8"
    )


def _decode(data: bytes, name: str) -> dict[str, Any]:
    try:
        fields = msgspec.json.decode(_text(data, name).encode())
    except (msgspec.DecodeError, RecursionError) as err:
        raise MetadataError("metadata.not_json", f"{printable_name(name)}: {err}", "Mend it or take it away") from None
    if not isinstance(fields, dict):
        raise MetadataError(
            "metadata.not_an_object",
            f"{printable_name(name)} holds a {type(fields).__name__}",
            "Write one object: {...}",
        )
    return fields


def _is_result(fields: Mapping[str, Any]) -> bool:
    """A scorecard of ours, or the truth beside a composed call: what either says of the roles is no metadata."""
    return "schema_version" in fields and ("findings" in fields or "utterances" in fields)


def _jsonl_rows(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(io.StringIO(text), 1):
        if not line.strip():
            continue
        if len(line) > MAX_LINE_CHARS:
            raise _bad_row(name, number, f"{len(line)} characters in one line", f"Keep lines under {MAX_LINE_CHARS}")
        try:
            fields = msgspec.json.decode(line)
        except (msgspec.DecodeError, RecursionError) as err:
            raise _bad_row(name, number, str(err), "Mend the line") from None
        if not isinstance(fields, dict):
            raise _bad_row(name, number, f"a {type(fields).__name__}, not an object", "Write one object a line")
        yield number, fields


def _csv_rows(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    lines = io.StringIO(text, newline=None)
    header = next((line for line in lines if line.strip(_BLANK)), "")
    mark = max(_MARKS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    columns: list[str] = []
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if not columns:
                columns, line = [c.strip() for c in row], reader.line_num
                named = [c for c in columns if c]
                if len(set(named)) != len(named) or len(columns) > MAX_FIELDS:
                    raise _bad_row(name, line, "the columns are not distinct, or too many", "Name every column once")
                if not any(plain(c) in _PATHS for c in named):
                    raise _bad_row(name, line, "no column holds the recordings' paths", "Name one column path")
                continue
            if len(row) > len(columns):
                raise _bad_row(
                    name, reader.line_num, f"{len(row)} cells under {len(columns)} columns", "Quote cells with commas"
                )
            yield reader.line_num, {c: cell for c, cell in zip(columns, row, strict=False) if c}
    except csv.Error as err:
        raise _bad_row(name, reader.line_num, str(err), "Write it as plain CSV") from None


def _bad_row(name: str, line: int, seen: str, todo: str) -> MetadataError:
    return MetadataError("metadata.bad_row", f"{printable_name(name)}, line {line}: {seen}", todo)
