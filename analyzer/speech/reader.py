"""Syllables read off the encoder's output, with no language model: another ear than the decoder's.

A small network (four layers, `syllable_reader.npz`, made by `fixtures/make_reader.py`) reads an initial and a final
every 20 ms from the packaged model's encoder, which has been computed anyway. It is right less often than the
recogniser, and at other places. Nobody reads its text: it says which phrases are worth trying on the sound
(`speech/trials.py`).

    encoder output ─► initials, finals, "nothing new" ─► syllables, each with what else it may be

Its weights, and what goes into each layer, are small whole numbers: their sums are exact in float32, so that the order
in which a processor adds them up, or the number of its threads, changes nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analyzer.spans import Span, runs
from analyzer.speech.model import PACKAGED_SHA256
from analyzer.speech.types import ReadSyllable

WEIGHTS = Path(__file__).with_name("syllable_reader.npz")
READS_SHA256 = PACKAGED_SHA256["model.bin"]  # the model whose encoder it was trained on
FRAME_MS = 20
WEAK, STRONG = 0.1, 0.35  # probability of a syllable: where one may be, and where one of two neighbours is its own
OTHERS = 6  # readings kept of a syllable
LEAST = 6.0  # nats: what is less likely than the best by more is not kept
BESIDE = 1.0  # nats less for what is read in the frames around a syllable and not in it

_Floats = npt.NDArray[np.float32]
_Ints = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer over `taps` frames at once.

    Args:
        weight: whole numbers as float32, shape (taps * inputs, outputs).
        scale: of each output.
        bias: of each output.
        step: what 1 stands for in its input.
        most: an input's greatest size in steps; with it no sum reaches 2**24.
    """

    weight: _Floats
    scale: _Floats
    bias: _Floats
    step: float
    most: float

    def __call__(self, x: _Floats) -> _Floats:
        taps = len(self.weight) // x.shape[1]
        whole = np.clip(np.rint(x / np.float32(self.step)), -self.most, self.most)
        if taps > 1:
            padded = np.pad(whole, ((taps // 2, taps // 2), (0, 0)))
            whole = np.concatenate([padded[i : i + len(x)] for i in range(taps)], axis=1)
        return np.asarray(whole @ self.weight * self.scale + self.bias, np.float32)


class SyllableReader:
    """Reads syllables from the encoder's output; `reader_for` has the packaged one.

    Args:
        weights: path of an .npz.
    """

    def __init__(self, weights: Path) -> None:
        self.sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
        with np.load(weights) as kept:
            self._mean, self._spread = kept["mean"], kept["spread"]
            self._initial, self._final = kept["initial"].astype(np.intp), kept["final"].astype(np.intp)
            self._index = kept["index"].astype(np.intp)
            self._written = "".join(kept["written"].tolist())
            self._layers = [
                _Layer(
                    kept[f"weight{i}"].astype(np.float32),
                    kept[f"scale{i}"],
                    kept[f"bias{i}"],
                    float(kept["step"][i]),
                    float(kept["most"][i]),
                )
                for i in range(len(kept["step"]))
            ]

    @property
    def identity(self) -> str:
        """The weights' name and the first 16 digits of their SHA-256, for the scorecard."""
        return f"syllable_reader {self.sha256[:16]}"

    def read(self, encoded: _Floats) -> tuple[ReadSyllable, ...]:
        """The syllables of a window, in its own time.

        Args:
            encoded: shape (frames of 20 ms, values), without the silence put after the window's sound.
        """
        return tuple(self._syllables(self._log_probabilities(encoded))) if len(encoded) else ()

    def _log_probabilities(self, encoded: _Floats) -> _Floats:
        """Of no new syllable (first) and of each syllable, shape (frames, 1 + syllables)."""
        first, *middle, last = self._layers
        x = np.maximum(first((encoded - self._mean) / self._spread), 0)
        for layer in middle:
            x = x + np.maximum(layer(x), 0)
        out = last(x)
        finals = self._initial.max() + 1
        all_of = np.concatenate([out[:, -1:], out[:, self._initial] + out[:, finals + self._final]], axis=1)
        all_of -= all_of.max(axis=1, keepdims=True)
        return np.asarray(all_of - np.log(np.exp(all_of).sum(axis=1, keepdims=True)), np.float32)

    def _syllables(self, logs: _Floats) -> list[ReadSyllable]:
        there = 1 - np.exp(logs[:, 0])
        best = logs[:, 1:].argmax(axis=1)
        out = []
        for start, end in runs(there >= WEAK):
            cuts = [start, *(start + 1 + np.flatnonzero(np.diff(best[start:end]))).tolist(), end]
            parts = list(pairwise(cuts))
            strongest = max(parts, key=lambda p: (there[p[0] : p[1]].max(), -p[0]))
            own = [p for p in parts if there[p[0] : p[1]].max() >= STRONG] or [strongest]
            edges = [start, *(p[0] for p in own[1:]), end]
            for part, low, high in zip(own, edges, edges[1:], strict=False):
                inside = logs[part[0] : part[1], 1:].max(axis=0)
                score = np.maximum(inside, logs[low:high, 1:].max(axis=0) - BESIDE)
                first = np.argsort(-score, kind="stable")[:OTHERS]
                less = (score[first[0]] - score[first]).tolist()
                likely = tuple(
                    (int(self._index[i]), round(x * 100)) for i, x in zip(first, less, strict=True) if x < LEAST
                )
                span, strength = Span(low * FRAME_MS, high * FRAME_MS), float(there[part[0] : part[1]].max())
                out.append(ReadSyllable(self._written[first[0]], span, round(strength, 2), likely))
        return out


@lru_cache(maxsize=1)
def _packaged() -> SyllableReader:
    return SyllableReader(WEIGHTS)


def reader_for(model_sha256: str) -> SyllableReader | None:
    """The reader of a model's encoder; None for a model that there is none for.

    Args:
        model_sha256: of its model.bin.
    """
    return _packaged() if model_sha256 == READS_SHA256 else None
