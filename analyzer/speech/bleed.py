"""Takes one leg's sound out of the other before anybody is said to speak there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Bleed, Samples

_BEFORE = 16  # taps before the delay (8 kHz: 2 ms)
_AFTER = 112  # and after it (14 ms)
_SEGMENT = 4096
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

    samples: Samples
    expected_db: _Floats
    left_db: float


def take_out_all(legs: Sequence[Samples], bleeds: Sequence[Bleed], rate_hz: int = 8000) -> dict[int, Cleaned]:
    """Fits a short filter for every bleed and subtracts what it predicts.

    Where each leg is heard on the other, the copy's source holds a copy itself: the sources are cleaned in turns.

    Args:
        legs: one array of shape (frames,) a leg, at `rate_hz`.
        bleeds: what `look_at_legs` found; legs are counted as channels there.
        rate_hz: of the legs.

    Returns:
        The cleaned legs, by index.
    """
    known = [b for b in bleeds if b.source_channel < len(legs) and b.into_channel < len(legs)]
    taps = {b: _fit(_shift(legs[b.source_channel], b, rate_hz), legs[b.into_channel], b.level_db) for b in known}
    own = list(legs)
    copies: dict[int, Samples] = {}
    rounds = 1 if len(known) < 2 else 2 if max(b.level_db for b in known) < -15.0 else 4
    for _ in range(rounds):
        now = list(own)
        for b in known:
            copies[b.into_channel] = _filter(_shift(own[b.source_channel], b, rate_hz), taps[b])
            now[b.into_channel] = legs[b.into_channel] - copies[b.into_channel]
        own = now
    return {i: Cleaned(own[i], frame_db(copy), _left(legs[i], own[i], copy)) for i, copy in copies.items()}


def _left(heard: Samples, cleaned: Samples, copy: Samples) -> float:
    """How far under the copy the sound stays where it had been nothing but the copy, in dB."""
    expected, residual, level = frame_db(copy), frame_db(cleaned), frame_db(heard)
    alone = (np.abs(level - expected) < 3.0) & (expected > -62.0)
    left = float(np.median((residual - expected)[alone])) if alone.sum() > 20 else 0.0
    return min(0.0, left)


def _shift(source: Samples, bleed: Bleed, rate_hz: int) -> Samples:
    """The source as late as its copy, less the taps that lie before it."""
    shift = round(bleed.delay_ms * rate_hz / 1000) - _BEFORE
    out = np.zeros_like(source)
    if shift >= 0:
        out[shift:] = source[: source.size - shift]
    else:
        out[:shift] = source[-shift:]
    return out


def _filter(x: Samples, taps: _Floats) -> Samples:
    """Convolution in blocks."""
    out = np.zeros_like(x)
    block = (1 << 15) - taps.size
    size = 1 << 15
    spectrum = np.fft.rfft(taps, size)
    for first in range(0, x.size, block - taps.size):
        start = max(0, first - taps.size)
        piece = x[start : start + block]
        made = np.fft.irfft(np.fft.rfft(piece, size) * spectrum, size)[first - start : piece.size]
        out[first : first + made.size] = made
    return out


def frame_db(x: Samples, frame: int = _FRAME) -> _Floats:
    """Level of consecutive frames in dBFS; -100 where nothing moves (a codec's idle code is not zero)."""
    count = x.size // frame
    blocks = x[: count * frame].reshape(count, frame)
    power = np.einsum("ij,ij->i", blocks, blocks).astype(np.float64) / frame
    power[np.ptp(blocks, axis=1) < _FLAT] = 0.0
    return np.asarray(10.0 * np.log10(np.maximum(power, 1e-10)))


def _fit(x: Samples, y: Samples, level_db: float) -> _Floats:
    """Least-squares filter from x to y over segments where y holds hardly more than the copy."""
    count = x.size // _SEGMENT
    taps = _BEFORE + _AFTER
    if count == 0:
        return np.zeros(taps)
    xs = x[: count * _SEGMENT].reshape(count, _SEGMENT)
    ys = y[: count * _SEGMENT].reshape(count, _SEGMENT)
    px = np.einsum("ij,ij->i", xs, xs) / _SEGMENT
    py = np.einsum("ij,ij->i", ys, ys) / _SEGMENT
    excess = 10.0 * np.log10((py + 1e-10) / (px + 1e-10)) - level_db
    good = np.flatnonzero((px > max(1e-7, float(px.max()) * 1e-3)) & (excess < 4.0))
    if good.size < 3:
        good = np.flatnonzero(px > max(1e-7, float(px.max()) * 1e-3))
    good = good[np.argsort(excess[good], kind="stable")][:300]
    if good.size == 0:
        return np.zeros(taps)
    size = 2 * _SEGMENT
    auto = np.zeros(size // 2 + 1)
    cross = np.zeros(size // 2 + 1, dtype=np.complex128)
    weight = 1.0 / px[good]
    fx, fy = np.fft.rfft(xs[good], size), np.fft.rfft(ys[good], size)
    auto = np.sum(np.abs(fx) ** 2 * weight[:, None], axis=0)
    cross = np.sum(fy * np.conj(fx) * weight[:, None], axis=0)
    r = np.fft.irfft(auto, size)[:taps]
    p = np.fft.irfft(cross, size)[:taps]
    r[0] *= 1.001
    matrix = r[np.abs(np.arange(taps)[:, None] - np.arange(taps)[None, :])]
    return np.asarray(np.linalg.solve(matrix, p))
