"""What was heard, kept, so that a changed standard judges a call again without listening again."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

import msgspec

from analyzer.outputs.encode import Written
from analyzer.pipeline import Heard
from analyzer.settings import code_print, fingerprint

_VERSION = 1
# What decides how a hearing's parts are written, in a hearing as in a scorecard.
_WRITING = ("archive.cache", "call.types", "measure.types", "outputs.encode", "spans", "speech.types")
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
    """A hearing with the hash of what was written of it.

    Args:
        written: what stands in the file as it will in the scorecard, by the scorecard's field.
    """

    heard: Heard
    sha256: str
    written: Mapping[str, Written] = field(default_factory=dict)


class _ConversationTexts(msgspec.Struct, frozen=True):
    turns: msgspec.Raw
    pauses: msgspec.Raw


class _MeasuresTexts(msgspec.Struct, frozen=True):
    items: msgspec.Raw
    series: msgspec.Raw


class _Texts(msgspec.Struct, frozen=True):
    """The long parts of a hearing that a scorecard takes over, and the code that wrote them."""

    conversation: _ConversationTexts
    measures: _MeasuresTexts
    written_by: str = ""


_TEXTS_DECODER = msgspec.json.Decoder(_Texts)


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
        heard = _DECODER.decode(body)
        return KeptHearing(heard, sha256, _written(heard, _TEXTS_DECODER.decode(body)))
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def keep_heard(memory: Memory, key: str, heard: Heard) -> KeptHearing:
    """Writes the hearing.

    Raises:
        OutputError: it could not be written.
    """
    body = _ENCODER.encode(heard)[:-1] + b',"written_by":"%s"}' % _writer().encode()
    memory.remember(heard_name(key), seal(body))
    return KeptHearing(heard, hashlib.sha256(body).hexdigest())


def _written(heard: Heard, texts: _Texts) -> dict[str, Written]:
    """By field of the scorecard; nothing of a hearing that other code wrote, whose types may have had other fields."""
    if texts.written_by != _writer():
        return {}
    return {
        "turns": Written(heard.conversation.turns, texts.conversation.turns),
        "pauses": Written(heard.conversation.pauses, texts.conversation.pauses),
        "measures": Written(heard.measures.items, texts.measures.items),
        "series": Written(heard.measures.series, texts.measures.series),
    }


@cache
def _writer() -> str:
    return code_print(_WRITING, ("msgspec",))


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
