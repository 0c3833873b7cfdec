"""Where both speak at once: the segmentation's word together with what this call's own voices sound like together.

Both are added up as log odds; the weights were fitted on composed calls (`docs/mono.md`). Where both voices could be
learned from the call, what is heard around decides whose each frame is, the mean of that and of the odds where both
speak, and each edge is looked for anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analyzer.spans import runs
from analyzer.speech.mono.edges import exact
from analyzer.speech.mono.fitted import Fitted
from analyzer.speech.mono.heard import FoundOverlap, Heard, log_odds
from analyzer.speech.mono.in_context import voice_odds
from analyzer.speech.mono.own_mix import running_mean
from analyzer.speech.mono.owner import owners
from analyzer.speech.mono.segment import FRAME, RATE_HZ

_Mask = npt.NDArray[np.bool_]
_Floats = npt.NDArray[np.float64]
_OVER = (5, 13, 31)  # frames the call's own mixture is averaged over
_APART = 9


@dataclass(frozen=True, slots=True)
class AtOnceSettings:
    """How overlap is decided.

    Args:
        segmentation: weight of the segmentation's log odds,
        own: and of the call's own mixture, its mean over 5, 13 and 31 frames,
        undecided: and of how far apart the call's own two voices are, over 9 frames,
        taught: and of what composed calls taught, over 5 frames,
        offset: and what is added,
        alone: the weight and the offset where only the segmentation is heard.
        likely: log odds from which both speak,
        sure: and which an overlap reaches somewhere.
        early_ms: how much too early the network begins where no edge is looked for anew,
        late_ms: and how much too late it ends where the same voice goes on.
        shortest_ms: shorter ones are none.
        change: log odds a change of the voice without a silence costs.
    """

    segmentation: float = 0.67
    own: tuple[float, float, float] = (1.29, 1.88, 0.66)
    undecided: float = -2.43
    taught: float = 4.0
    offset: float = 2.29
    alone: tuple[float, float] = (1.86, -0.6)
    likely: float = 0.0
    sure: float = 1.5
    early_ms: int = 17
    late_ms: int = 17
    shortest_ms: int = 60
    change: float = 8.0


def odds(both: _Floats, own: _Floats | None, settings: AtOnceSettings, taught: _Floats | None = None) -> _Floats:
    """Log odds that both speak, (frames,).

    Args:
        both: probability that both do, as the segmentation says.
        own: what `own_mix` says, (frames, 3); None where it could not learn.
        settings: weights.
        taught: what composed calls taught of both at once, (frames,), where it is known.
    """
    said = log_odds(both)
    if own is None:
        return np.asarray(settings.alone[0] * said + settings.alone[1])
    out = settings.segmentation * said + settings.offset
    for weight, frames in zip(settings.own, _OVER, strict=True):
        out += weight * running_mean(own[:, 2], frames)
    out += settings.undecided * running_mean(np.abs(own[:, 0] - own[:, 1]), _APART)
    if taught is not None:
        out += settings.taught * running_mean(taught, _OVER[0])
    return np.asarray(out)


def decide(heard: Heard, settings: AtOnceSettings, fitted: Fitted) -> tuple[_Mask, _Mask]:
    """Where both speak, and whose the rest is, (frames,) each.

    Args:
        heard: all that was.
        settings: thresholds.
        fitted: weights.
    """
    plain = odds(heard.both, heard.mean, settings, heard.taught)
    if heard.together is None:
        return place(plain, heard.speech, heard.second, settings)
    each = voice_odds(heard, fitted)
    heard = replace(heard, second=owners(each, heard.speech, settings.change))
    both = (plain + each.min(axis=0)) / 2
    found = find(both, heard.speech, heard.second, settings)
    return _lay(found, [exact(f, heard, both, each, fitted) for f in found], heard.speech, heard.second, settings)


def find(both: _Floats, speech: _Mask, second: _Mask, settings: AtOnceSettings) -> list[FoundOverlap]:
    """Overlaps by the odds alone.

    Args:
        both: (frames,) log odds that both speak.
        speech: where anybody does.
        second: whether it is voice 1 rather than 0.
        settings: thresholds.
    """
    out = []
    for a, b in runs((both > settings.likely) & speech):
        if both[a:b].max() >= settings.sure:
            before = bool(second[a - 1]) if a and speech[a - 1] else None
            after = bool(second[b]) if b < speech.size and speech[b] else None
            out.append(FoundOverlap(a, b, before, after))
    return out


def place(both: _Floats, speech: _Mask, second: _Mask, settings: AtOnceSettings) -> tuple[_Mask, _Mask]:
    """The same as `decide` by the odds alone, each edge moved by as much as they are wrong on average."""
    early, late = _frames(settings.early_ms), _frames(settings.late_ms)
    found = find(both, speech, second, settings)
    edges = [
        (
            f.first + early if f.before is not None else f.first,
            f.last - late if f.after is not None and f.after == f.before else f.last,
        )
        for f in found
    ]
    return _lay(found, edges, speech, second, settings)


def _lay(
    found: list[FoundOverlap], edges: list[tuple[int, int]], speech: _Mask, second: _Mask, settings: AtOnceSettings
) -> tuple[_Mask, _Mask]:
    out, owner = np.zeros_like(speech), second.copy()
    for f, (first, last) in zip(found, edges, strict=True):
        if last - first < max(1, _frames(settings.shortest_ms)):
            continue
        out[first:last] = True
        if f.before is not None:
            owner[f.first : first] = f.before
        if f.after is not None:
            owner[last : f.last] = f.after
    return out & speech, owner


def _frames(ms: int) -> int:
    return round(ms * RATE_HZ / 1000 / FRAME)
