"""The fmt chunk: which codec, and whether its fields agree with each other.

The fields say the same thing several times (bytes a frame; bytes a second). Where two witnesses agree against a third
that doesn't change the sound, the third is named as a defect; where the sound itself is in question the file is
refused, because a wrong rate or channel count makes every later figure wrong.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from analyzer.call.riff import Riff
from analyzer.call.sniff import CONVERT
from analyzer.call.types import Defect
from analyzer.errors import AudioError

MAX_CHANNELS = 2  # one leg each, or everybody in one
MIN_RATE_HZ, MAX_RATE_HZ = 8000, 48000
_USUAL_RATES = frozenset([8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000])

PCM, MS_ADPCM, FLOAT, ALAW, ULAW, IMA_ADPCM, GSM610, EXTENSIBLE = 1, 2, 3, 6, 7, 0x11, 0x31, 0xFFFE
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
# The seven coefficient pairs of the format's definition; files may state others, which nobody does.
MS_COEFFICIENTS = ((256, 0), (512, -256), (0, 0), (192, 64), (240, 0), (460, -208), (392, -232))

_UNREADABLE = {
    0x10: "OKI ADPCM", 0x14: "G.723 ADPCM", 0x15: "DigiSTD", 0x17: "Dialogic OKI ADPCM", 0x20: "Yamaha ADPCM",
    0x22: "DSP Group TrueSpeech", 0x38: "NMS VBX ADPCM", 0x40: "G.721 ADPCM", 0x41: "G.728", 0x42: "G.723.1",
    0x45: "G.726 ADPCM", 0x50: "MPEG audio", 0x55: "MP3", 0x59: "ClearJump", 0x64: "G.726 ADPCM", 0x65: "G.722",
    0x83: "G.729", 0x92: "Dolby AC-3", 0xFF: "AAC", 0x111: "Vivo G.723", 0x125: "Sanyo ADPCM", 0x130: "Sipro ACELP",
    0x133: "Sipro G.729A", 0x135: "VoiceAge AMR", 0x160: "Windows Media", 0x161: "Windows Media", 0x28F: "G.722 ADPCM",
    0x674F: "Ogg Vorbis", 0x704F: "Opus", 0xA100: "G.723.1", 0xA109: "Speex", 0xA10B: "AAC", 0xF1AC: "FLAC",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Format:
    """How the bytes of the data chunk become samples.

    Args:
        codec: "pcm_u8", "pcm_s16le", ..., "float32le", "alaw", "ulaw", "ima_adpcm", "ms_adpcm", "gsm610".
        channels: 1 or 2.
        rate_hz: frames a second.
        block_bytes: bytes of the smallest unit that can be decoded (one frame for PCM, one block for ADPCM).
        block_frames: frames in that unit.
        defects: of the fmt chunk.
    """

    codec: str
    channels: int
    rate_hz: int
    block_bytes: int
    block_frames: int
    defects: tuple[Defect, ...] = ()


def parse_format(riff: Riff) -> Format:
    """Reads the fmt chunk and checks it against itself.

    Raises:
        AudioError: `audio.truncated_header`, `audio.unknown_codec`, `audio.no_channels`, `audio.too_many_channels`,
            `audio.bad_rate`, `audio.bad_format`.
    """
    body = riff.fmt
    if len(body) < 16:
        raise AudioError("audio.truncated_header", f"the fmt chunk has {len(body)} of 16 bytes", CONVERT)
    order = riff.byte_order
    tag, channels, rate, byte_rate, align, bits = struct.unpack_from(order + "HHIIHH", body)
    extra = body[18 : 18 + struct.unpack_from(order + "H", body, 16)[0]] if len(body) >= 18 else b""
    if tag == EXTENSIBLE:
        tag = _extensible_tag(order, body)
    if tag not in (PCM, MS_ADPCM, FLOAT, ALAW, ULAW, IMA_ADPCM, GSM610):
        name = _UNREADABLE.get(tag)
        raise AudioError(
            "audio.unknown_codec", f"the sound is {name or 'in an unknown codec'} (tag {tag:#06x})", CONVERT
        )
    _check_channels_and_rate(channels, rate)
    defects: list[Defect] = []
    if tag in (PCM, FLOAT, ALAW, ULAW):
        codec = _sample_codec(tag, bits, order)
        width = (bits + 7) // 8
        _check_frame(channels, rate, byte_rate, align, width, defects)
        return Format(codec, channels, rate, channels * width, 1, tuple(defects))
    if order == ">":
        raise AudioError("audio.unknown_codec", f"codec {tag:#06x} in a big-endian RIFX file", CONVERT)
    return _block_format(tag, channels, rate, byte_rate, align, bits, extra)


def _extensible_tag(order: str, body: bytes) -> int:
    if len(body) < 40:
        raise AudioError("audio.truncated_header", f"an extensible fmt chunk of {len(body)} bytes", CONVERT)
    tag, tail = struct.unpack_from(order + "H", body, 24)[0], body[26:40]
    if tail != _GUID_TAIL and not (order == ">" and tail == bytes.fromhex("000000000010800000aa00389b71")):
        raise AudioError("audio.unknown_codec", f"an extensible format with sub-format {body[24:40].hex()}", CONVERT)
    return int(tag)


def _check_channels_and_rate(channels: int, rate: int) -> None:
    if channels == 0:
        raise AudioError("audio.no_channels", "the header claims 0 channels", "Export the recording again")
    if channels > MAX_CHANNELS:
        raise AudioError(
            "audio.too_many_channels",
            f"the header claims {channels} channels, at most {MAX_CHANNELS} are taken",
            "Export the agent's and the customer's leg as one stereo file",
        )
    if not MIN_RATE_HZ <= rate <= MAX_RATE_HZ:
        raise AudioError(
            "audio.bad_rate",
            f"the header claims {rate} Hz, {MIN_RATE_HZ} to {MAX_RATE_HZ} are taken",
            "Resample the recording, or export it again if the rate is wrong",
        )


def _sample_codec(tag: int, bits: int, order: str) -> str:
    end = "le" if order == "<" else "be"
    if tag == PCM and 1 <= bits <= 32:
        width = (bits + 7) // 8
        return "pcm_u8" if width == 1 else f"pcm_s{width * 8}{end}"
    if tag == FLOAT and bits in (32, 64):
        return f"float{bits}{end}"
    if tag in (ALAW, ULAW) and bits == 8:
        return "alaw" if tag == ALAW else "ulaw"
    kind = {PCM: "PCM", FLOAT: "float", ALAW: "A-law", ULAW: "mu-law"}[tag]
    raise AudioError("audio.bad_format", f"{kind} with {bits} bits a sample", "Export the recording again as PCM WAV")


def _check_frame(channels: int, rate: int, byte_rate: int, align: int, width: int, defects: list[Defect]) -> None:
    frame = channels * width
    if align != frame:
        # Two witnesses for another frame size: channels or bits are wrong, and the sound with them.
        if byte_rate != rate * frame:
            raise AudioError(
                "audio.bad_format",
                f"{channels} channels of {width} bytes make {frame} bytes a frame; the header claims {align}, "
                f"and {byte_rate} bytes a second at {rate} Hz",
                "Export the recording again as PCM WAV",
            )
        defects.append(Defect("block_size_wrong", f"the header claims {align} bytes a frame, it is {frame}"))
    elif byte_rate != rate * frame:
        _check_rate(rate, byte_rate, byte_rate / frame, defects)


def _check_rate(rate: int, byte_rate: int, implied: float, defects: list[Defect]) -> None:
    """The rate against what the bytes a second mean: an unusual rate is not believed against a usual one."""
    if implied == rate:
        return
    if rate not in _USUAL_RATES and implied in _USUAL_RATES:
        raise AudioError(
            "audio.bad_rate",
            f"the header claims {rate} Hz, but its {byte_rate} bytes a second mean {implied:.0f} Hz",
            "Export the recording again; its rate decides every figure",
        )
    detail = f"the header claims {rate} Hz, its {byte_rate} bytes a second mean {implied:.0f} Hz"
    defects.append(Defect("byte_rate_wrong", detail))


def _block_format(tag: int, channels: int, rate: int, byte_rate: int, align: int, bits: int, extra: bytes) -> Format:
    defects: list[Defect] = []
    stated = struct.unpack_from("<H", extra)[0] if len(extra) >= 2 else None
    if tag == GSM610:
        codec, good = "gsm610", align == 65 and channels == 1
        frames = 320
    elif tag == IMA_ADPCM:
        codec, good = "ima_adpcm", bits == 4 and align > 4 * channels and (align // channels) % 4 == 0
        frames = (align // channels - 4) * 2 + 1
    else:
        codec, good = "ms_adpcm", bits == 4 and align > 7 * channels
        frames = (align - 7 * channels) * 2 // channels + 2
        if len(extra) >= 32:
            pairs = struct.unpack_from("<14h", extra, 4)
            good = good and tuple(zip(pairs[::2], pairs[1::2], strict=True)) == MS_COEFFICIENTS
    if not good or align % channels or align > 32768:
        raise AudioError(
            "audio.bad_format",
            f"{codec} with {channels} channels, {align} bytes a block and {bits} bits",
            "Export the recording again as PCM WAV",
        )
    if stated is not None and stated != frames:
        if tag != GSM610 and abs(byte_rate - rate * align / frames) > rate * align / frames * 0.02:
            raise AudioError(
                "audio.bad_format",
                f"{codec} blocks of {align} bytes hold {frames} frames, the header claims {stated}",
                "Export the recording again as PCM WAV",
            )
        defects.append(Defect("block_frames_wrong", f"the header claims {stated} frames a block, it is {frames}"))
    elif byte_rate:
        implied = byte_rate * frames / align
        near = min(_USUAL_RATES, key=lambda usual: abs(usual - implied))
        if abs(implied - near) < near * 0.01:
            implied = near  # writers round the bytes a second of blocks in their own ways
        if abs(implied - rate) > rate * 0.01 or rate not in _USUAL_RATES:
            _check_rate(rate, byte_rate, implied, defects)
    return Format(codec, channels, rate, align, frames, tuple(defects))
