"""Fits what `speech.mono` weighs, on composed calls, and says what it gains: what is heard around (`in_context`), and
edges (`edges`).

    python benchmarks/fit_overlap.py --readers EVEN.npz ODD.npz [--seeds 54 61 62 65 66 71 72 73 74] [--close 1 2]
                                     [--synthesised 11] [--write]

Each half of the human recordings (odd seeds, even seeds) is heard with weights fitted on the other half and on
synthesised voices, if any; the product's are fitted on all. Two voices at once are heard by readers that know nobody of
the half (`make_overlap_reader.py`), for the product's weights too: how far the reader is to be trusted with strangers
can't be learned from people it knows. In some of the calls turns follow each other at once,
without an overlap: from the others alone one would learn that whoever comes without a pause comes too early. These
seeds are tuned on: report on others.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import truth_calls
from accuracy import ROOT
from human_calls import speech_folder
from truth_calls import PARTIES
from truth_scores import Tally

from analyzer.call.legs import look_at_legs
from analyzer.spans import runs
from analyzer.speech.activity import find_speech
from analyzer.speech.mono.at_once import AtOnceSettings, decide, find, odds, place
from analyzer.speech.mono.edges import REACH, candidates, evidence
from analyzer.speech.mono.fitted import Fitted
from analyzer.speech.mono.heard import FoundOverlap, Heard
from analyzer.speech.mono.in_context import CUES, PLACES, cues, surroundings, voice_odds
from analyzer.speech.mono.models import find as find_models
from analyzer.speech.mono.networks import Networks
from analyzer.speech.mono.overlap_reader import OverlapReader
from analyzer.speech.mono.own_mix import running_mean
from analyzer.speech.mono.owner import owners
from analyzer.speech.mono.segment import ms_at
from analyzer.speech.mono.separate import SeparationSettings, hear
from analyzer.testing import CallTruth, compose
from analyzer.testing.draw import Plan

MONO = frozenset({"dual mono", "mono", "mono, A-law, noise at 20 dB"})
CLOSE = Plan(turns=10, backchannels=2, interruptions=2, terminals=2, silences=0, holds=0, gap_ms=(0, 160))
SEEDS, CLOSE_SEEDS = (54, 61, 62, 65, 66, 71, 72, 73, 74), (1, 2)  # of human calls; of those without pauses
SETTINGS = AtOnceSettings()
RIDGE = 10.0
NEAR = 60  # frames around what might be an overlap that are learned from
UNLIKELY = -6.0
OFFSETS = np.arange(-1.0, 2.6, 0.25)
AS_GOOD = 0.002


@dataclass
class Known:
    """A call as heard, and the truth of it."""

    heard: Heard
    truth: CallTruth
    half: int  # of the human recordings; -1 where it is synthesised
    plain: np.ndarray  # log odds without what is heard around
    spoken: np.ndarray  # (2, frames): where each voice truly speaks


def spoken_in(truth: CallTruth, frames: int) -> np.ndarray:
    """Where each party truly speaks, (2, frames)."""
    middle, spoken = ms_at(np.arange(frames)), np.zeros((2, frames), bool)
    for row, party in enumerate(PARTIES):
        for span in truth.speech(party):
            spoken[row, (middle >= span.start_ms) & (middle < span.end_ms)] = True
    return spoken


def known(heard: Heard, truth: CallTruth, half: int) -> Known:
    """With the parties in the order of the voices."""
    spoken = spoken_in(truth, heard.speech.size)
    mine = np.stack([heard.speech & ~heard.second, heard.speech & heard.second])
    if (spoken & mine).sum() < (spoken[::-1] & mine).sum():
        spoken = spoken[::-1]
    return Known(heard, truth, half, odds(heard.both, heard.mean, SETTINGS, heard.taught), spoken)


def calls(
    cast: truth_calls.Cast, seed: int, each: int, half: int, reader: OverlapReader, plan: Plan | None = None
) -> Iterable[Known]:
    models = find_models()
    assert models, "analyzer model install mono"
    networks = Networks(models, reader)
    for case in truth_calls.conversations(cast, seed, each, MONO, plan):
        call = compose(case.script, case.cast.bank, case.seed)
        legs = look_at_legs(call.audio())
        heard, _ = hear(legs, find_speech(legs).activities[0].speech, networks, SeparationSettings())
        if heard.together is not None:
            yield known(heard, call.truth, half)


def minimise(gradient: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], size: int) -> np.ndarray:
    """Newton's steps to where the gradient is nothing; all that is minimised here is convex."""
    at = np.zeros(size)
    for _ in range(12):
        slope, curve = gradient(at)
        step = np.linalg.solve(curve, slope)
        at -= step
        if np.abs(step).max() < 1e-3:
            break
    return at


def fit_around(known: list[Known]) -> tuple[np.ndarray, float]:
    """Weights of every cue at every place, and the constant."""
    rows, true = [], []
    for call in known:
        near = running_mean((call.plain > UNLIKELY).astype(float), 2 * NEAR + 1) > 0.5 / (2 * NEAR + 1)
        at = np.flatnonzero(near & call.heard.speech)[:: 2 if call.half < 0 else 1]
        for voice in (0, 1):
            rows.append(surroundings(cues(call.heard, voice))[at])
            true.append(call.spoken[voice, at])
    x, y = np.concatenate(rows), np.concatenate(true)
    middle, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
    x = np.concatenate([(x - middle) / scale, np.ones((len(x), 1), np.float32)], axis=1).astype(np.float32)
    ridge = np.append(np.full(len(scale), RIDGE), 0.0)

    def gradient(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        p = 1 / (1 + np.exp(-np.clip(x @ w.astype(np.float32), -30, 30)))
        curve = x.T @ (x * (p * (1 - p) + 1e-6)[:, None])
        return x.T @ (p - y) + ridge * w, curve.astype(float) + np.diag(ridge + 1e-6)

    w = minimise(gradient, x.shape[1])
    plain = w[:-1] / scale
    return plain.reshape(len(PLACES), CUES), float(w[-1] - plain @ middle)


def overlaps(call: Known, both: np.ndarray, each: np.ndarray) -> Iterable[tuple[bool, np.ndarray, int]]:
    """What speaks for the places of each edge, and which of them is the true one."""
    true = runs(call.spoken.all(axis=0))
    for found in find(both, call.heard.speech, call.heard.second, SETTINGS):
        match = max(true, key=lambda t: min(t[1], found.last) - max(t[0], found.first), default=None)
        if match is None or min(match[1], found.last) <= max(match[0], found.first):
            continue
        for at_end in (False, True):
            places = candidates(found, at_end, call.heard, both)
            if places.size > 1 and abs(match[at_end] - _edge(found, at_end)) <= REACH:
                rows = evidence(found, at_end, places, call.heard, both, each)
                yield at_end, rows, int(np.argmin(np.abs(places - match[at_end])))


def _edge(found: FoundOverlap, at_end: bool) -> int:
    return found.last if at_end else found.first


def fit_edges(examples: list[tuple[np.ndarray, int]]) -> np.ndarray:
    """Weights under which the true place is the likeliest of each edge's."""
    scale = np.concatenate([rows for rows, _ in examples]).std(axis=0) + 1e-9

    def gradient(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        slope, curve = RIDGE * w, RIDGE * np.eye(w.size)
        for rows, true in examples:
            x = rows / scale
            worth = x @ w
            share = np.exp(worth - worth.max())
            share /= share.sum()
            mean = share @ x
            slope = slope + mean - x[true]
            curve = curve + (x * share[:, None]).T @ x - np.outer(mean, mean)
        return slope, curve

    return np.asarray(minimise(gradient, scale.size) / scale)


def tally(known: list[Known], decided: Callable[[Known], tuple[np.ndarray, np.ndarray]]) -> Tally:
    """Overlap in frames of speech heard."""
    out = Tally()
    for call in known:
        at_once, _ = decided(call)
        true = call.spoken.all(axis=0)
        hit = int((at_once & true).sum())
        out.add(Tally(hit, int(at_once.sum()) - hit, int(true.sum()) - hit))
    return out


def fit(known: list[Known]) -> Fitted:
    """On all calls, and prints what the same gains on calls it was not fitted to."""
    human = [k for k in known if k.half >= 0]
    made = [k for k in known if k.half < 0]
    parts: dict[int, Fitted] = {}
    for half in (0, 1):
        weights, constant = fit_around([k for k in human if k.half != half] + made)
        parts[half] = Fitted(tuple(map(tuple, weights.tolist())), constant, (), ())
    each = [voice_odds(k.heard, parts[k.half]) for k in human]
    owned = [_owned(k, e) for k, e in zip(human, each, strict=True)]

    def found(offset: float) -> float:
        both = iter([(k.plain + e.min(axis=0) + offset) / 2 for k, e in zip(human, each, strict=True)])
        return tally(owned, lambda k: place(next(both), k.heard.speech, k.heard.second, SETTINGS)).f1

    # of those about as good the least: what is made up may accuse somebody
    scores = [found(offset) for offset in OFFSETS]
    offset = float(next(o for o, score in zip(OFFSETS, scores, strict=True) if score >= max(scores) - AS_GOOD))
    print(f"offset {offset}: {found(offset):.4f} by frames, with edges as found; best {max(scores):.4f}")
    # edges are fitted to odds of calls the odds were not fitted to
    edges: dict[tuple[int, bool], list[tuple[np.ndarray, int]]] = {(h, e): [] for h in (0, 1) for e in (False, True)}
    for k, e in zip(owned, each, strict=True):
        for at_end, rows, true in overlaps(k, (k.plain + e.min(axis=0) + offset) / 2, e + offset):
            edges[k.half, at_end].append((rows, true))
    for half in (0, 1):
        start, end = (tuple(fit_edges(edges[1 - half, e]).tolist()) for e in (False, True))
        parts[half] = msgspec.structs.replace(parts[half], constant=parts[half].constant + offset, start=start, end=end)
    for name, decided in (
        ("before", lambda k: place(k.plain, k.heard.speech, k.heard.second, SETTINGS)),
        ("weights of the other half", lambda k: decide(k.heard, SETTINGS, parts[k.half])),
    ):
        whole = tally(human, decided)
        halves = [tally([k for k in human if k.half == h], decided).f1 for h in (0, 1)]
        print(f"{name}: F1 {whole.f1:.4f} P {whole.precision:.3f} R {whole.recall:.3f}, halves {np.round(halves, 3)}")
    weights, constant = fit_around(human + made)
    start, end = (tuple(fit_edges(edges[0, e] + edges[1, e]).tolist()) for e in (False, True))
    return Fitted(tuple(map(tuple, weights.tolist())), constant + offset, start, end)


def _owned(call: Known, each: np.ndarray) -> Known:
    """The call with the owner of each frame decided anew."""
    second = owners(each, call.heard.speech, SETTINGS.change)
    return replace(call, heard=replace(call.heard, second=second))


def rounded(found: Fitted) -> Fitted:
    """To five figures: what is written is what is used."""

    def short(values: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(float(f"{v:.5g}") for v in values)

    constant = short((found.constant,))[0]
    return Fitted(tuple(map(short, found.around)), constant, short(found.start), short(found.end))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--synthesised", type=int, nargs="+", default=[])
    parser.add_argument("--close", type=int, nargs="+", default=CLOSE_SEEDS, help="seeds of calls without pauses")
    parser.add_argument("--each", type=int, default=4, help="calls a condition, half as many without pauses")
    parser.add_argument("--write", action="store_true", help="into the product")
    parser.add_argument("--readers", type=Path, nargs=2, required=True, help="that know nobody of even, of odd seeds")
    given = parser.parse_args()
    readers = [OverlapReader(file) for file in given.readers]
    heard: list[Known] = []
    for seed in given.seeds:
        heard += calls(truth_calls.human(speech_folder(), seed % 2), seed, given.each, seed % 2, readers[seed % 2])
    for seed in given.close:
        heard += calls(
            truth_calls.human(speech_folder(), seed % 2), seed, given.each // 2, seed % 2, readers[seed % 2], CLOSE
        )
    for seed in given.synthesised:
        heard += calls(truth_calls.synthesised(ROOT / "fixtures" / "utterances"), seed, given.each, -1, readers[0])
    write(rounded(fit(heard)), given.write)


def write(found: Fitted, keep: bool) -> None:
    if keep:
        (ROOT / "analyzer" / "speech" / "mono" / "fitted.json").write_bytes(msgspec.json.encode(found) + b"\n")


if __name__ == "__main__":
    main()
