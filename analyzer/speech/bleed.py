"""Takes one leg's sound out of the other before anybody is said to speak there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_toeplitz

from analyzer.call.sound import at_rate, on_tape, rows
from analyzer.call.types import Bleed, Legs, Samples, Sound

_RATE_HZ = 8000
_BEFORE = 16  # taps before the delay (8 kHz: 2 ms)
_AFTER = 2032  # and after it (254 ms): a room goes on sounding
_SEGMENT = 8192
_HARDLY_DB = 6.0  # more than where a leg holds least beside the copy
_GAIN = 1000  # samples with one gain: 125 ms
_TOGETHER = 3  # of which so many decide about it
_ALIKE = 4  # neighbouring samples that say the same
_LOUDEST = 12.0  # gain
_LOUDER = 2.0  # power of a source over what is heard with its copy: else it may itself be an echo of the voice there
_FRAME = 40  # 5 ms
_FLAT = 3.0 / 32768.0  # peak to peak of digital silence
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A leg without the other's copy.

    Args:
        samples: at 8 kHz, the copy subtracted.
        expected_db: level of the copy that was expected, a value every 5 ms (dBFS).
        left_db: how much of the copy the subtraction leaves, usually (negative dB).
    """

    samples: Sound
    expected_db: _Floats
    left_db: float


def clean(legs: Legs) -> dict[int, Cleaned]:
    """The legs into which the other is heard, by index, without its copy. A filter is fitted: once a call is enough.

    Args:
        legs: as `look_at_legs` returns them.
    """
    return take_out_all(at_8_khz(legs), legs.bleed) if legs.bleed else {}


def own_sound(legs: Legs, cleaned: Mapping[int, Cleaned]) -> Legs:
    """The legs at 8 kHz, each without the other's copy; as they are where none was found.

    Args:
        legs: as `look_at_legs` returns them.
        cleaned: from `clean`.
    """
    if not cleaned:
        return legs
    sounds = (cleaned[i].samples if i in cleaned else sound for i, sound in enumerate(at_8_khz(legs)))
    own = tuple(replace(leg, samples=sound) for leg, sound in zip(legs.legs, sounds, strict=True))
    return replace(legs, legs=own, rate_hz=_RATE_HZ)


def at_8_khz(legs: Legs) -> list[Sound]:
    """The sound of every leg at the rate at which speech is found."""
    return [at_rate(leg.samples, legs.rate_hz, _RATE_HZ, "MQ") for leg in legs.legs]


def take_out_all(legs: Sequence[Sound], bleeds: Sequence[Bleed], rate_hz: int = _RATE_HZ) -> dict[int, Cleaned]:
    """Fits a filter for every bleed, a room's echo long, and subtracts what it predicts.

    Where each leg is heard on the other, the copy's source holds a copy itself: the sources are cleaned in turns.

    Args:
        legs: their sound at `rate_hz`.
        bleeds: what `look_at_legs` found; legs are counted as channels there.
        rate_hz: of the legs.

    Returns:
        The cleaned legs, by index.
    """
    known = [b for b in bleeds if b.source_channel < len(legs) and b.into_channel < len(legs)]
    taps = {b: _fit(_shift(legs[b.source_channel], b, rate_hz), legs[b.into_channel]) for b in known}
    own = list(legs)
    copies: dict[int, Sound] = {}
    rounds = 1 if len(known) < 2 else 2 if max(b.level_db for b in known) < -15.0 else 4
    for _ in range(rounds):
        now = list(own)
        for b in known:
            source = _shift(own[b.source_channel], b, rate_hz)
            copy = _as_loud_as(legs[b.into_channel], _filter(source, taps[b]), source)
            copies[b.into_channel] = copy
            now[b.into_channel] = _Less(legs[b.into_channel], copy)
        own = now
    return {i: Cleaned(own[i], frame_db(copy), _left(legs[i], own[i], copy)) for i, copy in copies.items()}


@dataclass(frozen=True, slots=True)
class _Less:
    """A sound without another of its length."""

    sound: Sound
    other: Sound

    def __len__(self) -> int:
        return len(self.sound)

    def __getitem__(self, part: slice, /) -> Samples:
        return self.sound[part] - self.other[part]


@dataclass(frozen=True, slots=True)
class _Later:
    """A sound so many samples later (earlier when negative), as long as it was."""

    sound: Sound
    by: int

    def __len__(self) -> int:
        return len(self.sound)

    def __getitem__(self, part: slice, /) -> Samples:
        first, last, _ = part.indices(len(self))
        out = np.zeros(max(0, last - first), np.float32)
        found = self.sound[max(0, first - self.by) : max(0, last - self.by)]
        at = max(0, self.by - first)
        out[at : at + found.size] = found
        return out


@dataclass(frozen=True, slots=True)
class _Scaled:
    """A sound with a gain for every `_GAIN` samples."""

    sound: Sound
    gains: _Floats

    def __len__(self) -> int:
        return len(self.sound)

    def __getitem__(self, part: slice, /) -> Samples:
        first, last, _ = part.indices(len(self))
        gains = self.gains[np.arange(first, max(first, last)) // _GAIN]
        return np.asarray(self.sound[part] * gains, np.float32)


def _as_loud_as(heard: Sound, copy: Sound, source: Sound) -> Sound:
    """The copy as loud as it is in what was heard then and there: an echo canceller lets more or less of it through.

    Its gain stays 1 where it can't be told from that, because the other party speaks over it; and where its source is
    no louder, for that may be the echo of the voice heard here, which would be taken out of itself.
    """
    sums = np.concatenate(
        [np.zeros((4, 0))]
        + [
            np.array([np.einsum("ij,ij->i", a, b) for a, b in ((ys, cs), (cs, cs), (ys, ys), (xs, xs))], np.float64)
            for ys, cs, xs in zip(rows(heard, _GAIN), rows(copy, _GAIN), rows(source, _GAIN), strict=True)
        ],
        axis=1,
    )
    both, own, every, from_there = (np.convolve(x, np.ones(_TOGETHER), "same") for x in sums)
    gain = both / (own + 1e-12)
    off = np.sqrt(np.maximum(every - gain * both, 0) / (own + 1e-12) / (_TOGETHER * _GAIN / _ALIKE))
    told = (np.abs(gain - 1) > 3 * off) & (from_there > _LOUDER * every)
    gain = np.where(told, np.clip(gain, 0, _LOUDEST), 1.0)
    return _Scaled(copy, np.append(gain, np.ones(_TOGETHER)))  # what is left behind the last whole ones


def _left(heard: Sound, cleaned: Sound, copy: Sound) -> float:
    """How far under the copy the sound stays where it had been nothing but the copy, in dB."""
    expected, residual, level = frame_db(copy), frame_db(cleaned), frame_db(heard)
    alone = (np.abs(level - expected) < 3.0) & (expected > -62.0)
    left = float(np.median((residual - expected)[alone])) if alone.sum() > 20 else 0.0
    return min(0.0, left)


def _shift(source: Sound, bleed: Bleed, rate_hz: int) -> Sound:
    """The source as late as its copy, less the taps that lie before it."""
    return _Later(source, round(bleed.delay_ms * rate_hz / 1000) - _BEFORE)


def _filter(x: Sound, taps: _Floats) -> Sound:
    """Convolution in blocks."""
    block = (1 << 15) - taps.size
    size = 1 << 15
    spectrum = np.fft.rfft(taps, size)

    def made() -> Iterator[Samples]:
        step = block - taps.size
        for first in range(0, len(x), step):
            start = max(0, first - taps.size)
            piece = x[start : start + block]
            whole = np.fft.irfft(np.fft.rfft(piece, size) * spectrum, size)
            yield whole[first - start : piece.size][:step].astype(np.float32)

    return on_tape(made(), len(x))


def frame_db(x: Sound, frame: int = _FRAME) -> _Floats:
    """Level of consecutive frames in dBFS; -100 where nothing moves (a codec's idle code is not zero)."""
    parts = [np.zeros(0)]
    for frames in rows(x, frame):
        power = np.einsum("ij,ij->i", frames, frames).astype(np.float64) / frame
        power[np.ptp(frames, axis=1) < _FLAT] = 0.0
        parts.append(10.0 * np.log10(np.maximum(power, 1e-10)))
    return np.concatenate(parts)


def _segments(x: Sound) -> Samples:
    """Mean square of every segment."""
    parts = [np.einsum("ij,ij->i", part, part) / np.float32(_SEGMENT) for part in rows(x, _SEGMENT)]
    return np.concatenate(parts).astype(np.float32)


def _fit(x: Sound, y: Sound) -> _Floats:
    """Least-squares filter from x to y over segments where y holds hardly more than the copy."""
    taps = _BEFORE + _AFTER
    if len(x) < _SEGMENT:
        return np.zeros(taps)
    px, py = _segments(x), _segments(y)
    loud = np.flatnonzero(px > max(1e-7, float(px.max()) * 1e-3))
    if loud.size == 0:
        return np.zeros(taps)
    excess = 10.0 * np.log10((py[loud] + 1e-10) / (px[loud] + 1e-10))
    near = loud[excess < np.percentile(excess, 10) + _HARDLY_DB]
    good = near if near.size >= 3 else loud[np.argsort(excess, kind="stable")[:3]]
    good = good[np.argsort(py[good] / px[good], kind="stable")][:300]
    size = 2 * _SEGMENT
    weight = 1.0 / (py[good] + 1e-10)  # where y is loud there is more in it than the copy
    xs, ys = (np.stack([s[i * _SEGMENT : (i + 1) * _SEGMENT] for i in good.tolist()]) for s in (x, y))
    fx, fy = np.fft.rfft(xs, size), np.fft.rfft(ys, size)
    auto = np.sum(np.abs(fx) ** 2 * weight[:, None], axis=0)
    cross = np.sum(fy * np.conj(fx) * weight[:, None], axis=0)
    r = np.fft.irfft(auto, size)[:taps]
    p = np.fft.irfft(cross, size)[:taps]
    r[0] *= 1.001
    return np.asarray(solve_toeplitz(r, p))
