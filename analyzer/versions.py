"""Schema versions of our files: the major number says whether this program can read one."""

from __future__ import annotations

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


def pattern(ours: str) -> str:
    """What versions of our shape look like, as a regular expression for a JSON schema."""
    return rf"^{_major(ours)}(\.|$)"


def _major(version: str) -> str:
    return version.split(".")[0]
