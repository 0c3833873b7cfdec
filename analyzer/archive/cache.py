"""What was heard, kept, so that a changed standard judges a call again without listening again."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Protocol

import msgspec

from analyzer.measure.types import Measure, Measures, Pause, Series, Turn
from analyzer.outputs.encode import Written
from analyzer.pipeline import Heard
from analyzer.settings import code_print, fingerprint

_VERSION = 2
# What decides how a hearing's parts are written, in a hearing as in a scorecard.
_WRITING = ("archive.cache", "call.types", "measure.types", "outputs.encode", "spans", "speech.types")
_ENCODER = msgspec.json.Encoder(order="deterministic")
MAX_KEPT_BYTES = 1 << 27  # of one file, packed or not; a call of hours takes some millions
_GZIP = 16 + zlib.MAX_WBITS


class _Short(msgspec.Struct, frozen=True):
    """A hearing without its long parts, and the code that wrote it."""

    heard: Heard
    written_by: str


_SHORT_DECODER = msgspec.json.Decoder(_Short)
# The long parts, each on a line of its own below, by the scorecard's field.
_LONG: dict[str, msgspec.json.Decoder[Any]] = {
    "turns": msgspec.json.Decoder(tuple[Turn, ...]),
    "pauses": msgspec.json.Decoder(tuple[Pause, ...]),
    "measures": msgspec.json.Decoder(tuple[Measure, ...]),
    "series": msgspec.json.Decoder(tuple[Series, ...]),
}


class Memory(Protocol):
    """Keeps what can be made again."""

    def recall(self, name: str) -> bytes | None:
        """What was kept under a name; None when it isn't there."""

    def remember(self, name: str, data: bytes) -> None:
        """Keeps it, whole or not at all; raises `OutputError`."""


@dataclass(frozen=True, slots=True)
class KeptHearing:
    """A hearing with the hash of what was written of it.

    Args:
        written: what stands in the file as it will in the scorecard, by the scorecard's field.
    """

    heard: Heard
    sha256: str
    written: Mapping[str, Written] = field(default_factory=dict)


def heard_name(key: str) -> str:
    """Where the hearing of that key is kept: one compressed JSON file each, with a hash of its own."""
    return f"heard/{key[:2]}/{key}.json.gz"


def load_heard(memory: Memory, key: str) -> KeptHearing | None:
    """The hearing; None when it isn't there or isn't what was written."""
    opened = unseal(memory.recall(heard_name(key)))
    if opened is None:
        return None
    (first, *texts), sha256 = opened
    try:
        short = _SHORT_DECODER.decode(first)
        parts = {name: d.decode(text) for (name, d), text in zip(_LONG.items(), texts, strict=True)}
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    heard = _with_parts(short.heard, parts["turns"], parts["pauses"], Measures(parts["measures"], parts["series"]))
    if short.written_by != _writer():  # its types may have had other fields
        return KeptHearing(heard, sha256)
    written = {n: Written(part, msgspec.Raw(text)) for (n, part), text in zip(parts.items(), texts, strict=True)}
    return KeptHearing(heard, sha256, written)


def keep_heard(memory: Memory, key: str, heard: Heard) -> KeptHearing:
    """Writes the hearing.

    Raises:
        OutputError: it could not be written.
    """
    short = _Short(_with_parts(heard, (), (), Measures((), ())), _writer())
    long = (heard.conversation.turns, heard.conversation.pauses, heard.measures.items, heard.measures.series)
    packed, sha256 = seal([_ENCODER.encode(part) for part in (short, *long)], level=6)
    memory.remember(heard_name(key), packed)
    return KeptHearing(heard, sha256)


def _with_parts(heard: Heard, turns: tuple[Turn, ...], pauses: tuple[Pause, ...], measures: Measures) -> Heard:
    conversation = replace(heard.conversation, turns=turns, pauses=pauses)
    return replace(heard, conversation=conversation, measures=measures)


@cache
def _writer() -> str:
    return code_print(_WRITING, ("msgspec",))


def seal(lines: Sequence[bytes], level: int = 1) -> tuple[bytes, str]:
    """Bytes that tell when they are damaged, compressed, with a hash on a line of its own; and the hash, SHA-256.

    Args:
        lines: what to keep; JSON of one line each.
        level: 1 is quickly written; 6 takes three times as long and is smaller and more quickly read.
    """
    body = b"\n".join(lines)
    sha256 = hashlib.sha256(body).hexdigest()
    packer = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
    return packer.compress(sha256.encode() + b"\n" + body) + packer.flush(), sha256


def unseal(packed: bytes | None) -> tuple[list[bytes], str] | None:
    """The lines that `seal` was given, and their hash; None when they are not what they were."""
    unpacker = zlib.decompressobj(_GZIP)
    try:
        data = unpacker.decompress(packed or b"", MAX_KEPT_BYTES)
    except zlib.error:
        return None
    if not unpacker.eof:  # cut off, or far more than a call can hold
        return None
    sha256, *lines = data.split(b"\n")
    whole = hashlib.sha256(memoryview(data)[len(sha256) + 1 :]).hexdigest().encode() == sha256
    return (lines, sha256.decode()) if whole else None


def heard_key(sha256: str, name: str, metadata: str, hearing: str) -> str:
    """The name of a hearing.

    Args:
        sha256: of the recording.
        name: of the recording; it stands in the scorecard.
        metadata: fingerprint of what came with it.
        hearing: fingerprint of code, settings and models.
    """
    return fingerprint(_VERSION, sha256, name, metadata, hearing)
