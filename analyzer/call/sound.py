"""Sound in little memory: kept as small as it is exact, read as float32 a stretch at a time.

A call of three hours as float32 is 0.7 GB at 8 kHz, four times that at 48 kHz with the copies at other rates. So
nothing holds a whole leg as float32: what looks at all of it reads it in blocks, what looks at a span reads the span.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

from analyzer.call.types import Samples, Sound
from analyzer.errors import AnalyzerError

KEPT_BYTES = 64 << 20  # 35 minutes of telephone stereo; longer sound goes to a file
BLOCK = 1 << 17  # samples looked at together where nothing else says how many


class Tape:
    """Frames written once from front to back and then read in stretches, in memory or in a file without a name.

    Args:
        frames: the most that will be written.
        channels: samples a frame.
        dtype: int16 (full scale 32768) or float32 (1.0). Beyond `KEPT_BYTES` it is a file where temporary ones are.

    Raises:
        AnalyzerError: machine.temporary_space, here and when it is written.
    """

    def __init__(self, frames: int, channels: int, dtype: npt.DTypeLike) -> None:
        self.frames, self.channels, self.dtype = 0, channels, np.dtype(dtype)
        self._frame_bytes = channels * self.dtype.itemsize
        self._array: npt.NDArray[Any] | None = None
        if frames * self._frame_bytes <= KEPT_BYTES:
            self._array = np.empty((frames, channels), self.dtype)
        else:
            with _temporary():
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
            weakref.finalize(self, self._file.close)

    def write(self, frames: npt.NDArray[Any]) -> None:
        """Adds frames of shape (n, channels)."""
        end = self.frames + len(frames)
        if self._array is not None:
            self._array[self.frames : end] = frames
        else:
            left = np.ascontiguousarray(frames, self.dtype).data.cast("B")
            with _temporary():
                while left:
                    left = left[self._file.write(left) :]
        self.frames = end

    def read(self, first: int, last: int) -> npt.NDArray[Any]:
        """Frames `first` to `last`, shape (n, channels), as they are kept."""
        if self._array is not None:
            return self._array[first : min(last, self.frames)]
        count = max(0, min(last, self.frames) - first) * self._frame_bytes
        data = os.pread(self._file.fileno(), count, first * self._frame_bytes)
        return np.frombuffer(data, self.dtype).reshape(-1, self.channels)

    def sounds(self, frames: int | None = None) -> tuple[Sound, ...]:
        """Every channel, of the first `frames` only."""
        length = self.frames if frames is None else min(frames, self.frames)
        return tuple(_Channel(self, channel, length) for channel in range(self.channels))


@contextlib.contextmanager
def _temporary() -> Iterator[None]:
    """Says what to do when there is no room for temporary files."""
    try:
        yield
    except OSError as error:
        raise AnalyzerError(
            "machine.temporary_space",
            f"the folder for temporary files can't hold this recording's sound ({error.strerror})",
            "Let TMPDIR name a folder with a few GB to spare, then run again with --retry failed",
        ) from error


@dataclass(frozen=True, slots=True)
class _Channel:
    tape: Tape
    channel: int
    length: int

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, part: slice, /) -> Samples:
        first, last, _ = part.indices(self.length)
        frames = self.tape.read(first, max(first, last))[:, self.channel]
        if self.tape.dtype == np.int16:
            return np.asarray(np.multiply(frames, np.float32(1 / 32768), dtype=np.float32))
        return np.array(frames, np.float32)


def on_tape(blocks: Iterable[Samples], frames: int) -> Sound:
    """Sound that is made block by block, kept exactly.

    Args:
        blocks: one after the other.
        frames: the most they will hold.
    """
    tape = Tape(frames, 1, np.float32)
    for block in blocks:
        tape.write(block[:, np.newaxis])
    return tape.sounds()[0]


def blocks(sound: Sound, size: int = BLOCK) -> Iterator[Samples]:
    """All of a sound, `size` samples at a time."""
    for first in range(0, len(sound), size):
        yield sound[first : first + size]


def rows(sound: Sound, size: int) -> Iterator[Samples]:
    """Consecutive frames of `size` samples, many at a time, shape (n, size); what makes no whole frame is left out."""
    whole = len(sound) // size * size
    step = max(1, BLOCK // size) * size
    for first in range(0, whole, step):
        yield sound[first : min(first + step, whole)].reshape(-1, size)


def windows(sound: Sound, size: int, hop: int, together: int) -> Iterator[Samples]:
    """Windows of `size` samples every `hop`, `together` at a time, shape (n, size): views, not to be written to."""
    count = (len(sound) - size) // hop + 1
    for first in range(0, count, together):
        last = min(first + together, count) - 1
        piece = sound[first * hop : last * hop + size]
        yield np.lib.stride_tricks.sliding_window_view(piece, size)[::hop]


def regrouped(made: Iterable[Samples], size: int) -> Iterator[Samples]:
    """The same sound in blocks of exactly `size` samples, the last one shorter."""
    held: list[Samples] = []
    count = 0
    for block in made:
        held.append(block)
        count += block.size
        if count >= size:
            whole = np.concatenate(held)
            for first in range(0, count - size + 1, size):
                yield whole[first : first + size]
            held = [whole[count // size * size :]]
            count %= size
    if count:
        yield np.concatenate(held)


def stretches(made: Iterable[Samples], wanted: Iterable[tuple[int, int]]) -> Iterator[Samples]:
    """Stretches of a sound that is made from front to back and not kept; nothing after the last one is made.

    Args:
        made: the sound in blocks.
        wanted: first sample of each and one past its last, in order of the first; they may overlap.
    """
    source, held, at = iter(made), np.zeros(0, np.float32), 0  # `held` is the sound from `at`
    for first, last in wanted:
        while at + held.size < last and (block := next(source, None)) is not None:
            passed = min(max(0, first - at), held.size)
            held, at = np.concatenate([held[passed:], block]), at + passed
        yield held[max(0, first - at) : last - at]


def resampled(sound: Sound, rate_hz: int, to_hz: int, quality: str) -> Iterator[Samples]:
    """A sound at another rate, block by block: to the bit what resampling it whole gives.

    Args:
        sound: at `rate_hz`.
        rate_hz: its rate.
        to_hz: the rate wanted.
        quality: soxr's name for it.
    """
    if rate_hz == to_hz:
        yield from blocks(sound)
        return
    stream = soxr.ResampleStream(rate_hz, to_hz, 1, dtype="float32", quality=quality)
    for first in range(0, len(sound), BLOCK):
        yield stream.resample_chunk(sound[first : first + BLOCK], last=first + BLOCK >= len(sound))


def at_rate(sound: Sound, rate_hz: int, to_hz: int, quality: str) -> Sound:
    """The same, kept: for sound that is looked at more than once. Sound of that rate already is left where it is."""
    if rate_hz == to_hz:
        return sound
    return on_tape(resampled(sound, rate_hz, to_hz, quality), len(sound) * to_hz // rate_hz + 2)
