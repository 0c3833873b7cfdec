"""One pass over a party's speech: pitch, voicing, energy and band energies every 10 ms.

Definition: frames of 45 ms every 10 ms, at 8 kHz, so that recordings of any rate give comparable figures. Pitch is
the autocorrelation of the Hann-windowed frame divided by the window's own, its best path through the candidates of
each stretch of speech found by dynamic programming.

Source: P. Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a
sampled sound", IFA Proceedings 17 (1993); its other constants are kept.

Departures: the power spectrum is raised to 0.35 before it is turned into an autocorrelation (a telephone band takes
the first harmonics of a low voice, and the strongest of the rest is then taken for the pitch), and the voicing
threshold and the octave cost are lowered to fit; frames only where the party speaks; peaks are interpolated by a
parabola, not by sin x/x; the reference level of the silence threshold is the 95th percentile of the party's frames,
not the maximum of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import soxr

from analyzer.call.types import Samples, Sound
from analyzer.measure.party import Party
from analyzer.spans import Span, Timeline

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

HOP_MS = 10
WINDOW_MS = 45
RATE_HZ = 8000
LOWEST_RATE_HZ = 2000  # slower sampling holds no voice to look at: there are no frames
LOWEST_HZ, HIGHEST_HZ = 65.0, 520.0
CANDIDATES = 5
BATCH = 3000  # frames looked at together: 30 s, some 12 MB
# Boersma's constants, per 10 ms
VOICING_THRESHOLD, SILENCE_THRESHOLD = 0.12, 0.03
COMPRESSION = 0.35  # of the power spectrum, so that one strong harmonic does not pass for the pitch
OCTAVE_COST, OCTAVE_JUMP_COST, VOICED_UNVOICED_COST = 0.001, 0.35, 0.14

# band edges in Hz; what each is for: pops and handling | first harmonics | first formant | second | third and up
BANDS_HZ = ((40, 160), (160, 500), (500, 1000), (1000, 2000), (2000, 3400))


@dataclass(frozen=True, slots=True)
class Frames:
    """A party's speech, 10 ms at a time; only frames inside its speech.

    Args:
        times_ms: shape (n,), centres, increasing.
        pitch_hz: shape (n,), NaN where unvoiced.
        strength: shape (n,), periodicity 0 to 1 of the best candidate.
        level_db: shape (n,), dBFS of the frame.
        bands_db: shape (n, 5), dBFS by band of `BANDS_HZ`.
        change: shape (n,), how much the spectrum's shape differs from 20 ms before, dB.
    """

    times_ms: npt.NDArray[np.int64]
    pitch_hz: Floats
    strength: Floats
    level_db: Floats
    bands_db: Floats
    change: Floats

    def within(self, span: Span) -> slice:
        """The frames whose centres lie in `span`."""
        a, b = np.searchsorted(self.times_ms, (span.start_ms, span.end_ms))
        return slice(int(a), int(b))

    @property
    def voiced(self) -> Bools:
        """Where there is a pitch."""
        return np.isfinite(self.pitch_hz)


def look_at_frames(party: Party) -> Frames:
    """The frames of all of a party's speech.

    Args:
        party: whose speech.
    """
    return frames_of(party.samples, party.rate_hz, party.alone)


def frames_of(samples: Sound, rate_hz: int, speech: Timeline) -> Frames:
    """The frames of some speech.

    Args:
        samples: of one leg.
        rate_hz: of the samples.
        speech: where to look.
    """
    parts: list[_Part] = []
    if rate_hz >= LOWEST_RATE_HZ:
        spectra = _Spectra(min(rate_hz, RATE_HZ))
        parts = [spectra.look(chunk, times) for chunk, times in _stretches(samples, rate_hz, speech)]
    if not parts:
        none = np.zeros(0, np.float32)
        return Frames(np.zeros(0, np.int64), none, none, none, np.zeros((0, len(BANDS_HZ)), np.float32), none)
    level = np.concatenate([p.level_db for p in parts])
    loud = float(np.percentile(level, 95))
    pitch = [_best_path(p, loud) for p in parts]
    return Frames(
        times_ms=np.concatenate([p.times_ms for p in parts]),
        pitch_hz=np.concatenate(pitch),
        strength=np.concatenate([p.scores.max(axis=1) for p in parts]),
        level_db=level,
        bands_db=np.concatenate([p.bands_db for p in parts]),
        change=np.concatenate([p.change for p in parts]),
    )


def _stretches(samples: Sound, rate_hz: int, speech: Timeline) -> Iterator[tuple[Samples, npt.NDArray[np.int64]]]:
    """Speech in pieces of at most 30 s with half a window on both sides, at 8 kHz or the recording's lower rate."""
    half = WINDOW_MS // 2 + 1
    step = BATCH * HOP_MS
    for span in speech.close_gaps(50):
        for start in range(span.start_ms, span.end_ms, step):
            end = min(start + step, span.end_ms)
            times = np.arange(start + HOP_MS // 2, end, HOP_MS, dtype=np.int64)
            if not times.size:
                continue
            first, last = start - half, end + half
            chunk = samples[max(0, first) * rate_hz // 1000 : last * rate_hz // 1000]
            front = max(0, -first) * rate_hz // 1000
            size = (last - first) * rate_hz // 1000
            chunk = np.pad(chunk, (front, max(0, size - front - chunk.size)))
            if rate_hz > RATE_HZ:
                chunk = soxr.resample(chunk, rate_hz, RATE_HZ, quality="HQ")
            yield chunk.astype(np.float32, copy=False), times


@dataclass(frozen=True, slots=True)
class _Part:
    times_ms: npt.NDArray[np.int64]
    level_db: Floats
    bands_db: Floats
    change: Floats
    freqs: Floats  # (n, CANDIDATES), Hz
    scores: Floats  # (n, CANDIDATES), normalised autocorrelation; -1 where there is no candidate


class _Spectra:
    """The transforms of one analysis rate."""

    def __init__(self, rate_hz: int) -> None:
        self.rate = rate_hz
        self.size = rate_hz * WINDOW_MS // 1000
        window = np.hanning(self.size + 2)[1:-1]
        self.window = window.astype(np.float32)
        self.gain = float(np.mean(window**2))
        longest = min(int(rate_hz / LOWEST_HZ) + 1, self.size - 2)
        self.nfft = 1 << (self.size + longest).bit_length()
        # lags in steps of half a sample, else a short period's peak falls between two and looks low
        self.lag_rate = 2 * rate_hz
        self.short, self.long = max(2, int(self.lag_rate / HIGHEST_HZ)), 2 * longest
        own = np.fft.irfft(np.abs(np.fft.rfft(window, self.nfft)) ** 2, 2 * self.nfft)[: self.long + 2]
        self.own = (own / own[0]).astype(np.float32)
        hz = np.fft.rfftfreq(self.nfft, 1 / rate_hz)
        self.bands = np.array([(hz >= a) & (hz < b) for a, b in BANDS_HZ], dtype=np.float32).T
        edges = np.geomspace(300, min(3400.0, rate_hz / 2), 12)
        shape = np.array([(hz >= a) & (hz < b) for a, b in pairwise(edges)], dtype=np.float32)
        self.shape = (shape / np.maximum(shape.sum(axis=1, keepdims=True), 1)).T

    def look(self, chunk: Samples, times: npt.NDArray[np.int64]) -> _Part:
        starts = (np.arange(times.size) * HOP_MS + HOP_MS // 2 + 1) * self.rate // 1000
        starts = np.minimum(starts, chunk.size - self.size)
        windows = np.lib.stride_tricks.sliding_window_view(chunk, self.size)[starts]
        centred = windows - windows.mean(axis=1, keepdims=True)
        power = np.abs(np.fft.rfft(centred * self.window, self.nfft).astype(np.complex64)) ** 2
        scale = np.float32(2.0 / (self.gain * self.size * self.nfft))  # sums to the frame's mean square
        bands = 10 * np.log10(power @ self.bands * scale + 1e-12)
        shape = power @ self.shape * scale + 1e-12
        # bands 30 dB below the strongest are noise: they may not count as change
        shape = 10 * np.log10(np.maximum(shape, shape.max(axis=1, keepdims=True) * 1e-3))
        shape -= shape.mean(axis=1, keepdims=True)
        change = np.zeros(times.size, np.float32)
        if times.size > 2:
            change[2:] = np.sqrt(np.mean((shape[2:] - shape[:-2]) ** 2, axis=1))
            change[:2] = change[2]
        freqs, scores = self._candidates(power)
        level = 10 * np.log10(np.mean(centred**2, axis=1) + 1e-12)
        return _Part(times, level.astype(np.float32), bands.astype(np.float32), change, freqs, scores)

    def _candidates(self, power: Floats) -> tuple[Floats, Floats]:
        auto = np.fft.irfft(power**COMPRESSION, 2 * self.nfft)[:, : self.long + 2].astype(np.float32)
        auto = auto / np.maximum(auto[:, :1], 1e-12) / self.own
        low = auto[:, self.short - 1 : self.long + 2]
        left, mid, right = low[:, :-2], low[:, 1:-1], low[:, 2:]
        lags = np.arange(self.short, self.long + 1, dtype=np.float32)
        peak = (mid > left) & (mid >= right) & (mid > 0.5 * VOICING_THRESHOLD)
        # favour the shorter period a little, so that a voice is not heard an octave down
        rank = np.where(peak, mid - OCTAVE_COST * np.log2(lags / lags[0]), -1.0)
        best = np.argpartition(-rank, CANDIDATES, axis=1)[:, :CANDIDATES]
        rows = np.arange(len(low))[:, None]
        a, b, c = left[rows, best], mid[rows, best], right[rows, best]
        bend = a - 2 * b + c
        off = np.clip(np.where(bend < 0, 0.5 * (a - c) / np.minimum(bend, -1e-9), 0.0), -0.5, 0.5)
        found = peak[rows, best]
        height = np.where(found, np.minimum(b - 0.25 * (a - c) * off, 1.0), -1.0)
        return (self.lag_rate / (lags[best] + off)).astype(np.float32), height.astype(np.float32)


def _best_path(part: _Part, loud_db: float) -> Floats:
    """Pitch of each frame: the cheapest path through its candidates and 'unvoiced'."""
    n = part.times_ms.size
    amplitude = 10 ** ((part.level_db - loud_db) / 20)
    unvoiced = VOICING_THRESHOLD + np.maximum(0.0, 2 - amplitude / (SILENCE_THRESHOLD / (1 + VOICING_THRESHOLD)))
    gain = np.where(
        part.scores > 0, part.scores - OCTAVE_COST * np.log2(HIGHEST_HZ / np.maximum(part.freqs, 1.0)), -10.0
    )
    local = np.concatenate([unvoiced[:, None], gain], axis=1).astype(np.float32)
    octave = np.log2(part.freqs)
    cost = np.empty((n, CANDIDATES + 1, CANDIDATES + 1), np.float32)  # from, to
    cost[:, 0, 0] = 0.0
    cost[:, 1:, 0] = cost[:, 0, 1:] = VOICED_UNVOICED_COST
    cost[1:, 1:, 1:] = OCTAVE_JUMP_COST * np.abs(octave[:-1, :, None] - octave[1:, None, :])
    score = local[0]
    back = np.zeros((n, CANDIDATES + 1), np.int64)
    columns = np.arange(CANDIDATES + 1)
    for t in range(1, n):
        total = score[:, None] - cost[t]
        back[t] = total.argmax(axis=0)
        score = total[back[t], columns] + local[t]
    pitch = np.full(n, np.nan, np.float32)
    state = int(score.argmax())
    for t in range(n - 1, -1, -1):
        if state:
            pitch[t] = part.freqs[t, state - 1]
        state = int(back[t, state])
    return pitch
