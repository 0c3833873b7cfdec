"""Sounds on a party's side that are not words: candidates for laughter, yawning and chewing.

Definition: sound outside the party's speech, 12 dB over the leg's noise floor and at least 150 ms long, tones and
music left out; and laughter inside what speech activity took for speech: a row of at least four equal bursts, 4 to 7
a second, without words. Outside speech, a yawn candidate is one swell of 0.9 to 3.5 s; chewing candidates are at
least four clicks of at most 80 ms within 4 s.

Source: rates of laughter bursts (about 4 to 6 a second) after J.-A. Bachorowski, M. Smoski & M. Owren, "The acoustic
features of human laughter", JASA 110 (2001). For yawning and chewing no licensed detector and no labelled recordings
of calls exist; the shapes are ours.

Departures: weak by nature. Breath, coughs, typing, a moved headset and room noise look alike: every candidate is
something to listen to, never a finding by itself.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
import numpy.typing as npt

from analyzer.measure.catalogue import measure
from analyzer.measure.frames import HOP_MS, Frames
from analyzer.measure.level import GRAIN_MS, Levels
from analyzer.measure.party import Party
from analyzer.measure.types import Measure
from analyzer.spans import Span, Timeline, runs

OVER_FLOOR_DB, SHORTEST_MS = 12.0, 150
FAINTEST_DB = -62.0
CLICK_MS, CLICKS, CLICKS_WITHIN_MS = 80, 4, 4000
YAWN_MS = (900, 3500)
LAUGH_HZ, LAUGH_BURSTS = (3.5, 7.5), 4
NAMES = ("nonspeech_sounds", "laughter_candidates", "yawn_candidates", "chewing_candidates")


def measure_nonspeech(party: Party, frames: Frames, levels: Levels) -> list[Measure]:
    """Counts of non-speech sounds with where to listen.

    Args:
        party: whose side.
        frames: of its speech.
        levels: from `look_at_levels`.
    """
    who = party.speaker
    if levels.noise_db is None:
        why = "dead_leg" if party.is_dead else "no_noise_heard"
        return [measure(name, None, who, reason=why) for name in NAMES]
    bursts = _outside(party, levels)
    sounds = [s for s in bursts if s.duration_ms >= SHORTEST_MS]
    yawns = [s for s in sounds if YAWN_MS[0] <= s.duration_ms <= YAWN_MS[1] and _is_swell(levels, s)]
    chews = _click_rows([s for s in bursts if s.duration_ms <= CLICK_MS])
    laughs = _laughter(party, frames)
    found = (sounds + laughs, laughs, yawns, chews)
    return [
        measure(
            name, len(spans), who, doubt="weak_by_nature", evidence=sorted(spans, key=lambda s: (-s.duration_ms, s))
        )
        for name, spans in zip(NAMES, found, strict=True)
    ]


def _outside(party: Party, levels: Levels) -> list[Span]:
    """Sound over the noise floor where nobody speaks."""
    assert levels.noise_db is not None
    loud = levels.power > 10 ** (max(levels.noise_db + OVER_FLOOR_DB, FAINTEST_DB) / 10)
    allowed = np.zeros(len(loud), bool)
    for span in party.quiet:
        allowed[-(-span.start_ms // GRAIN_MS) : span.end_ms // GRAIN_MS] = True
    spans = [Span(a * GRAIN_MS, b * GRAIN_MS) for a, b in runs(loud & allowed)]
    return list(Timeline(tuple(spans)).close_gaps(50))


def _is_swell(levels: Levels, span: Span) -> bool:
    """Loudest in its middle half, and without gaps of its own: rises and falls once."""
    power = levels.power[span.start_ms // GRAIN_MS : span.end_ms // GRAIN_MS]
    if power.size < 20:
        return False
    smooth = np.convolve(power, np.ones(15) / 15, "same")
    top = int(smooth.argmax()) / smooth.size
    up, down = np.diff(smooth[: int(smooth.argmax()) + 1]), np.diff(smooth[int(smooth.argmax()) :])
    return 0.15 <= top <= 0.85 and float(np.mean(up >= 0)) > 0.7 and float(np.mean(down <= 0)) > 0.7


def _click_rows(clicks: list[Span]) -> list[Span]:
    """Rows of enough clicks, none soon after the one before, of clicks in order of time."""
    rows: list[Span] = []
    ends = [c.end_ms for c in clicks]
    start = 0
    while start + CLICKS <= len(clicks):
        row = clicks[start : bisect_right(ends, clicks[start].start_ms + CLICKS_WITHIN_MS, lo=start)]
        gaps = np.diff([c.start_ms for c in row])
        if len(row) >= CLICKS and gaps.size and gaps.min() >= 150:
            rows.append(Span(row[0].start_ms, row[-1].end_ms))
            start += len(row)
        else:
            start += 1
    return rows


def _laughter(party: Party, frames: Frames) -> list[Span]:
    """Rows of equal bursts in speech that holds no word."""
    worded = Timeline(tuple(w.span.widen(100) for t in party.turns for w in t.words if set(w.text) - set("哈呵嘿嘻")))
    out: list[Span] = []
    for span in party.alone:
        if not 600 <= span.duration_ms <= 4000 or worded.covered_ms(span) * 3 > span.duration_ms:
            continue
        at = frames.within(span)
        level = frames.level_db[at].astype(float)
        if level.size >= 60 and _is_rhythmic(level):
            out.append(span)
    return out


def _is_rhythmic(level: npt.NDArray[np.float64]) -> bool:
    """One strong rate between 3.5 and 7.5 a second in the level's movement, deep enough for bursts."""
    moved = level - np.convolve(level, np.ones(41) / 41, "same")
    auto = np.correlate(moved, moved, "full")[level.size - 1 :]
    if auto[0] <= 0 or np.std(moved) < 4.0:
        return False
    shortest, longest = int(1000 / HOP_MS / LAUGH_HZ[1]), int(1000 / HOP_MS / LAUGH_HZ[0])
    window = auto[shortest : longest + 1] / auto[0]
    period = shortest + int(window.argmax())
    return float(window.max()) > 0.45 and level.size / period >= LAUGH_BURSTS
