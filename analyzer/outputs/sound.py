"""The recording as a page carries it: compressed inside, or linked; and its outline for drawing."""

from __future__ import annotations

import base64
import io
import os
import zlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from analyzer.call.types import Samples
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


def embed_sound(samples: Samples, rate_hz: int, *, muted: Timeline | None = None, codec: str = "opus") -> EmbeddedSound:
    """The recording, compressed for a page. The same samples give the same bytes.

    Args:
        samples: shape (channels, frames), full scale 1.0; of more than two channels the first two are kept.
        rate_hz: of the samples.
        muted: stretches to silence on every channel, e.g. what redaction found.
        codec: "opus" (about 2 kB a second and leg) or "flac" (lossless at 16 bits).
    """
    kept = np.array(samples[:2], dtype=np.float32)
    for span in muted or ():
        kept[:, span.start_ms * rate_hz // 1000 : -(-span.end_ms * rate_hz // 1000)] = 0.0
    out = io.BytesIO()
    if codec == "flac":
        soundfile.write(out, kept.T, rate_hz, format="FLAC", subtype="PCM_16")
        return EmbeddedSound(out.getvalue(), "audio/flac")
    rate = next((r for r in _OPUS_RATES if r >= min(rate_hz, 16000)), 16000)
    if rate != rate_hz:
        kept = soxr.resample(kept.T, rate_hz, rate).T.astype(np.float32)
    with soundfile.SoundFile(
        out, "w", rate, kept.shape[0], format="OGG", subtype="OPUS", compression_level=0.96
    ) as ogg:
        for start in range(0, kept.shape[1], rate * 60):
            ogg.write(np.clip(kept[:, start : start + rate * 60], -1, 1).T)
    return EmbeddedSound(_same_serial(out.getvalue()), "audio/ogg; codecs=opus")


def outline(samples: Samples, rate_hz: int) -> list[dict[str, Any]]:
    """Lowest and highest sample per bin of time for each channel, as a page draws it.

    Args:
        samples: shape (channels, frames).
        rate_hz: of the samples.

    Returns:
        per channel `bin_ms`, `top` and `b64`: signed bytes, low then high per bin, one scale for all channels.
    """
    frames = samples.shape[1]
    bin_ms = max(10, -(-frames * 1000 // rate_hz // _MOST_BINS))
    size = max(1, rate_hz * bin_ms // 1000)
    bins = -(-frames // size)
    lows: npt.NDArray[np.float32] = np.zeros((samples.shape[0], bins), np.float32)
    highs = np.zeros_like(lows)
    for channel, leg in enumerate(samples):
        whole = frames // size * size
        rows = leg[:whole].reshape(-1, size)
        lows[channel, : len(rows)], highs[channel, : len(rows)] = rows.min(1), rows.max(1)
        if whole < frames:
            lows[channel, -1], highs[channel, -1] = leg[whole:].min(), leg[whole:].max()
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
