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


class HeardCache:
    """One compressed JSON file for each hearing, named by everything that decided it, with a hash of its own.

    Args:
        folder: the output folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / STATE_FOLDER / "heard"
        self._decoder = msgspec.json.Decoder(Heard)
        self._encoder = msgspec.json.Encoder(order="deterministic")

    def path(self, key: str) -> Path:
        """Where the hearing of that key stands."""
        return self.folder / key[:2] / f"{key}.json.gz"

    def load(self, key: str) -> Heard | None:
        """The hearing; None when it isn't there or isn't what was written."""
        try:
            data = gzip.decompress(self.path(key).read_bytes())
        except (OSError, EOFError, zlib.error):
            return None
        digest, _, body = data.partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != digest:
            return None
        try:
            return self._decoder.decode(body)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return None

    def keep(self, key: str, heard: Heard) -> None:
        """Writes the hearing, whole or not at all.

        Raises:
            OutputError: it could not be written.
        """
        body = self._encoder.encode(heard)
        data = hashlib.sha256(body).hexdigest().encode() + b"\n" + body
        write_atomic(self.path(key), gzip.compress(data, 1, mtime=0), durable=False)


def heard_key(sha256: str, name: str, metadata: str, hearing: str) -> str:
    """The name of a hearing.

    Args:
        sha256: of the recording.
        name: of the recording; it stands in the scorecard.
        metadata: fingerprint of what came with it.
        hearing: fingerprint of settings, models and version.
    """
    return fingerprint(_VERSION, sha256, name, metadata, hearing)
