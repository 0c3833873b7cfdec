"""Where exactly an overlap begins and ends.

What finds it is averaged over up to half a second, so a clear one begins too early and a faint one too late. Every
frame within 0.3 s is weighed instead: how much between here and there speaks for both voices, and how the spectrum
rises or falls just here. The edge is the median of what they are worth together, which errs least. The weights were
fitted on composed calls by `benchmarks/fit_overlap.py`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Samples
from analyzer.speech.mono.fitted import Fitted
from analyzer.speech.mono.heard import FoundOverlap, Heard, log_odds
from analyzer.speech.mono.own_mix import middles

_Floats = npt.NDArray[np.float64]
_Places = npt.NDArray[np.intp]
REACH = 18  # frames an edge is looked for before and after
_NEAR = (-2, -1, 0, 1)  # frames whose change of spectrum is looked at
_HALVES = (2, 4)  # features before and after between which it changes
_SCALE = 5.0


def exact(found: FoundOverlap, heard: Heard, both: _Floats, each: _Floats, fitted: Fitted) -> tuple[int, int]:
    """First frame of an overlap and one past the last, as exactly as can be heard.

    Args:
        found: as found at first; an edge at a silence is left where it is.
        heard: all that was.
        both: (frames,) log odds that both speak,
        each: and that each voice does, (2, frames).
        fitted: weights.
    """
    out = []
    for at_end, weights in ((False, fitted.start), (True, fitted.end)):
        at = found.last if at_end else found.first
        places = candidates(found, at_end, heard, both)
        if places.size > 1:
            worth = evidence(found, at_end, places, heard, both, each) @ np.asarray(weights)
            share = np.cumsum(np.exp(worth - worth.max()))
            at = int(places[int(np.searchsorted(share, share[-1] / 2))])
        out.append(at)
    return out[0], out[1]


def candidates(found: FoundOverlap, at_end: bool, heard: Heard, both: _Floats) -> _Places:
    """Frames an edge may lie at: within reach, not beyond the likeliest frame nor a silence; none beside a silence."""
    if (found.after if at_end else found.before) is None:
        return np.zeros(0, dtype=np.intp)
    peak = found.first + int(np.argmax(both[found.first : found.last]))
    at = found.last if at_end else found.first
    low = max(0, at - REACH, peak + 1 if at_end else 0)
    high = min(at + REACH, both.size - 1, both.size if at_end else peak)
    while at < high and at_end and heard.speech[at]:
        at += 1
    while at > low and not at_end and heard.speech[at - 1]:
        at -= 1
    return np.arange(low, at + 1) if at_end else np.arange(at, high + 1)


def evidence(found: FoundOverlap, at_end: bool, places: _Places, heard: Heard, both: _Floats, each: _Floats) -> _Floats:
    """What is weighed for each place an edge may lie at, (places, 40)."""
    at = found.last if at_end else found.first
    holder = int(bool(found.after if at_end else found.before))
    low, high = int(min(places[0], at)), int(max(places[-1], at))
    signs = _signs(heard, both, each, holder, slice(low, high))
    until = np.concatenate([np.zeros((1, signs.shape[1])), np.cumsum(signs, axis=0)])
    inside = until[places - low] - until[at - low]
    away = (places - at) / REACH
    last = both.size - 1
    changes = [_change(heard.spectra, np.clip(places + step, 0, last)) for step in _NEAR]
    here, before = both[np.clip(places, 0, last)], both[np.clip(places - 1, 0, last)]
    rest = [away, away**2, np.abs(away), (before if at_end else here) / _SCALE, np.abs(here - before)]
    inside = inside / _SCALE if at_end else -inside / _SCALE
    return np.concatenate([inside, *changes, np.stack(rest, axis=1)], axis=1)


def _signs(heard: Heard, both: _Floats, each: _Floats, holder: int, rows: slice) -> _Floats:
    """What speaks for both voices rather than the one with the floor, frame by frame, (frames, 19)."""
    assert heard.own is not None and heard.together is not None and heard.taught is not None
    comes, stays = each[1 - holder, rows], each[holder, rows]
    found = [both[rows], comes, stays, np.tanh(comes / 2), np.tanh(stays / 2)]
    found += [log_odds(heard.both[rows]), heard.taught[rows]]
    for own in (heard.own, *heard.together):
        found += [own[rows, 2], own[rows, holder], own[rows, 1 - holder]]
    return np.stack(found, axis=1)


def _change(spectra: Samples, frames: _Places) -> _Floats:
    """How much the bands rise and fall around frames, on average, (frames, 4)."""
    at, last = middles(frames, len(spectra)), len(spectra) - 1
    out = []
    for half in _HALVES:
        apart = spectra[np.clip(at + half, 0, last)].astype(np.float64) - spectra[np.clip(at - half, 0, last)]
        out += [np.maximum(apart, 0).mean(axis=1), np.maximum(-apart, 0).mean(axis=1)]
    return np.stack(out, axis=1)
