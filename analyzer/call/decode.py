"""Bytes of a data chunk to samples, kept exactly in 16 bits where the format has no more, else as float32.

PCM, float, A-law and mu-law are decoded here, block by block onto the tape that is kept. ADPCM and GSM go through
libsndfile, which is given a header that we wrote ourselves, never the file's own.
"""

from __future__ import annotations

import struct
import tempfile
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from analyzer.call.format import GSM610, IMA_ADPCM, MS_ADPCM, MS_COEFFICIENTS, Format
from analyzer.call.sound import KEPT_BYTES, Tape
from analyzer.call.types import Defect
from analyzer.errors import AudioError

Array = npt.NDArray[Any]
WILD_LEVEL = 16.0  # 24 dB over full scale: no sound, a damaged or unscaled float
MAX_WILD_SHARE = 0.01


class Decoder(Protocol):
    """Takes the data chunk in pieces, whole blocks each, and gives the sound at the end."""

    def feed(self, data: bytes) -> None:
        """Takes the next bytes: a multiple of the format's block."""

    def finish(self) -> tuple[Tape, list[Defect]]:
        """All of it, and what was wrong with single samples."""


def decoder_for(fmt: Format, blocks: int) -> Decoder:
    """The decoder for a format.

    Args:
        fmt: what the bytes are.
        blocks: whole blocks that will be fed.
    """
    if fmt.block_frames == 1:
        return _SampleDecoder(fmt, blocks)
    return _BlockDecoder(fmt, blocks)


def alaw_table() -> npt.NDArray[np.int16]:
    """ITU-T G.711 A-law: 256 codes to linear, 13-bit values in 16 bits."""
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment, step = (code & 0x70) >> 4, code & 0x0F
    magnitude = np.where(segment == 0, step * 16 + 8, (step * 16 + 264) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def ulaw_table() -> npt.NDArray[np.int16]:
    """ITU-T G.711 mu-law: 256 codes to linear, 14-bit values in 16 bits."""
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    segment, step = (code & 0x70) >> 4, code & 0x0F
    magnitude = ((step * 8 + 132) << segment) - 132
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


class _SampleDecoder:
    """One frame a block: every sample stands for itself."""

    def __init__(self, fmt: Format, blocks: int) -> None:
        self.fmt = fmt
        self.nonzero = self.float_like = 0  # of 32-bit PCM: samples that would make good floats
        self.odd = np.zeros((3, fmt.channels), np.int64)  # of float: not finite, wild, over full scale
        small = fmt.codec in ("alaw", "ulaw", "pcm_u8") or fmt.codec.startswith("pcm_s16")
        self.tape = Tape(blocks, fmt.channels, np.int16 if small else np.float32)
        self.table = {"alaw": alaw_table, "ulaw": ulaw_table}.get(fmt.codec, lambda: None)()

    def feed(self, data: bytes) -> None:
        frames = self._values(data).reshape(-1, self.fmt.channels)
        if self.fmt.codec.startswith("float"):
            self._tame(frames)
        self.tape.write(frames)

    def _values(self, data: bytes) -> Array:
        codec = self.fmt.codec
        if self.table is not None:
            return self.table[np.frombuffer(data, dtype=np.uint8)]
        if codec == "pcm_u8":
            return (np.frombuffer(data, dtype=np.uint8).astype(np.int16) - 128) << 8
        order = "<" if codec.endswith("le") else ">"
        if codec.startswith("float"):
            with np.errstate(over="ignore", invalid="ignore"):
                return np.frombuffer(data, dtype=f"{order}f{int(codec[5:-2]) // 8}").astype(np.float32)
        if codec.startswith("pcm_s16"):
            return np.frombuffer(data, dtype=f"{order}i2")
        if codec.startswith("pcm_s32"):
            whole = np.frombuffer(data, dtype=f"{order}i4")
            as_float = np.abs(whole.view(f"{order}f4"))
            self.nonzero += int(np.count_nonzero(whole))
            self.float_like += int(np.count_nonzero((as_float > 1e-6) & (as_float <= 2.0)))
            return whole.astype(np.float32) * np.float32(1 / (1 << 31))
        octets = np.frombuffer(data, dtype=np.uint8).reshape(-1, 3)
        wide = np.zeros((len(octets), 4), dtype=np.uint8)
        wide[:, 1:] = octets if order == "<" else octets[:, ::-1]
        return (wide.view("<i4")[:, 0] >> 8).astype(np.float32) * np.float32(1 / (1 << 23))

    def _tame(self, frames: Array) -> None:
        """Sets float samples that are no sound to 0, in place and counted."""
        finite = np.isfinite(frames)
        with np.errstate(invalid="ignore"):
            tall = finite & (np.abs(frames) > WILD_LEVEL)
        frames[~finite | tall] = 0.0
        self.odd += [np.count_nonzero(found, axis=0) for found in (~finite, tall, np.abs(frames) > 1.0)]

    def finish(self) -> tuple[Tape, list[Defect]]:
        # As PCM, floats of sound all lie near half of full scale: no recording does.
        if self.nonzero and self.float_like > 0.95 * self.nonzero:
            raise AudioError(
                "audio.bad_format", "the header claims 32-bit PCM, the samples are floats", "Export it again as PCM WAV"
            )
        defects: list[Defect] = []
        for channel, (not_finite, wild, over) in enumerate(self.odd.T.tolist()):
            if not_finite + wild > MAX_WILD_SHARE * self.tape.frames:
                raise AudioError(
                    "audio.not_sound",
                    f"channel {channel}: {not_finite} samples are NaN or infinite and {wild} are over {WILD_LEVEL:.0f} "
                    f"times full scale, of {self.tape.frames}",
                    "Export the recording again with samples between -1 and 1",
                )
            if not_finite:
                what = f"{not_finite} samples are NaN or infinite and were set to 0"
                defects.append(Defect("nan_samples", what, channel))
            if wild:
                defects.append(Defect("wild_samples", f"{wild} samples are no sound and were set to 0", channel))
            if over:
                defects.append(Defect("over_full_scale", f"{over} samples are above full scale", channel))
        return self.tape, defects


class _BlockDecoder:
    """ADPCM and GSM through libsndfile, from a copy behind a header of our own. All of them decode to 16 bits."""

    _TAGS = {"gsm610": GSM610, "ima_adpcm": IMA_ADPCM, "ms_adpcm": MS_ADPCM}  # noqa: RUF012

    def __init__(self, fmt: Format, blocks: int) -> None:
        self.fmt, self.blocks, self.fed = fmt, blocks, 0
        self.clean = tempfile.SpooledTemporaryFile(KEPT_BYTES)  # noqa: SIM115
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

    def finish(self) -> tuple[Tape, list[Defect]]:
        import soundfile  # loads libsndfile: only where it is needed

        f = self.fmt
        frames = self.fed // f.block_bytes * f.block_frames
        tape = Tape(frames, f.channels, np.int16)
        self.clean.seek(0)
        try:
            with soundfile.SoundFile(self.clean) as sound:
                while tape.frames < frames:
                    piece = sound.read(min(1 << 18, frames - tape.frames), dtype="int16", always_2d=True)
                    if len(piece) == 0:
                        break
                    tape.write(piece)
        except (soundfile.SoundFileError, RuntimeError) as err:
            raise AudioError(
                "audio.undecodable", f"the {f.codec} sound can't be decoded ({err})", "Convert it to PCM WAV"
            ) from err
        finally:
            self.clean.close()
        if tape.frames != frames:
            raise AudioError(
                "audio.undecodable",
                f"{tape.frames} of {frames} frames of {f.codec} could be decoded",
                "Convert the recording to PCM WAV",
            )
        return tape, []
