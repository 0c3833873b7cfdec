"""A WAV file to samples and facts, in one pass over the file.

The bytes that are hashed are the bytes that are decoded. What differs between header and content is in
`WavFacts.defects`; what can't be read raises `AudioError`. Memory: one block, and what `Tape` keeps there.
"""

from __future__ import annotations

import errno
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from analyzer.call.decode import Decoder, decoder_for
from analyzer.call.format import Format, parse_format
from analyzer.call.given import NotRegularError, open_regular
from analyzer.call.riff import Riff, parse_riff
from analyzer.call.types import CallAudio, Defect, WavFacts
from analyzer.errors import AudioError

_BLOCK_BYTES = 1 << 20
MIN_DURATION_MS = 100
MAX_DURATION_MS = 12 * 3600 * 1000
MAX_SAMPLES = 1 << 30  # all channels together
MAX_FILE_BYTES = 1 << 33


def read_call(path: Path) -> CallAudio:
    """Reads and decodes a recording.

    Args:
        path: a WAV file: PCM of 8 to 32 bits, float, A-law, mu-law, IMA or MS ADPCM, GSM 6.10; 1 or 2 channels;
            8 to 48 kHz.

    Returns:
        The sound of every channel, finite, and the facts with every defect.

    Raises:
        AudioError: with a code `audio.*`, when there is nothing to analyse.
    """
    with _Recording(path) as recording:
        layout = recording.layout()
        decoder = decoder_for(layout.fmt, layout.blocks)
        sha256 = recording.read_through(layout, decoder)
    tape, found = decoder.finish()
    frames = min(layout.frames, tape.frames)  # less the padding of the last ADPCM block
    facts = layout.facts(sha256, recording.size, frames, (*layout.defects, *found))
    return CallAudio(facts, tape.sounds(frames))


def read_facts(path: Path) -> WavFacts:
    """The facts of a recording, without decoding it.

    Raises:
        AudioError: as `read_call`, except for what only decoding finds.
    """
    with _Recording(path) as recording:
        layout = recording.layout()
        sha256 = recording.read_through(layout, None)
    return layout.facts(sha256, recording.size, layout.frames, tuple(layout.defects))


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the sound is in the file and how much of it is there."""

    riff: Riff
    fmt: Format
    blocks: int
    frames: int  # after trimming the padding of the last ADPCM block
    claimed: int | None
    defects: tuple[Defect, ...]

    def facts(self, sha256: str, size: int, frames: int, defects: tuple[Defect, ...]) -> WavFacts:
        return WavFacts(
            sha256=sha256,
            size_bytes=size,
            container=self.riff.container,
            codec=self.fmt.codec,
            rate_hz=self.fmt.rate_hz,
            channels=self.fmt.channels,
            frames_claimed=self.claimed,
            frames_present=frames,
            duration_ms=frames * 1000 // self.fmt.rate_hz,
            defects=defects,
        )


def _lay_out(riff: Riff) -> _Layout:
    fmt = parse_format(riff)
    defects = [*riff.defects, *fmt.defects]
    blocks, rest = divmod(riff.data_present, fmt.block_bytes)
    if rest:
        defects.append(Defect("partial_frame", f"{rest} bytes at the end make no whole frame of {fmt.block_bytes}"))
    frames = blocks * fmt.block_frames
    claimed = None if riff.data_claimed is None else riff.data_claimed // fmt.block_bytes * fmt.block_frames
    if riff.fact_frames is not None and fmt.block_frames > 1:
        # The last block is padded; the fact chunk says how much of it is sound.
        if frames - fmt.block_frames < riff.fact_frames <= frames:
            frames = claimed = riff.fact_frames
        elif riff.fact_frames > frames and "data_truncated" in {d.code for d in defects}:
            claimed = riff.fact_frames
        else:
            defects.append(Defect("fact_wrong", f"the fact chunk claims {riff.fact_frames} frames, {frames} are there"))
    elif riff.fact_frames not in (None, 0, 0xFFFFFFFF, claimed):
        defects.append(Defect("fact_wrong", f"the fact chunk claims {riff.fact_frames} frames, the data {claimed}"))
    _check_length(frames, fmt)
    return _Layout(riff, fmt, blocks, frames, claimed, tuple(defects))


def _check_length(frames: int, fmt: Format) -> None:
    if frames == 0:
        raise AudioError("audio.no_frames", "the recording holds no sound", "Check the recorder")
    duration_ms = frames * 1000 // fmt.rate_hz
    if duration_ms < MIN_DURATION_MS:
        raise AudioError(
            "audio.too_short",
            f"the recording holds {frames} frames ({duration_ms} ms), at least {MIN_DURATION_MS} ms are needed",
            "Check the recorder",
        )
    if duration_ms > MAX_DURATION_MS or frames * fmt.channels > MAX_SAMPLES:
        raise AudioError(
            "audio.too_long",
            f"the recording holds {duration_ms // 60000} minutes of {fmt.channels} channels at {fmt.rate_hz} Hz",
            "Split it into calls",
        )


class _Recording:
    """An open file that must stay the same while it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.fd = open_regular(path)
        except FileNotFoundError as err:
            raise AudioError("audio.not_found", "the file is not there", "Check the path") from err
        except NotRegularError as err:
            raise AudioError("audio.not_a_file", "the path is not a regular file", "Give the recording itself") from err
        except (OSError, ValueError) as err:
            raise _unreadable(err) from err
        self.before = os.fstat(self.fd)
        self.size = self.before.st_size
        if self.size > MAX_FILE_BYTES:
            os.close(self.fd)
            raise AudioError("audio.too_long", f"the file has {self.size} bytes", "Split it into calls")

    def __enter__(self) -> _Recording:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)

    def read_at(self, offset: int, count: int) -> bytes:
        try:
            return os.pread(self.fd, max(0, count), offset)
        except OSError as err:
            raise _unreadable(err) from err

    def layout(self) -> _Layout:
        return _lay_out(parse_riff(self.read_at, self.size))

    def read_through(self, layout: _Layout, decoder: Decoder | None) -> str:
        """Hashes the whole file and feeds the sound to the decoder; returns the SHA-256."""
        digest = hashlib.sha256()
        start = layout.riff.data_offset
        step = max(1, _BLOCK_BYTES // layout.fmt.block_bytes) * layout.fmt.block_bytes
        end = start + layout.blocks * layout.fmt.block_bytes
        position = 0
        while position < self.size:
            stop = start if position < start else end if position < end else self.size
            piece = self.read_at(position, min(step, stop - position))
            if len(piece) < min(step, stop - position):
                raise self._changed()
            digest.update(piece)
            if decoder is not None and start <= position < end:
                decoder.feed(piece)
            position += len(piece)
        after = os.fstat(self.fd)
        if (after.st_size, after.st_mtime_ns) != (self.size, self.before.st_mtime_ns):
            raise self._changed()
        return digest.hexdigest()

    def _changed(self) -> AudioError:
        return AudioError(
            "audio.changed", "the file changed while it was read", "Wait until the recording is complete and run again"
        )


def _unreadable(err: Exception) -> AudioError:
    name = errno.errorcode.get(getattr(err, "errno", None) or 0, type(err).__name__)
    if isinstance(err, PermissionError):
        return AudioError("audio.unreadable", "no permission to read the file", "Allow this user to read it")
    if isinstance(err, IsADirectoryError):
        return AudioError("audio.not_a_file", "the path is a folder", "Give the recording itself")
    return AudioError("audio.unreadable", f"the file can't be read ({name})", "Check the disk and the path")
