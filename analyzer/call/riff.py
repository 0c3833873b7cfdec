"""The chunks of a WAV file, read by ourselves before any decoder sees them.

Headers lie: recorders crash before they write the sizes, gateways cut files, editors add broken lists. This parser
walks RIFF, RIFX, RF64 and BW64 within limits, compares what is claimed with what is there, and names every
difference as a `Defect`. It never guesses silently: what can't be read is an `AudioError` with a stable code.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from analyzer.call.sniff import CONVERT, what_is_it
from analyzer.call.types import Defect
from analyzer.errors import AudioError

ReadAt = Callable[[int, int], bytes]  # (offset, count) -> at most count bytes

MAX_CHUNKS = 1024
MAX_SCAN_BYTES = 1 << 20  # how far a lost chunk chain is searched for its next chunk
MAX_FMT_BYTES = 4096
UNKNOWN_SIZE = 0xFFFFFFFF
MAX_CLAIM = 1 << 50  # of a size in ds64: more was never filled in, and its frames may pass what a scorecard holds

# Chunks that real recorders and editors write; anything else needs a size that fits to be believed.
_KNOWN = frozenset([
    b"fmt ", b"data", b"fact", b"LIST", b"ds64", b"JUNK", b"junk", b"PAD ", b"bext", b"iXML", b"cue ", b"smpl",
    b"inst", b"plst", b"PEAK", b"id3 ", b"ID3 ", b"cart", b"levl", b"acid", b"axml", b"chna", b"FLLR", b"DISP",
    b"_PMX", b"afsp", b"SAUR", b"filr", b"minf", b"elm1", b"regn", b"umid", b"note", b"labl",
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Riff:
    """A WAV file's chunks, reduced to what decoding needs.

    Args:
        container: "RIFF", "RIFX", "RF64" or "BW64".
        byte_order: "<" or ">", for `struct` and numpy.
        fmt: body of the fmt chunk, at least 14 bytes.
        data_offset: file offset of the first byte of sound.
        data_claimed: bytes of sound the header claims; None when it doesn't say.
        data_present: bytes of sound that are really in the file.
        fact_frames: frames by the fact chunk (or ds64); None without one.
        defects: what was wrong, in order of appearance.
    """

    container: str
    byte_order: str
    fmt: bytes
    data_offset: int
    data_claimed: int | None
    data_present: int
    fact_frames: int | None
    defects: tuple[Defect, ...]


def parse_riff(read_at: ReadAt, size: int) -> Riff:
    """Walks the chunks of a WAV file.

    Args:
        read_at: reads bytes at an offset; may return fewer at the end of the file.
        size: size of the file in bytes.

    Raises:
        AudioError: `audio.empty`, `audio.not_wav`, `audio.truncated_header`, `audio.no_format`, `audio.no_data`.
    """
    return _Walk(read_at, size).run()


class _Walk:
    """One pass over the chunk chain. Lives only inside `parse_riff`."""

    def __init__(self, read_at: ReadAt, size: int) -> None:
        self.read_at, self.size = read_at, size
        self.defects: list[Defect] = []
        self.container, self.order = "RIFF", "<"
        self.riff_end = size
        self.fmt: bytes | None = None
        self.data: tuple[int, int | None, int] | None = None  # offset, claimed, present
        self.fact: int | None = None
        self.ds64_data: int | None = None
        self.ds64_frames: int | None = None

    def note(self, code: str, detail: str) -> None:
        self.defects.append(Defect(code, detail))

    def run(self) -> Riff:
        self._outer_header()
        position, count = 12, 0
        while position + 8 <= self.size:
            count += 1
            if count > MAX_CHUNKS:
                self.note("too_many_chunks", f"more than {MAX_CHUNKS} chunks; the rest was not looked at")
                break
            following = self._chunk(position)
            if following is None:
                break
            position = following
        else:
            left = self.size - position
            if left > 0 and self.data is not None and self.read_at(position, left).strip(b"\0"):
                self.note("trailing_junk", f"{left} bytes after the last chunk")
        return self._result()

    def _outer_header(self) -> None:
        head = self.read_at(0, 16)
        if self.size == 0 or not head:
            raise AudioError("audio.empty", "the file has 0 bytes", "Fetch the recording again")
        if head[:4] not in (b"RIFF", b"RIFX", b"RF64", b"BW64"):
            start = self.read_at(0, 512)
            if len(start) < 4 and b"RIFF".startswith(start):
                raise AudioError(
                    "audio.truncated_header", f"the file ends after {self.size} bytes", "Fetch the recording again"
                )
            raise AudioError("audio.not_wav", *what_is_it(start, self.size))
        if len(head) < 12:
            raise AudioError(
                "audio.truncated_header", f"the file ends after {self.size} bytes", "Fetch the recording again"
            )
        if head[8:12] != b"WAVE":
            raise AudioError("audio.not_wav", f"a RIFF file of kind {head[8:12]!r}, not WAVE", CONVERT)
        self.container = head[:4].decode()
        self.order = ">" if self.container == "RIFX" else "<"
        claimed = self._u32(head, 4)
        if self.container in ("RF64", "BW64"):
            return  # the true size stands in ds64
        if claimed in (0, UNKNOWN_SIZE):
            self.note("riff_size_unknown", f"the RIFF size is {claimed:#x}: the recorder never came back to fill it in")
        else:
            self.riff_end = claimed + 8
            # One byte less or more is the pad byte of the last chunk, counted or not.
            if abs(self.riff_end - self.size) > 1:
                self.note("riff_size_wrong", f"the RIFF size claims {self.riff_end} bytes, the file has {self.size}")

    def _u32(self, data: bytes, at: int) -> int:
        return int(struct.unpack_from(self.order + "I", data, at)[0])

    def _header_at(self, position: int) -> tuple[bytes, int] | None:
        head = self.read_at(position, 8)
        return (head[:4], self._u32(head, 4)) if len(head) == 8 else None

    def _is_chunk(self, position: int) -> bool:
        """True when a chunk that fits in the file plausibly starts here."""
        head = self._header_at(position)
        if head is None:
            return False
        name, size = head
        fits = position + 8 + size <= self.size
        return (name in _KNOWN and (fits or name == b"data")) or (fits and _printable(name))

    def _chunk(self, position: int) -> int | None:
        """Takes one chunk; returns where the next starts, or None at the end of what can be followed."""
        head = self._header_at(position)
        if head is None:
            return None
        name, claimed = head
        body = position + 8
        if self.data is not None and not self._is_chunk(position):
            self._after_the_sound(position)
            return None
        if not _printable(name):
            return self._search(position, f"no chunk at byte {position}")
        if name == b"data":
            return self._data_chunk(body, claimed)
        if body + claimed > self.size:
            if name == b"fmt ":
                self._take(name, body, self.size - body)
            return self._search(
                body, f"chunk {_show(name)} claims {claimed} bytes, {self.size - body} are left in the file"
            )
        self._take(name, body, claimed)
        return self._step(body + claimed, name, claimed)

    def _step(self, end: int, name: bytes, claimed: int) -> int:
        """Where the next chunk starts: chunks of odd size are padded, but not by every writer."""
        if not claimed & 1 or end >= self.size:
            return end
        if self._is_chunk(end + 1) or not self._is_chunk(end):
            return end + 1
        self.note("chunk_unpadded", f"chunk {_show(name)} of odd size {claimed} has no pad byte")
        return end

    def _take(self, name: bytes, body: int, size: int) -> None:
        if name == b"fmt ":
            if self.fmt is not None:
                if self.read_at(body, min(size, MAX_FMT_BYTES)) != self.fmt:
                    self.note("second_format", "a second fmt chunk differs; the first one holds")
                return
            if self.data is not None:
                self.note("format_after_data", "the fmt chunk stands after the sound")
            self.fmt = self.read_at(body, min(size, MAX_FMT_BYTES))
        elif name == b"fact" and size >= 4 and self.fact is None:
            self.fact = self._u32(self.read_at(body, 4), 0)
        elif name == b"ds64" and size >= 24 and self.ds64_data is None:
            riff_size, self.ds64_data, self.ds64_frames = struct.unpack(self.order + "QQQ", self.read_at(body, 24))
            if self.container in ("RF64", "BW64"):
                if riff_size > MAX_CLAIM:
                    seen = f"the ds64 size is {riff_size:#x}: the recorder never came back to fill it in"
                    self.note("riff_size_unknown", seen)
                    return
                self.riff_end = int(riff_size) + 8
                if abs(self.riff_end - self.size) > 1:
                    self.note("riff_size_wrong", f"ds64 claims {self.riff_end} bytes, the file has {self.size}")

    def _data_chunk(self, body: int, claimed: int) -> int | None:
        if self.data is not None and self.data[2] > 0:
            self.note("second_data", f"a second data chunk of {claimed} bytes was left out")
            return self._step(body + claimed, b"data", claimed) if body + claimed <= self.size else None
        if self.data is not None:
            self.note("second_data", "the first data chunk is empty, the second one was taken")
        left = self.size - body
        if claimed == UNKNOWN_SIZE and self.container in ("RF64", "BW64") and self.ds64_data is not None:
            claimed = self.ds64_data
        if claimed == 0 and left > 0 and not self._is_chunk(body):
            self.note("data_size_zero", f"the header claims no sound, {left} bytes follow and were taken")
            self.data = (body, 0, left)
            return None
        if claimed > left:
            # Recorders that stream write the largest 32-bit (or 31-bit) number there, in ds64 the largest of 64 bits.
            streamed = 0x7FFFF000 <= claimed <= UNKNOWN_SIZE and self.container in ("RIFF", "RIFX")
            if streamed or claimed > MAX_CLAIM:
                self.note("data_size_unknown", f"the data size is {claimed:#x}; {left} bytes are there and were taken")
                self.data = (body, None, left)
            else:
                self.note("data_truncated", f"the header claims {claimed} bytes of sound, {left} are there")
                self.data = (body, claimed, left)
            return None
        self.data = (body, claimed, claimed)
        return self._step(body + claimed, b"data", claimed)

    def _after_the_sound(self, position: int) -> None:
        left = self.size - position
        if self.riff_end > position + 1:
            self.note(
                "data_size_short",
                f"{left} bytes after the claimed sound belong to no chunk; they may be sound and were left out",
            )
        else:
            self.note("trailing_junk", f"{left} bytes after the end of the file that the header describes")

    def _search(self, position: int, why: str) -> int | None:
        """Finds the next fmt or data chunk after the chain broke."""
        window = self.read_at(position, min(MAX_SCAN_BYTES, self.size - position))
        wanted = [name for name, have in ((b"fmt ", self.fmt), (b"data", self.data)) if have is None]
        best: int | None = None
        for name in wanted:
            at = window.find(name)
            while at >= 0:
                if self._is_chunk(position + at) and (best is None or at < best):
                    best = at
                    break
                at = window.find(name, at + 1)
        if best is None:
            self.note("chunk_damaged", f"{why}; nothing usable follows")
            return None
        self.note("chunk_damaged", f"{why}; {best} bytes were skipped")
        return position + best

    def _result(self) -> Riff:
        if self.fmt is None or len(self.fmt) < 14:
            if self.size < 36 or (self.fmt is not None and self.data is None):
                raise AudioError(
                    "audio.truncated_header", f"the file ends after {self.size} bytes", "Fetch the recording again"
                )
            raise AudioError("audio.no_format", "there is no usable fmt chunk", "Export the recording again as PCM WAV")
        if self.data is None:
            if self.size <= 4096 and self.riff_end > self.size:
                raise AudioError(
                    "audio.truncated_header",
                    f"the file ends after {self.size} bytes, before its sound",
                    "Fetch the recording again",
                )
            raise AudioError("audio.no_data", "there is no data chunk", "Export the recording again as PCM WAV")
        offset, claimed, present = self.data
        frames = self.fact
        stated = self.ds64_frames or 0
        if self.container in ("RF64", "BW64") and 0 < stated <= MAX_CLAIM and frames in (None, UNKNOWN_SIZE):
            frames = stated
        return Riff(self.container, self.order, self.fmt, offset, claimed, present, frames, tuple(self.defects))


def _printable(name: bytes) -> bool:
    return len(name) == 4 and all(0x20 <= b < 0x7F for b in name) and name != b"    "


def _show(name: bytes) -> str:
    return repr(name.decode("ascii", "replace"))
