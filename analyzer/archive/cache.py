"""What was heard, kept, so that a changed standard judges a call again without listening again."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import Protocol

import msgspec

from analyzer.pipeline import Heard
from analyzer.settings import fingerprint

_VERSION = 1
_DECODER = msgspec.json.Decoder(Heard)
_ENCODER = msgspec.json.Encoder(order="deterministic")
_GZIP = 16 + zlib.MAX_WBITS


class Memory(Protocol):
    """Keeps what can be made again."""

    def recall(self, name: str) -> bytes | None:
        """What was kept under a name; None when it isn't there."""

    def remember(self, name: str, data: bytes) -> None:
        """Keeps it, whole or not at all; raises `OutputError`."""


@dataclass(frozen=True, slots=True)
class KeptHearing:
    """A hearing with the hash of what was written of it."""

    heard: Heard
    sha256: str


def heard_name(key: str) -> str:
    """Where the hearing of that key is kept: one compressed JSON file each, with a hash of its own."""
    return f"heard/{key[:2]}/{key}.json.gz"


def load_heard(memory: Memory, key: str) -> KeptHearing | None:
    """The hearing; None when it isn't there or isn't what was written."""
    opened = unseal(memory.recall(heard_name(key)))
    if opened is None:
        return None
    body, sha256 = opened
    try:
        return KeptHearing(_DECODER.decode(body), sha256)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def keep_heard(memory: Memory, key: str, heard: Heard) -> KeptHearing:
    """Writes the hearing.

    Raises:
        OutputError: it could not be written.
    """
    body = _ENCODER.encode(heard)
    memory.remember(heard_name(key), seal(body))
    return KeptHearing(heard, hashlib.sha256(body).hexdigest())


def seal(body: bytes) -> bytes:
    """Bytes that tell when they are damaged: compressed, the hash on a line of its own."""
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    return packer.compress(hashlib.sha256(body).hexdigest().encode() + b"\n" + body) + packer.flush()


def unseal(packed: bytes | None) -> tuple[bytes, str] | None:
    """What `seal` was given, and its SHA-256; None when it is not what it was."""
    try:
        data = zlib.decompress(packed or b"", _GZIP)
    except zlib.error:
        return None
    sha256, _, body = data.partition(b"\n")
    return (body, sha256.decode()) if hashlib.sha256(body).hexdigest().encode() == sha256 else None


def heard_key(sha256: str, name: str, metadata: str, hearing: str) -> str:
    """The name of a hearing.

    Args:
        sha256: of the recording.
        name: of the recording; it stands in the scorecard.
        metadata: fingerprint of what came with it.
        hearing: fingerprint of settings, models and version.
    """
    return fingerprint(_VERSION, sha256, name, metadata, hearing)
