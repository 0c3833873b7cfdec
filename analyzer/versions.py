"""Schema versions of our files: the major number says whether this program can read one. And their schemas."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec


def version_in(data: bytes, field: str, ours: str) -> str:
    """The schema version a JSON object states, whatever shape the rest of it has.

    Args:
        data: JSON bytes, of anything.
        field: what every version of such a file has beside `schema_version`.
        ours: this program's version, given back where `data` is no such file.
    """
    try:
        fields = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        return msgspec.json.decode(fields["schema_version"], type=str) if field in fields else ours
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, KeyError):
        return ours


def is_other(version: str, ours: str) -> bool:
    """True where a file of that version has another shape than ours."""
    return _major(version) != _major(ours)


def schema_of(kind: type, name: str, version: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of one of our files, made from its type.

    Args:
        kind: the type, which has a `schema_version`: any of the same shape will do.
        name: of the file's kind, in the schema's address.
        version: of its shape.
    """
    made = msgspec.json.schema(kind)
    for described in made["$defs"].values():
        if "description" in described:  # msgspec before 0.23 leaves a docstring's indent in it
            described["description"] = inspect.cleandoc(described["description"])
    made["$defs"][kind.__name__]["properties"]["schema_version"]["pattern"] = rf"^{_major(version)}(\.|$)"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:analyzer:{name}:{version}",
        "title": kind.__name__,
        **made,
    }


def _major(version: str) -> str:
    return version.split(".")[0]
