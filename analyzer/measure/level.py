"""How loud a party speaks, how evenly, and over what noise.

Definition: active speech level by ITU-T P.56 method B over the party's own speech. 0 dBFS is the power of a constant
at full scale (dBov): a full-scale sine reads -3.0 dBFS.

Source: ITU-T Recommendation P.56 (12/2011), method B: two exponential averages of the rectified signal with a time
constant of 30 ms, thresholds 6 dB apart, hangover 200 ms, margin 15.9 dB.

Departures: samples outside the party's own speech count as silence, so that tones, hold music, bleed and noise in the
pauses can't raise the figure; the envelope is read every 2 ms; the level is interpolated straight between two
thresholds, not refined by bisection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from analyzer.call.grains import grains
from analyzer.call.types import Sound
from analyzer.measure.catalogue import measure
from analyzer.measure.party import Party
from analyzer.measure.types import Measure, Turn
from analyzer.spans import Span, Timeline, runs

TIME_CONSTANT_S, HANGOVER_S, MARGIN_DB = 0.03, 0.2, 15.9
THRESHOLDS_DB = -6.0205999 * np.arange(1, 16)
STEP_S = 0.002  # between readings of the envelope: a long call may not fill the memory
BLOCK_S = 30

SHORTEST_TURN_MS = 500  # less speech gives no level of its own
JUMP_DB = 10.0  # between neighbouring turns of one party
BURST_DB, BURST_MS = 10.0, 300  # above the party's active level, for so long
LOW_SNR_DB = 15.0
CLIP_LEVEL = 0.975  # the top codes of A-law and mu-law lie at 0.98 of full scale
FEW_SPEECH_MS = 3000
GRAIN_MS = 10


@dataclass(frozen=True, slots=True)
class Levels:
    """What the other measures need of a party's loudness.

    Args:
        active_db: active speech level, dBFS; None without speech.
        factor: share of the party's speech time that was active.
        turns_db: of each turn of the party, None where it holds too little speech.
        noise_db: noise floor of the leg, dBFS; None where it is digital silence.
        power: shape (n,), mean square of every 10 ms of the leg, constant removed.
        clipped: share of clipped samples in the speech, 0 to 1.
    """

    active_db: float | None
    factor: float
    turns_db: tuple[float | None, ...]
    noise_db: float | None
    power: npt.NDArray[np.float32]
    clipped: float
    clipped_at: tuple[Span, ...]

    @property
    def snr_db(self) -> float | None:
        """Active level over noise floor; None where one of them is undefined."""
        return None if self.active_db is None or self.noise_db is None else self.active_db - self.noise_db

    def doubt(self, party: Party) -> str | None:
        """Why figures of this party are weak; None when they are not."""
        if party.alone.duration_ms < FEW_SPEECH_MS:
            return "too_little_speech"
        if self.snr_db is not None and self.snr_db < LOW_SNR_DB:
            return "low_snr"
        return "clipped" if self.clipped > 0.005 else None


def active_speech_level(samples: Sound, rate_hz: int, speech: Timeline | None = None) -> tuple[float | None, float]:
    """Active speech level by P.56 method B.

    Args:
        samples: one channel, full scale = 1.0.
        rate_hz: of the samples.
        speech: what counts; the rest is taken as silence. All of it when None.

    Returns:
        the level in dBFS (None when nothing is active) and the active share of all the time given.
    """
    whole = Span(0, -(-len(samples) * 1000 // rate_hz))
    return _method_b(_envelope(samples, rate_hz, Timeline((whole,)) if speech is None else speech))


@dataclass(frozen=True, slots=True)
class _Envelope:
    levels: npt.NDArray[np.float32]  # every STEP_S
    energy: float  # sum of squares, in units of one step
    per_s: float


def _envelope(samples: Sound, rate_hz: int, speech: Timeline) -> _Envelope:
    """Twice averaged |x|, block by block: y[n] = g y[n-1] + (1 - g) |x[n]|, twice."""
    g = float(np.exp(-1.0 / (rate_hz * TIME_CONSTANT_S)))
    every = max(1, round(rate_hz * STEP_S))
    size = max(every, int(rate_hz * 0.25) // every * every)  # g**-size stays small enough for float64
    powers: npt.NDArray[np.float64] = np.power(g, np.arange(1.0, size + 1))
    first = second = energy = 0.0
    out: list[npt.NDArray[np.float32]] = []
    for start in range(0, len(samples), rate_hz * BLOCK_S // size * size or size):
        block = _only(samples, start, start + (rate_hz * BLOCK_S // size * size or size), rate_hz, speech)
        energy += float(np.dot(block, block))
        rows = np.pad(np.abs(block), (0, -len(block) % size)).reshape(-1, size)
        once, first = _average(rows, powers, g, first)
        twice, second = _average(once, powers, g, second)
        out.append(twice.reshape(-1)[: len(block) : every].astype(np.float32))
    levels = np.concatenate(out) if out else np.zeros(0, np.float32)
    return _Envelope(levels, energy / every, rate_hz / every)


def _only(samples: Sound, start: int, end: int, rate_hz: int, speech: Timeline) -> npt.NDArray[np.float64]:
    """`samples[start:end]` with everything outside `speech` set to zero."""
    block = np.zeros(min(end, len(samples)) - start)
    inside = Span(start * 1000 // rate_hz, -(-end * 1000 // rate_hz))
    for span in speech.crop(inside):
        a = max(0, span.start_ms * rate_hz // 1000 - start)
        b = min(len(block), span.end_ms * rate_hz // 1000 - start)
        block[a:b] = samples[start + a : start + b]
    return block


def _average(
    rows: npt.NDArray[np.float64], powers: npt.NDArray[np.float64], g: float, carry: float
) -> tuple[npt.NDArray[np.float64], float]:
    out = np.cumsum(rows / powers, axis=1) * powers * (1 - g)
    ends = out[:, -1].copy()
    for i in range(len(out)):
        before = carry
        carry = float(ends[i] + powers[-1] * before)
        out[i] += powers * before
    return out, carry


def _method_b(envelope: _Envelope) -> tuple[float | None, float]:
    levels, hang = envelope.levels, round(HANGOVER_S * envelope.per_s)
    if not levels.size or envelope.energy <= 0:
        return None, 0.0
    active = np.array([_active_steps(levels, 10 ** (db / 20), hang) for db in THRESHOLDS_DB], dtype=float)
    known = active > 0
    if not known.any():
        return None, 0.0
    level = 10 * np.log10(envelope.energy / np.maximum(active, 1.0))
    over = np.where(
        known, level - THRESHOLDS_DB, -np.inf
    )  # how far the level lies above the threshold; grows downwards
    below = int(np.argmax(over >= MARGIN_DB)) if (over >= MARGIN_DB).any() else len(over) - 1
    if below == 0 or not known[below - 1]:
        asl = float(level[below])
    else:
        share = (MARGIN_DB - over[below - 1]) / (over[below] - over[below - 1])
        asl = float(level[below - 1] + share * (level[below] - level[below - 1]))
    return asl, float(min(1.0, envelope.energy / 10 ** (asl / 10) / levels.size))


def _active_steps(levels: npt.NDArray[np.float32], threshold: float, hang: int) -> int:
    """Steps at or above the threshold, each followed by up to `hang` more."""
    at = np.flatnonzero(levels >= threshold)
    if not at.size:
        return 0
    return int(np.minimum(np.diff(at), hang + 1).sum() + min(levels.size - at[-1], hang + 1))


def look_at_levels(party: Party) -> Levels:
    """Active level, turn levels, noise floor and clipping of one party.

    Args:
        party: whose.
    """
    power = _power(party)
    active, factor = active_speech_level(party.samples, party.rate_hz, party.alone)
    if party.alone:
        total = len(party.samples) / party.rate_hz * 1000
        factor = min(1.0, factor * total / party.alone.duration_ms)
    clipped, clipped_at = _clipping(party)
    turns = tuple(_turn_level(party, turn) for turn in party.turns)
    return Levels(active, factor, turns, _noise_floor(party, power), power, clipped, clipped_at)


def _turn_level(party: Party, turn: Turn) -> float | None:
    speech = party.alone.crop(turn.span)
    if speech.duration_ms < SHORTEST_TURN_MS:
        return None
    shifted = Timeline(tuple(s.shift(-turn.span.start_ms) for s in speech))
    return active_speech_level(party.slice(turn.span), party.rate_hz, shifted)[0]


def _power(party: Party) -> npt.NDArray[np.float32]:
    """Variance of every 10 ms; exactly 0 where the codes are constant."""
    out = [np.zeros(0, np.float32)]
    for some in grains(party.samples, party.rate_hz, GRAIN_MS):
        # float32 rounding leaves a little variance on a constant: say zero where all codes are one
        still = some.max(axis=1) == some.min(axis=1)
        out.append(np.where(still, np.float32(0.0), some.var(axis=1)))
    return np.concatenate(out)


def _grains(timeline: Timeline, count: int) -> npt.NDArray[np.bool_]:
    inside = np.zeros(count, bool)
    for span in timeline:
        inside[-(-span.start_ms // GRAIN_MS) : span.end_ms // GRAIN_MS] = True
    return inside


def _noise_floor(party: Party, power: npt.NDArray[np.float32]) -> float | None:
    """Median level of the leg's quiet parts, digital silence left out; None when fewer than 0.5 s are left."""
    quiet = power[_grains(party.quiet, len(power))]
    quiet = quiet[quiet > 0]
    return 10 * float(np.log10(np.median(quiet))) if quiet.size >= 50 else None


def _clipping(party: Party) -> tuple[float, tuple[Span, ...]]:
    """Share of speech samples in runs of two or more at the top of the scale, and where they are densest."""
    clipped = total = 0
    places: list[tuple[int, Span]] = []
    for span in party.alone:
        x = np.abs(party.slice(span))
        total += x.size
        top = x >= CLIP_LEVEL
        beside = np.pad(top[1:] & top[:-1], 1)  # of every sample and the one before, with none at both ends
        count = int((beside[1:] | beside[:-1]).sum())
        clipped += count
        if count:
            places.append((count, span))
    places.sort(key=lambda p: (-p[0], p[1]))
    return (clipped / total if total else 0.0), tuple(s for _, s in places[:5])


def measure_levels(party: Party, levels: Levels) -> list[Measure]:
    """The level measures of one party.

    Args:
        party: whose.
        levels: from `look_at_levels`.
    """
    who, doubt = party.speaker, levels.doubt(party)
    if levels.active_db is None:
        why = "dead_leg" if party.is_dead else "no_speech"
        names = ("active_level", "level_span", "level_drift", "level_jumps", "level_bursts", "clipping_share", "snr")
        undefined = [measure(name, None, who, reason=why) for name in names]
        return [*undefined, _noise(party, levels)]
    known = [(t, db) for t, db in zip(party.turns, levels.turns_db, strict=True) if db is not None]
    out = [
        measure("active_level", levels.active_db, who, doubt=doubt, components={"activity_factor": levels.factor}),
        *_evenness(party, known, doubt),
        _bursts(party, levels, doubt),
        measure("clipping_share", 100 * levels.clipped, who, evidence=levels.clipped_at),
        _noise(party, levels),
    ]
    if levels.snr_db is None:
        out.append(measure("snr", None, who, reason="no_noise_heard"))
    else:
        out.append(
            measure("snr", levels.snr_db, who, doubt="too_little_speech" if doubt == "too_little_speech" else None)
        )
    return out


def _noise(party: Party, levels: Levels) -> Measure:
    return measure("noise_floor", levels.noise_db, party.speaker, reason="no_noise_heard")


def _evenness(party: Party, known: Sequence[tuple[Turn, float]], doubt: str | None) -> list[Measure]:
    who = party.speaker
    if len(known) < 2:
        names = ("level_span", "level_drift", "level_jumps")
        return [measure(name, None, who, reason="fewer_than_two_turns") for name in names]
    dbs = np.array([db for _, db in known])
    third = max(1, len(dbs) // 3)
    jumps = sorted(
        ((abs(b - a), turn.span) for (_, a), (turn, b) in pairwise(known) if abs(b - a) >= JUMP_DB),
        key=lambda j: (-j[0], j[1]),
    )
    low, high = np.percentile(dbs, (10, 90))
    return [
        measure("level_span", float(high - low), who, doubt=doubt, components={"turns": len(dbs)}),
        measure("level_drift", float(np.median(dbs[-third:]) - np.median(dbs[:third])), who, doubt=doubt),
        measure(
            "level_jumps",
            len(jumps),
            who,
            doubt=doubt,
            evidence=[s for _, s in jumps],
            components={"largest_db": float(np.abs(np.diff(dbs)).max())},
        ),
    ]


def _bursts(party: Party, levels: Levels, doubt: str | None) -> Measure:
    """Stretches of at least 300 ms whose 200 ms level lies 10 dB above the party's active level."""
    assert levels.active_db is not None
    own = np.where(_grains(party.alone, len(levels.power)), levels.power, 0.0)
    width = 200 // GRAIN_MS
    smooth = np.convolve(own, np.full(width, 1 / width), "same") if own.size >= width else own
    loud = smooth > 10 ** ((levels.active_db + BURST_DB) / 10)
    spans = [Span(a * GRAIN_MS, b * GRAIN_MS) for a, b in runs(loud)]
    bursts = list(Timeline(tuple(spans)).close_gaps(300).drop_shorter(BURST_MS))
    return measure("level_bursts", len(bursts), party.speaker, doubt=doubt, evidence=bursts)


def measure_difference(agent: Levels | None, customer: Levels | None, doubt: str | None = None) -> Measure:
    """How far the agent's active level lies above the customer's.

    Args:
        agent: of the agent; None when nobody is known to be it.
        customer: likewise.
        doubt: why one of the two levels is weak.
    """
    if agent is None or customer is None:
        return measure("level_difference", None, reason="no_roles")
    if agent.active_db is None or customer.active_db is None:
        return measure("level_difference", None, reason="no_speech")
    return measure(
        "level_difference",
        agent.active_db - customer.active_db,
        doubt=doubt,
        components={"agent": agent.active_db, "customer": customer.active_db},
    )
