"""WAV files built byte by byte, good ones and broken ones, with what must become of each."""

import io
import struct
from dataclasses import dataclass

import numpy as np
import soundfile

from analyzer.call.types import CallAudio, Samples

RATE = 8000
FRAMES = 4000  # half a second


def tone(frames: int = FRAMES, channels: int = 2, rate: int = RATE) -> np.ndarray:
    t = np.arange(frames) / rate
    rows = [0.5 * np.sin(2 * np.pi * 220 * t), 0.25 * np.sin(2 * np.pi * 330 * t)]
    return np.stack(rows[:channels])


def pcm16(samples: np.ndarray, order: str = "<") -> bytes:
    return np.round(samples.T * 32767).astype(f"{order}i2").tobytes()


def chunk(name: bytes, body: bytes, size: int | None = None, order: str = "<", pad: bool = True) -> bytes:
    padding = b"\0" if pad and len(body) % 2 else b""
    return name + struct.pack(order + "I", len(body) if size is None else size) + body + padding


def fmt(
    tag: int = 1,
    channels: int = 2,
    rate: int = RATE,
    bits: int = 16,
    byte_rate: int | None = None,
    align: int | None = None,
    extra: bytes = b"",
    order: str = "<",
) -> bytes:
    align = channels * ((bits + 7) // 8) if align is None else align
    byte_rate = rate * align if byte_rate is None else byte_rate
    return struct.pack(order + "HHIIHH", tag, channels, rate & 0xFFFFFFFF, byte_rate & 0xFFFFFFFF, align, bits) + extra


def riff(*chunks: bytes, magic: bytes = b"RIFF", size: int | None = None, kind: bytes = b"WAVE") -> bytes:
    body = kind + b"".join(chunks)
    order = ">" if magic == b"RIFX" else "<"
    return magic + struct.pack(order + "I", len(body) if size is None else size) + body


SOUND = pcm16(tone())
GOOD = riff(chunk(b"fmt ", fmt()), chunk(b"data", SOUND))


def encoded(subtype: str, channels: int = 2, rate: int = RATE, frames: int = FRAMES, **options: str) -> bytes:
    out = io.BytesIO()
    soundfile.write(
        out, tone(frames, channels, rate).T, rate, subtype=subtype, format=options.pop("format", "WAV"), **options
    )
    return out.getvalue()


def float_wav(samples: np.ndarray, bits: int = 32) -> bytes:
    body = samples.T.astype(f"<f{bits // 8}").tobytes()
    return riff(chunk(b"fmt ", fmt(3, len(samples), bits=bits)), chunk(b"data", body))


def patched(base: bytes, at: int, layout: str, value: int) -> bytes:
    out = bytearray(base)
    struct.pack_into(layout, out, at, value)
    return bytes(out)


@dataclass(frozen=True)
class Broken:
    """A file and what must become of it: an `audio.*` refusal, or the defects it is read with."""

    name: str
    data: bytes
    refusal: str = ""
    defects: tuple[str, ...] = ()
    frames: int | None = None  # when it is read


def _formats() -> list[Broken]:
    def with_fmt(body: bytes) -> bytes:
        return riff(chunk(b"fmt ", body), chunk(b"data", SOUND))

    bad = "audio.bad_format"
    return [
        Broken("no channels", with_fmt(fmt(channels=0, align=4)), "audio.no_channels"),
        Broken("65535 channels", with_fmt(fmt(channels=65535, align=4)), "audio.too_many_channels"),
        Broken("3 channels", with_fmt(fmt(channels=3)), "audio.too_many_channels"),
        Broken("rate 0", with_fmt(fmt(rate=0)), "audio.bad_rate"),
        Broken("rate 4 billion", with_fmt(fmt(rate=4_000_000_000)), "audio.bad_rate"),
        Broken("rate 6000", with_fmt(fmt(rate=6000)), "audio.bad_rate"),
        Broken("rate 96000", with_fmt(fmt(rate=96000)), "audio.bad_rate"),
        Broken("rate one bit off", with_fmt(fmt(rate=8001, byte_rate=32000)), "audio.bad_rate"),
        Broken("byte rate 0", with_fmt(fmt(byte_rate=0)), defects=("byte_rate_wrong",), frames=FRAMES),
        Broken(
            "byte rate forgets channels", with_fmt(fmt(byte_rate=16000)), defects=("byte_rate_wrong",), frames=FRAMES
        ),
        Broken("channels against block", with_fmt(fmt(channels=1, align=4, byte_rate=32000)), bad),
        Broken("bits against block", with_fmt(fmt(bits=24, align=4, byte_rate=32000)), bad),
        Broken("block 0", with_fmt(fmt(align=0, byte_rate=32000)), defects=("block_size_wrong",), frames=FRAMES),
        Broken("bits 0", with_fmt(fmt(bits=0, align=4, byte_rate=32000)), bad),
        Broken("bits 40", with_fmt(fmt(bits=40)), bad),
        Broken("float of 16 bits", with_fmt(fmt(3)), bad),
        Broken("mu-law of 16 bits", with_fmt(fmt(7)), bad),
        Broken("unknown codec", with_fmt(fmt(0x1234)), "audio.unknown_codec"),
        Broken("MP3 inside", with_fmt(fmt(0x55)), "audio.unknown_codec"),
        Broken("G.729 inside", with_fmt(fmt(0x83)), "audio.unknown_codec"),
        Broken("G.723.1 inside", with_fmt(fmt(0x42)), "audio.unknown_codec"),
        Broken("short extensible", with_fmt(fmt(0xFFFE, extra=b"\x16\0\x10\0\3\0\0\0")), "audio.truncated_header"),
        Broken(
            "foreign sub-format",
            with_fmt(fmt(0xFFFE, extra=b"\x16\0\x10\0\3\0\0\0" + b"\7" * 16)),
            "audio.unknown_codec",
        ),
        Broken("fmt of 12 bytes", with_fmt(fmt()[:12]), "audio.no_format"),
        Broken("GSM in stereo", with_fmt(fmt(0x31, 2, bits=0, align=65, byte_rate=1625)), bad),
        Broken("IMA block of 3", with_fmt(fmt(0x11, 1, bits=4, align=3, byte_rate=4000)), bad),
        Broken(
            "IMA in RIFX",
            riff(
                chunk(b"fmt ", fmt(0x11, 1, bits=4, align=256, byte_rate=4055, order=">"), order=">"),
                chunk(b"data", SOUND, order=">"),
                magic=b"RIFX",
            ),
            "audio.unknown_codec",
        ),
        Broken("MS ADPCM with strange coefficients", patched(encoded("MS_ADPCM"), 42, "<h", 255), bad),
    ]


def _sizes() -> list[Broken]:
    head = chunk(b"fmt ", fmt())
    half = len(SOUND) // 2

    def data(claimed: int, size: int | None = None) -> bytes:
        return riff(head, chunk(b"data", SOUND, claimed, pad=False), size=size)

    tail = chunk(b"LIST", b"INFOISFT\x04\0\0\0abc\0")
    ima = chunk(b"fmt ", fmt(0x11, 1, bits=4, align=256, byte_rate=4055)), bytes(256 * 10)
    return [
        Broken("cut in half", GOOD[: 44 + half], defects=("riff_size_wrong", "data_truncated"), frames=FRAMES // 2),
        Broken(
            "cut inside a frame",
            GOOD[: 44 + half + 1],
            defects=("riff_size_wrong", "data_truncated", "partial_frame"),
            frames=FRAMES // 2,
        ),
        Broken("recorder crashed", data(0, size=0), defects=("riff_size_unknown", "data_size_zero"), frames=FRAMES),
        Broken("data size 0", data(0), defects=("data_size_zero",), frames=FRAMES),
        Broken(
            "streamed",
            data(0xFFFFFFFF, size=0xFFFFFFFF),
            defects=("riff_size_unknown", "data_size_unknown"),
            frames=FRAMES,
        ),
        Broken("data size 2 GiB", data(0x7FFFFFFF), defects=("data_size_unknown",), frames=FRAMES),
        Broken("data size doubled", data(2 * len(SOUND)), defects=("data_truncated",), frames=FRAMES),
        Broken("data size halved", data(half), defects=("data_size_short",), frames=FRAMES // 2),
        Broken("data size odd", data(half + 1), defects=("data_size_short", "partial_frame"), frames=FRAMES // 2),
        Broken("RIFF size 0", riff(head, chunk(b"data", SOUND), size=0), defects=("riff_size_unknown",), frames=FRAMES),
        Broken(
            "RIFF size too large",
            riff(head, chunk(b"data", SOUND), size=1 << 30),
            defects=("riff_size_wrong",),
            frames=FRAMES,
        ),
        Broken(
            "RIFF size too small",
            riff(head, chunk(b"data", SOUND), size=100),
            defects=("riff_size_wrong",),
            frames=FRAMES,
        ),
        Broken(
            "junk after the end", GOOD + b"\x01JUNK" * 100, defects=("riff_size_wrong", "trailing_junk"), frames=FRAMES
        ),
        Broken(
            "junk of 5 bytes",
            GOOD + b"\x01\x02\x03\x04\x05",
            defects=("riff_size_wrong", "trailing_junk"),
            frames=FRAMES,
        ),
        Broken("empty data chunk", riff(head, chunk(b"data", b"")), "audio.no_frames"),
        Broken("empty data chunk, then a list", riff(head, chunk(b"data", b""), tail), "audio.no_frames"),
        Broken(
            "empty data chunk, then a full one",
            riff(head, chunk(b"data", b""), chunk(b"data", SOUND)),
            defects=("second_data",),
            frames=FRAMES,
        ),
        Broken(
            "two data chunks",
            riff(head, chunk(b"data", SOUND), chunk(b"data", SOUND[:100])),
            defects=("second_data",),
            frames=FRAMES,
        ),
        Broken(
            "RF64 without ds64",
            riff(head, chunk(b"data", SOUND, 0xFFFFFFFF), magic=b"RF64", size=0xFFFFFFFF),
            defects=("data_truncated",),
            frames=FRAMES,
        ),
        Broken(
            "RF64 whose ds64 claims more",
            riff(
                chunk(b"ds64", struct.pack("<QQQI", 60 + len(SOUND) + 20, 2 * len(SOUND), FRAMES, 0)),
                head,
                chunk(b"data", SOUND, 0xFFFFFFFF),
                magic=b"RF64",
                size=0xFFFFFFFF,
            ),
            defects=("riff_size_wrong", "data_truncated", "fact_wrong"),
            frames=FRAMES,
        ),
        *(
            Broken(
                f"RF64 whose ds64 was never filled in: {name}",
                riff(
                    chunk(b"ds64", struct.pack("<QQQI", *sizes, 0)),
                    form,
                    chunk(b"data", sound, 0xFFFFFFFF),
                    magic=b"RF64",
                    size=0xFFFFFFFF,
                ),
                defects=defects,
                frames=frames,
            )
            for name, sizes, form, sound, defects, frames in (
                ("all -1", (2**64 - 1,) * 3, head, SOUND, ("riff_size_unknown", "data_size_unknown"), FRAMES),
                ("largest of all", (2**63 - 1,) * 3, head, SOUND, ("riff_size_unknown", "data_size_unknown"), FRAMES),
                ("frames -1", (0, len(SOUND), 2**64 - 1), head, SOUND, ("riff_size_wrong",), FRAMES),
                ("frames -1, ADPCM cut", (0, 10**6, 2**64 - 1), *ima, ("riff_size_wrong", "data_truncated"), None),
            )
        ),
    ]


def _chunks() -> list[Broken]:
    head, data = chunk(b"fmt ", fmt()), chunk(b"data", SOUND)
    return [
        Broken("list with a broken inside", riff(head, chunk(b"LIST", b"INFOabcdef"), data), frames=FRAMES),
        Broken("list of odd size", riff(head, chunk(b"LIST", b"INFOabc"), data), frames=FRAMES),
        Broken(
            "list of odd size without pad",
            riff(head, chunk(b"LIST", b"INFOabc", pad=False), data),
            defects=("chunk_unpadded",),
            frames=FRAMES,
        ),
        Broken(
            "list claims 2 GiB",
            riff(head, chunk(b"LIST", b"INFO", 0x7FFFFFFF), data),
            defects=("chunk_damaged",),
            frames=FRAMES,
        ),
        Broken(
            "list claims too little",
            riff(head, chunk(b"LIST", b"INFO\0\0\0\0\0\0\0\0", 4), data),
            defects=("chunk_damaged",),
            frames=FRAMES,
        ),
        Broken("zeros between chunks", riff(head, bytes(64), data), defects=("chunk_damaged",), frames=FRAMES),
        Broken("fmt after data", riff(data, head), defects=("format_after_data",), frames=FRAMES),
        Broken(
            "two fmt chunks",
            riff(head, chunk(b"fmt ", fmt(rate=16000)), data),
            defects=("second_format",),
            frames=FRAMES,
        ),
        Broken("the same fmt twice", riff(head, head, data), frames=FRAMES),
        Broken("no fmt", riff(data), "audio.no_format"),
        Broken("no data", riff(head, chunk(b"LIST", bytes(5000))), "audio.no_data"),
        Broken("no data, cut", GOOD[:36], "audio.truncated_header"),
        Broken("header only", GOOD[:44], "audio.no_frames"),
        Broken("header cut", GOOD[:30], "audio.truncated_header"),
        Broken("a million empty chunks", riff(head, b"AAAA\0\0\0\0" * 100_000, data), "audio.no_data"),
        Broken("zero chunks for 2 MB", riff(head, bytes(2_000_000), data), "audio.no_data"),
        Broken("data before everything", riff(chunk(b"LIST", b"data" * 20), head, data), frames=FRAMES),
    ]


def _contents() -> list[Broken]:
    nan = tone()
    nan[0, 100:110] = np.nan
    wild = tone()
    wild[1, 7] = 1e30
    loud = tone() * 3
    return [
        Broken("some NaN", float_wav(nan), defects=("nan_samples",), frames=FRAMES),
        Broken("all NaN", float_wav(np.full((1, FRAMES), np.nan)), "audio.not_sound"),
        Broken("all infinite", float_wav(np.full((1, FRAMES), np.inf)), "audio.not_sound"),
        Broken("one wild sample", float_wav(wild), defects=("wild_samples",), frames=FRAMES),
        Broken("float64 beyond float32", float_wav(np.full((2, FRAMES), 1e300), 64), "audio.not_sound"),
        Broken("float in 16-bit steps", float_wav(tone() * 32768), "audio.not_sound"),
        Broken("float over full scale", float_wav(loud), defects=("over_full_scale",), frames=FRAMES),
        Broken("one sample", riff(chunk(b"fmt ", fmt(channels=1)), chunk(b"data", b"\1\0")), "audio.too_short"),
        Broken("50 ms", riff(chunk(b"fmt ", fmt()), chunk(b"data", SOUND[: 400 * 4])), "audio.too_short"),
        Broken("digital silence", riff(chunk(b"fmt ", fmt()), chunk(b"data", bytes(len(SOUND)))), frames=FRAMES),
        Broken(
            "ADPCM cut inside a block",
            encoded("IMA_ADPCM", 1)[:-100],
            defects=("riff_size_wrong", "data_truncated", "partial_frame"),
        ),
        Broken(
            "GSM cut inside a block",
            encoded("GSM610", 1)[:-30],
            defects=("riff_size_wrong", "data_truncated", "partial_frame"),
        ),
        Broken(
            "fact chunk claims less",
            riff(chunk(b"fmt ", fmt()), chunk(b"fact", struct.pack("<I", 5)), chunk(b"data", SOUND)),
            defects=("fact_wrong",),
            frames=FRAMES,
        ),
    ]


def _strangers() -> list[Broken]:
    rng = np.random.default_rng(5)
    kinds = {
        "text": b"the recording is not here\n" * 20,
        "HTML": b"<html><body>404 not found</body></html>" * 20,
        "Chinese text": "录音不存在\n".encode() * 40,
        "MP3": b"\xff\xfb\x90\x00" + rng.bytes(2000),
        "tagged MP3": b"ID3\x04\0\0\0" + rng.bytes(2000),
        "Ogg": b"OggS\0" + rng.bytes(2000),
        "FLAC": b"fLaC\0" + rng.bytes(2000),
        "AMR": b"#!AMR\n" + rng.bytes(2000),
        "M4A": b"\0\0\0\x20ftypM4A " + rng.bytes(2000),
        "AIFF": b"FORM" + rng.bytes(2000),
        "zip": b"PK\x03\x04" + rng.bytes(2000),
        "zeros": bytes(1_000_000),
        "noise": rng.bytes(1024),
        "byte order mark": b"\xef\xbb\xbf" + GOOD,
        "AVI": riff(chunk(b"LIST", bytes(100)), kind=b"AVI "),
        "RIFF of nothing": riff(kind=b"    "),
    }
    made = [Broken(f"{name} named .wav", data, "audio.not_wav") for name, data in kinds.items()]
    return [
        *made,
        Broken("0 bytes", b"", "audio.empty"),
        Broken("4 bytes", b"RIFF", "audio.truncated_header"),
        Broken("11 bytes", GOOD[:11], "audio.truncated_header"),
    ]


def broken_files() -> list[Broken]:
    """Every malformed kind."""
    return [*_formats(), *_sizes(), *_chunks(), *_contents(), *_strangers()]


def samples_of(audio: CallAudio) -> Samples:
    """All samples at once, shape (channels, frames)."""
    return np.stack([channel[:] for channel in audio.samples])
