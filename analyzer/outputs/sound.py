"""The recording as a page carries it: compressed inside, or linked; and its outline for drawing."""

from __future__ import annotations

import base64
import io
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
import soundfile

from analyzer.call.sound import regrouped, resampled, rows
from analyzer.call.types import Samples, Sound
from analyzer.spans import Timeline

_OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
_MOST_BINS = 40_000
_SERIAL = (20_260_101).to_bytes(4, "little")
_FLIPPED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class EmbeddedSound:
    """Compressed audio to put inside a page."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class LinkedSound:
    """A recording a page points at, relative to the page's own folder."""

    path: str

    @property
    def url(self) -> str:
        """The path as a relative reference that can't be anything else."""
        safe = quote(os.fsencode(self.path), safe="/~")
        if safe.startswith("//"):  # else it would name a host
            safe = "/" + safe.lstrip("/")
        return safe if safe.startswith(("/", "../", "./")) else f"./{safe}"


def embed_sound(
    samples: Sequence[Sound], rate_hz: int, *, muted: Timeline | None = None, codec: str = "opus"
) -> EmbeddedSound:
    """The recording, compressed for a page. The same samples give the same bytes.

    Args:
        samples: of each channel, all as long; read in blocks. Of more than two channels the first two are kept.
        rate_hz: of the samples.
        muted: stretches to silence on every channel, e.g. what redaction found.
        codec: "opus" (about 2 kB a second and leg) or "flac" (lossless at 16 bits).
    """
    spans = tuple((s.start_ms * rate_hz // 1000, -(-s.end_ms * rate_hz // 1000)) for s in muted or ())
    kept = [_Muted(leg, spans) for leg in samples[:2]]
    out = io.BytesIO()
    if codec == "flac":
        with soundfile.SoundFile(out, "w", rate_hz, len(kept), format="FLAC", subtype="PCM_16") as flac:
            for frames in _minutes(kept, rate_hz, rate_hz):
                flac.write(frames)
        return EmbeddedSound(out.getvalue(), "audio/flac")
    rate = next((r for r in _OPUS_RATES if r >= min(rate_hz, 16000)), 16000)
    with soundfile.SoundFile(out, "w", rate, len(kept), format="OGG", subtype="OPUS", compression_level=0.96) as ogg:
        for frames in _minutes(kept, rate_hz, rate):
            ogg.write(np.clip(frames, -1, 1))
    return EmbeddedSound(_same_serial(out.getvalue()), "audio/ogg; codecs=opus")


@dataclass(frozen=True, slots=True)
class _Muted:
    """A channel with stretches of silence in it: first sample of each and one past its last."""

    sound: Sound
    spans: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.sound)

    def __getitem__(self, part: slice, /) -> Samples:
        first, last, _ = part.indices(len(self.sound))
        out = np.array(self.sound[first:last], np.float32)
        for start, end in self.spans:
            out[max(0, start - first) : max(0, end - first)] = 0.0
        return out


def _minutes(legs: Sequence[Sound], rate_hz: int, to_hz: int) -> Iterator[Samples]:
    """The legs at another rate, a minute at a time, shape (frames, channels)."""
    made = (regrouped(resampled(leg, rate_hz, to_hz, "HQ"), to_hz * 60) for leg in legs)
    for minute in zip(*made, strict=True):
        yield np.stack(minute, axis=1)


def outline(samples: Sequence[Sound], rate_hz: int) -> list[dict[str, Any]]:
    """Lowest and highest sample per bin of time for each channel, as a page draws it.

    Args:
        samples: of each channel, all as long; read in blocks.
        rate_hz: of the samples.

    Returns:
        per channel `bin_ms`, `top` and `b64`: signed bytes, low then high per bin, one scale for all channels.
    """
    frames = len(samples[0])
    bin_ms = max(10, -(-frames * 1000 // rate_hz // _MOST_BINS))
    size = max(1, rate_hz * bin_ms // 1000)
    bins = -(-frames // size)
    lows: npt.NDArray[np.float32] = np.zeros((len(samples), bins), np.float32)
    highs = np.zeros_like(lows)
    for channel, leg in enumerate(samples):
        at = 0
        for some in rows(leg, size):
            lows[channel, at : at + len(some)], highs[channel, at : at + len(some)] = some.min(1), some.max(1)
            at += len(some)
        if at < bins:
            rest = leg[at * size :]
            lows[channel, at], highs[channel, at] = rest.min(), rest.max()
    top = float(np.quantile(np.maximum(highs, -lows), 0.999)) if bins else 0.0
    scale = 127 / max(top, 1e-3)
    pairs = np.clip(np.round(np.stack([lows, highs], axis=2) * scale), -127, 127).astype(np.int8)
    exact_ms = size * 1000 / rate_hz
    return [{"bin_ms": exact_ms, "top": 127, "b64": base64.b64encode(leg.tobytes()).decode()} for leg in pairs]


def _same_serial(ogg: bytes) -> bytes:
    """The Ogg stream with a fixed serial number, where the encoder drew one by lot."""
    out = bytearray(ogg)
    at = 0
    while at + 27 <= len(out) and out[at : at + 4] == b"OggS":
        segments = out[at + 26]
        end = at + 27 + segments + sum(out[at + 27 : at + 27 + segments])
        out[at + 14 : at + 18], out[at + 22 : at + 26] = _SERIAL, b"\0\0\0\0"
        out[at + 22 : at + 26] = _ogg_crc(bytes(out[at:end]))
        at = end
    return bytes(out)


def _ogg_crc(page: bytes) -> bytes:
    """Ogg's checksum by zlib's: the same polynomial with every bit order turned round and no inversion."""
    turned = zlib.crc32(page.translate(_FLIPPED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{turned:032b}"[::-1], 2).to_bytes(4, "little")
