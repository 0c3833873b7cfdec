"""What a file that is not WAV probably is, so that the refusal can say what to do."""

from __future__ import annotations

CONVERT = "Convert it to PCM WAV first, for example: ffmpeg -i INPUT -c:a pcm_s16le OUTPUT.wav"
_FETCH = "Fetch the recording again"

_MAGIC: tuple[tuple[bytes, int, str], ...] = (
    (b"ID3", 0, "MP3 audio"),
    (b"OggS", 0, "Ogg audio"),
    (b"fLaC", 0, "FLAC audio"),
    (b"FORM", 0, "AIFF audio"),
    (b".snd", 0, "Sun AU audio"),
    (b"#!AMR", 0, "AMR audio"),
    (b"#!SILK", 0, "SILK audio"),
    (b"\x02#!SILK", 0, "SILK audio"),
    (b"ftyp", 4, "MP4 or M4A audio"),
    (b"NIST_1A", 0, "NIST SPHERE audio"),
    (b"riff\x2e\x91\xcf\x11", 0, "Sony Wave64 audio"),
    (b"\x30\x26\xb2\x75", 0, "Windows Media audio"),
    (b"\x1aE\xdf\xa3", 0, "a Matroska or WebM file"),
    (b"caff", 0, "Core Audio"),
)


def what_is_it(start: bytes, size: int) -> tuple[str, str]:
    """What was seen and what to do, for an `audio.not_wav` refusal.

    Args:
        start: the first bytes of the file, at most 512.
        size: of the whole file in bytes.
    """
    for magic, at, name in _MAGIC:
        if start[at : at + len(magic)] == magic:
            return f"the file is {name}, not WAV", CONVERT
    if len(start) > 1 and start[0] == 0xFF and start[1] & 0xE0 == 0xE0 and start[1] & 0x06:
        return "the file looks like MP3 audio, not WAV", CONVERT
    if (
        start[:4] == b"PK\x03\x04"
        or start[:2] == b"\x1f\x8b"
        or start[:4] == b"Rar!"
        or start[:6] == b"7z\xbc\xaf'\x1c"
    ):
        return "the file is a packed archive, not WAV", "Unpack it first"
    if not start.strip(b"\0"):
        return f"the file begins with zero bytes ({size} bytes in all), not a WAV header", _FETCH
    if start[:3] == b"\xef\xbb\xbf" and start[3:7] in (b"RIFF", b"RIFX", b"RF64"):
        return "a byte order mark stands before the WAV header: it was copied as text", _FETCH + " as binary"
    if _is_text(start):
        kind = "an HTML page" if start.lstrip().lower().startswith((b"<html", b"<!doctype")) else "text"
        return f"the file is {kind}, not WAV", _FETCH + "; the server may have sent an error page"
    return f"the file does not begin with a WAV header (first bytes {start[:4].hex(' ')})", CONVERT


def _is_text(start: bytes) -> bool:
    try:
        text = start.decode("utf-8")
    except UnicodeDecodeError as err:
        if err.start < len(start) - 4:
            return False
        text = start[: err.start].decode("utf-8")
    return bool(text) and all(c.isprintable() or c in "\r\n\t\ufeff" for c in text)
