"""Fingerprints of frozen settings and of our own code: what decides whether a cached result still holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

PACKAGE = Path(__file__).parent
# What of a folder decides; "*.pyc" where a package is installed without its sources.
_COUNTING = ("*.py", "*.json", "*.npz", "*.pyc")


def fingerprint(*settings: Any) -> str:
    """SHA-256 (16 hex digits) of frozen dataclasses or plain values, by field name and value.

    Args:
        settings: anything msgspec can encode; the order of arguments matters, the order of keys does not.
    """
    encoded = msgspec.json.encode([msgspec.to_builtins(s) for s in settings], order="deterministic")
    return hashlib.sha256(encoded).hexdigest()[:16]


def code_print(parts: Iterable[str], libraries: Iterable[str]) -> str:
    """Names what some of our code and the libraries below it do: no changed table or threshold can be forgotten.

    The same wherever and however the package is installed, and whatever Python compiled of it.

    Args:
        parts: modules below `analyzer`, or "folder.*": all code and weights in it. The bytes of their files count.
        libraries: as they are installed; their version counts.

    Raises:
        ModuleNotFoundError: a part is not there.
    """
    files = sorted({(file.relative_to(PACKAGE).as_posix(), file) for part in parts for file in files_of(part)})
    ours = [(name, _hash_of(file)) for name, file in files]
    return fingerprint(ours, {name: version(name) for name in libraries})


def files_of(part: str) -> list[Path]:
    """The files that a part of `code_print` stands for."""
    place = PACKAGE / part.removesuffix(".*").replace(".", "/")
    if part.endswith(".*"):
        found = [file for pattern in _COUNTING for file in place.rglob(pattern) if _counts(file.relative_to(place))]
        found = [file for file in found if file.suffix != ".pyc" or not file.with_suffix(".py").exists()]
    else:
        module = place / "__init__" if place.is_dir() else place
        found = [file for end in (".py", ".pyc") if (file := module.with_name(module.name + end)).is_file()][:1]
    if not found:
        raise ModuleNotFoundError(f"there is no {part} in {PACKAGE}")
    return found


def _counts(below: Path) -> bool:
    """Whether a file is one of the package's: nothing an editor left, nothing that Python compiled on its way."""
    return not any(name.startswith(".") or name == "__pycache__" for name in below.parts)


@cache
def _hash_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
