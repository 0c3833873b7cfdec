"""Scorecards as bytes and back, and the JSON Schema they keep.

The bytes are canonical: fields in the order of the types, dictionaries sorted by key, UTF-8, one final line break.
The same scorecard is the same bytes on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from analyzer.call.given import NotRegularError, TooLargeError, read_regular
from analyzer.errors import OutputError
from analyzer.rules.types import SCHEMA_VERSION, Scorecard
from analyzer.versions import is_other, schema_of, version_in

MAX_BYTES = 1 << 28  # a call of hours takes some millions


class _Facts(msgspec.Struct):
    sha256: str


class _Call(msgspec.Struct):
    facts: _Facts


class _OfRecording(msgspec.Struct):
    call: _Call


_decoder: msgspec.json.Decoder[Scorecard] = msgspec.json.Decoder(Scorecard)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A scorecard that was passed over: its file below the result folder, and why."""

    file: str
    error: OutputError


@dataclass(frozen=True, slots=True)
class Written:
    """A value whose canonical JSON is at hand."""

    value: object
    text: msgspec.Raw


def encode_scorecard(scorecard: Scorecard, pretty: bool = False, written: Mapping[str, Written] | None = None) -> bytes:
    """The canonical JSON of a scorecard.

    Args:
        scorecard: what to write.
        pretty: indented by one space, for people and for diffs; else one line.
        written: by field; its text is taken where the scorecard holds that very value.

    Raises:
        OutputError: a text holds something UTF-8 can't say, or a metadata value isn't JSON.
    """
    texts: dict[str, Any] = {
        field: one.text for field, one in (written or {}).items() if getattr(scorecard, field) is one.value
    }
    return encode_json(replace(scorecard, **texts), pretty)


def encode_json(value: Any, pretty: bool = False) -> bytes:
    """Canonical JSON of any plain value or frozen dataclass, with a final line break.

    Raises:
        OutputError: a text holds something UTF-8 can't say, or a value isn't JSON.
    """
    try:
        line = msgspec.json.encode(value, order="deterministic")
    except (TypeError, UnicodeEncodeError, RecursionError) as error:
        raise OutputError("output.not_json", str(error), "Take the value out of the metadata beside the call") from None
    return (msgspec.json.format(line, indent=1) if pretty else line) + b"\n"


def decode_scorecard(data: bytes) -> Scorecard:
    """The scorecard in JSON bytes.

    Raises:
        OutputError: not JSON, or not a scorecard of this schema version.
    """
    try:
        scorecard = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        _refuse_another_version(version_in(data, "findings", SCHEMA_VERSION))
        raise OutputError(
            "output.not_a_scorecard", str(error), "Give a scorecard written by `analyzer score` or `analyzer batch`"
        ) from None
    _refuse_another_version(scorecard.schema_version)
    return scorecard


def _refuse_another_version(version: str) -> None:
    if is_other(version, SCHEMA_VERSION):
        raise OutputError(
            "output.schema_version",
            f"the scorecard has schema version {version[:20]}, this program reads {SCHEMA_VERSION}",
            "Score the call again, or use the program that wrote it",
        )


def read_scorecard(path: Path) -> Scorecard:
    """The scorecard in a file.

    Raises:
        OutputError: `output.not_a_file`, `output.too_large`, `output.not_read`, or what is there is no scorecard.
    """
    try:
        data = read_regular(path, MAX_BYTES)
    except NotRegularError:
        seen, todo = "a folder, named pipe or device, not a regular file", "Take it away, or put the scorecard there"
        raise OutputError("output.not_a_file", seen, todo) from None
    except TooLargeError as error:
        raise OutputError("output.too_large", str(error), "Score the call again, or take the file away") from None
    except OSError as error:
        seen = f"the scorecard can't be read ({type(error).__name__})"
        raise OutputError("output.not_read", seen, "Check its permissions and the disk") from None
    return decode_scorecard(data)


def read_recording(path: Path) -> str | None:
    """The SHA-256 of the recording a scorecard is of, reading nothing else of it; None where it can't be read."""
    try:
        return msgspec.json.decode(read_regular(path, MAX_BYTES), type=_OfRecording).call.facts.sha256
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, OSError):
        return None


def read_or_note(path: Path, file: str, unreadable: list[Unreadable]) -> Scorecard | None:
    """The scorecard in a file; None of one that can't be read.

    Args:
        path: of the file.
        file: what it is called where it is named.
        unreadable: gets it then.
    """
    try:
        return read_scorecard(path)
    except OutputError as error:
        unreadable.append(Unreadable(file, error))
        return None


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a scorecard, made from the types."""
    made = schema_of(Scorecard, "scorecard", SCHEMA_VERSION)
    for described in made["$defs"].values():
        if "description" in described:  # the docstring's first line; the rest speaks to programmers
            described["description"] = described["description"].split("\n", 1)[0]
    return made


def encode_schema() -> bytes:
    """The schema as `analyzer schema` prints it: JSON in the order of the types, indented, with a final line break."""
    return json.dumps(schema(), ensure_ascii=False, indent=2).encode() + b"\n"
