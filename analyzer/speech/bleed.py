"""Takes one leg's sound out of the other before anybody is said to speak there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Bleed, Samples

_BEFORE = 16  # taps before the delay (8 kHz: 2 ms)
_AFTER = 112  # and after it (14 ms)
_SEGMENT = 4096
_FRAME = 40  # 5 ms
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


def take_out(into: Samples, source: Samples, bleed: Bleed, rate_hz: int = 8000) -> Cleaned:
    """Fits a short filter from the source to its copy and subtracts what it predicts.

    Args:
        into: the leg that hears the other, shape (frames,) at `rate_hz`.
        source: the other leg, the same shape.
        bleed: what `look_at_legs` found.
        rate_hz: of both.
    """
    lag = round(bleed.delay_ms * rate_hz / 1000)
    size = min(into.size, source.size)
    delayed = np.zeros(into.size, dtype=np.float32)
    shift = lag - _BEFORE
    if shift >= 0:
        delayed[shift:size] = source[: max(0, size - shift)]
    else:
        delayed[: size + shift] = source[-shift:size]
    taps = _fit(delayed, into, bleed.level_db)
    copy = np.zeros(into.size, dtype=np.float32)
    block = 1 << 15
    spectrum = np.fft.rfft(taps, block + 2 * taps.size)
    for first in range(0, into.size, block):
        start = max(0, first - taps.size)
        piece = delayed[start : first + block]
        out = np.fft.irfft(np.fft.rfft(piece, block + 2 * taps.size) * spectrum, block + 2 * taps.size)
        keep = out[first - start : piece.size]
        copy[first : first + keep.size] = keep
    cleaned = into - copy
    expected = frame_db(copy)
    residual, heard = frame_db(cleaned), frame_db(into)
    alone = (np.abs(heard - expected) < 3.0) & (expected > -62.0)
    left = float(np.median((residual - expected)[alone])) if alone.sum() > 20 else 0.0
    return Cleaned(cleaned, expected, min(0.0, left))


def frame_db(x: Samples, frame: int = _FRAME) -> _Floats:
    """Level of consecutive frames in dBFS, not below -100."""
    count = x.size // frame
    blocks = x[: count * frame].reshape(count, frame)
    power = np.einsum("ij,ij->i", blocks, blocks).astype(np.float64) / frame
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
