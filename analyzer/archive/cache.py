"""What was heard, kept, so that a changed standard judges a call again without listening again."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path

import msgspec

from analyzer.archive.ledger import STATE_FOLDER
from analyzer.outputs.files import write_atomic
from analyzer.pipeline import Heard
from analyzer.settings import fingerprint

_VERSION = 1
_DECODER = msgspec.json.Decoder(Heard)
_ENCODER = msgspec.json.Encoder(order="deterministic")


class HeardCache:
    """One compressed JSON file for each hearing, named by everything that decided it, with a hash of its own.

    Args:
        folder: the output folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / STATE_FOLDER / "heard"

    def path(self, key: str) -> Path:
        """Where the hearing of that key stands."""
        return self.folder / key[:2] / f"{key}.json.gz"

    def load(self, key: str) -> Heard | None:
        """The hearing; None when it isn't there or isn't what was written."""
        packed = self.load_packed(key)
        return None if packed is None else unpack(packed)

    def load_packed(self, key: str) -> bytes | None:
        """The file's bytes as they are; None when it isn't there."""
        try:
            return self.path(key).read_bytes()
        except OSError:
            return None

    def keep(self, key: str, heard: Heard) -> None:
        """Writes the hearing, whole or not at all.

        Raises:
            OutputError: it could not be written.
        """
        self.keep_packed(key, pack(heard))

    def keep_packed(self, key: str, packed: bytes) -> None:
        """Writes what `pack` made."""
        write_atomic(self.path(key), packed, durable=False)


def pack(heard: Heard) -> bytes:
    """A hearing as bytes that tell when they are damaged."""
    body = _ENCODER.encode(heard)
    data = hashlib.sha256(body).hexdigest().encode() + b"\n" + body
    return gzip.compress(data, 1, mtime=0)


def unpack(packed: bytes) -> Heard | None:
    """The hearing that `pack` made bytes of; None when they are not what they were."""
    try:
        data = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        return None
    digest, _, body = data.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        return None
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def heard_key(sha256: str, name: str, metadata: str, hearing: str) -> str:
    """The name of a hearing.

    Args:
        sha256: of the recording.
        name: of the recording; it stands in the scorecard.
        metadata: fingerprint of what came with it.
        hearing: fingerprint of settings, models and version.
    """
    return fingerprint(_VERSION, sha256, name, metadata, hearing)
