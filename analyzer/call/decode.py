"""Bytes of a data chunk to float32 samples.

PCM, float, A-law and mu-law are decoded here, block by block into the one array that is kept. ADPCM and GSM go
through libsndfile, which is given a header that we wrote ourselves, never the file's own.
"""

from __future__ import annotations

import io
import struct
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from analyzer.call.format import GSM610, IMA_ADPCM, MS_ADPCM, MS_COEFFICIENTS, Format
from analyzer.call.types import Samples
from analyzer.errors import AudioError

Array = npt.NDArray[Any]


class Decoder(Protocol):
    """Takes the data chunk in pieces, whole blocks each, and gives the samples at the end."""

    def feed(self, data: bytes) -> None:
        """Takes the next bytes: a multiple of the format's block."""

    def finish(self) -> Samples:
        """All samples, shape (channels, frames)."""


def decoder_for(fmt: Format, blocks: int) -> Decoder:
    """The decoder for a format.

    Args:
        fmt: what the bytes are.
        blocks: whole blocks that will be fed.
    """
    if fmt.block_frames == 1:
        return _SampleDecoder(fmt, blocks)
    return _BlockDecoder(fmt, blocks)


def alaw_table() -> Samples:
    """ITU-T G.711 A-law: 256 codes to linear, full scale 1.0 (13-bit values over 4096)."""
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment, step = (code & 0x70) >> 4, code & 0x0F
    magnitude = np.where(segment == 0, step * 16 + 8, (step * 16 + 264) << np.maximum(segment - 1, 0))
    return (np.where(code & 0x80, magnitude, -magnitude) / 32768).astype(np.float32)


def ulaw_table() -> Samples:
    """ITU-T G.711 mu-law: 256 codes to linear, full scale 1.0 (14-bit values over 8192)."""
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    segment, step = (code & 0x70) >> 4, code & 0x0F
    magnitude = ((step * 8 + 132) << segment) - 132
    return (np.where(code & 0x80, -magnitude, magnitude) / 32768).astype(np.float32)


class _SampleDecoder:
    """One frame a block: every sample stands for itself."""

    def __init__(self, fmt: Format, blocks: int) -> None:
        self.fmt, self.at = fmt, 0
        self.nonzero = self.float_like = 0  # of 32-bit PCM: samples that would make good floats
        self.out: Samples = np.empty((fmt.channels, blocks), dtype=np.float32)
        self.table = {"alaw": alaw_table, "ulaw": ulaw_table}.get(fmt.codec, lambda: None)()

    def feed(self, data: bytes) -> None:
        values, scale = self._values(data)
        frames = values.reshape(-1, self.fmt.channels)
        end = self.at + len(frames)
        with np.errstate(invalid="ignore"):  # NaN is looked for, and named, in the finished samples
            for channel in range(self.fmt.channels):
                part = self.out[channel, self.at : end]
                np.multiply(frames[:, channel], np.float32(scale), out=part, casting="same_kind")
        self.at = end

    def _values(self, data: bytes) -> tuple[Array, float]:
        codec = self.fmt.codec
        if self.table is not None:
            return self.table[np.frombuffer(data, dtype=np.uint8)], 1.0
        if codec == "pcm_u8":
            return np.frombuffer(data, dtype=np.uint8).astype(np.float32) - np.float32(128), 1 / 128
        order = "<" if codec.endswith("le") else ">"
        if codec.startswith("float"):
            with np.errstate(over="ignore", invalid="ignore"):
                return np.frombuffer(data, dtype=f"{order}f{int(codec[5:-2]) // 8}").astype(np.float32), 1.0
        if codec.startswith("pcm_s16"):
            return np.frombuffer(data, dtype=f"{order}i2"), 1 / (1 << 15)
        if codec.startswith("pcm_s32"):
            whole = np.frombuffer(data, dtype=f"{order}i4")
            as_float = np.abs(whole.view(f"{order}f4"))
            self.nonzero += int(np.count_nonzero(whole))
            self.float_like += int(np.count_nonzero((as_float > 1e-6) & (as_float <= 2.0)))
            return whole.astype(np.float32), 1 / (1 << 31)
        octets = np.frombuffer(data, dtype=np.uint8).reshape(-1, 3)
        wide = np.zeros((len(octets), 4), dtype=np.uint8)
        wide[:, 1:] = octets if order == "<" else octets[:, ::-1]
        return wide.view("<i4")[:, 0] >> 8, 1 / (1 << 23)

    def finish(self) -> Samples:
        # As PCM, floats of sound all lie near half of full scale: no recording does.
        if self.nonzero and self.float_like > 0.95 * self.nonzero:
            raise AudioError(
                "audio.bad_format", "the header claims 32-bit PCM, the samples are floats", "Export it again as PCM WAV"
            )
        return self.out[:, : self.at]


class _BlockDecoder:
    """ADPCM and GSM through libsndfile, from memory, behind a header of our own."""

    _TAGS = {"gsm610": GSM610, "ima_adpcm": IMA_ADPCM, "ms_adpcm": MS_ADPCM}  # noqa: RUF012

    def __init__(self, fmt: Format, blocks: int) -> None:
        self.fmt, self.blocks, self.fed = fmt, blocks, 0
        self.clean = io.BytesIO()
        self.clean.write(self._header())

    def _header(self) -> bytes:
        f = self.fmt
        tag, size = self._TAGS[f.codec], self.blocks * f.block_bytes
        frames = self.blocks * f.block_frames
        extra = struct.pack("<H", f.block_frames)
        if tag == MS_ADPCM:
            extra += struct.pack("<H14h", 7, *(c for pair in MS_COEFFICIENTS for c in pair))
        byte_rate = f.rate_hz * f.block_bytes // f.block_frames
        bits = 0 if tag == GSM610 else 4
        fmt = struct.pack("<HHIIHHH", tag, f.channels, f.rate_hz, byte_rate, f.block_bytes, bits, len(extra)) + extra
        rest = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"fact" + struct.pack("<II", 4, frames)
        return b"RIFF" + struct.pack("<I", len(rest) + 8 + size) + rest + b"data" + struct.pack("<I", size)

    def feed(self, data: bytes) -> None:
        self.clean.write(data)
        self.fed += len(data)

    def finish(self) -> Samples:
        import soundfile  # loads libsndfile: only where it is needed

        f = self.fmt
        frames = self.fed // f.block_bytes * f.block_frames
        out: Samples = np.zeros((f.channels, frames), dtype=np.float32)
        self.clean.seek(0)
        try:
            with soundfile.SoundFile(self.clean) as sound:
                at = 0
                while at < frames:
                    piece = sound.read(min(1 << 18, frames - at), dtype="float32", always_2d=True)
                    if len(piece) == 0:
                        break
                    out[:, at : at + len(piece)] = piece.T
                    at += len(piece)
        except (soundfile.SoundFileError, RuntimeError) as err:
            raise AudioError(
                "audio.undecodable", f"the {f.codec} sound can't be decoded ({err})", "Convert it to PCM WAV"
            ) from err
        finally:
            self.clean.close()
        if at != frames:
            raise AudioError(
                "audio.undecodable",
                f"{at} of {frames} frames of {f.codec} could be decoded",
                "Convert the recording to PCM WAV",
            )
        return out
