"""Three sounds learned from examples: least squares on their numbers or on cosines of their strongest directions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Samples

_Floats = npt.NDArray[np.float64]
_SOUNDS = 3  # voice 0, voice 1, both
_BLOCK = 4096
MOST = 2.0  # a click is like nothing learned from, and would be anything


@dataclass(frozen=True, slots=True)
class LearnSettings:
    """How the sounds are learned.

    Args:
        directions: in which the examples differ most that are kept; 0 for the examples as they are.
        waves: cosines in these directions, so that what is learned need not be a straight line; 0 for none.
        width: of the cosines.
        ridge: how much small weights are preferred.
        steps: rows one is judged by, before and after it.
    """

    directions: int = 60
    waves: int = 600
    width: float = 0.8
    ridge: float = 10.0
    steps: tuple[int, ...] = (-4, -2, 0, 2, 4)


class Directions:
    """The directions in which examples differ most, each brought to the same strength.

    Args:
        examples: (examples, numbers).
        count: of directions.
    """

    def __init__(self, examples: Samples, count: int) -> None:
        self._middle, self._scale = examples.mean(axis=0), examples.std(axis=0) + 1e-6
        plain = (examples - self._middle) / self._scale
        strength, directions = np.linalg.eigh((plain.T @ plain / len(plain)).astype(np.float64))
        kept = directions[:, ::-1][:, :count]
        self._turn = (kept / np.sqrt(strength[::-1][:count] + 0.05)).astype(np.float32)
        self.inputs, self.count = map(int, self._turn.shape)

    def __call__(self, examples: Samples) -> Samples:
        """Where examples lie in these directions, (examples, count)."""
        return np.asarray((examples - self._middle) / self._scale @ self._turn)


class Learned:
    """What examples of voice 0, voice 1 and both taught; each of the three sounds has a fixed weight.

    Args:
        sounds: (examples, numbers) of each.
        settings: sizes.
    """

    def __init__(self, sounds: tuple[Samples, Samples, Samples], settings: LearnSettings) -> None:
        self._steps = settings.steps
        self._turn = Directions(np.concatenate(sounds), settings.directions) if settings.directions else None
        inputs = self._turn.count if self._turn else int(sounds[0].shape[1])
        # fixed numbers: drawn once and for all, the same on every machine
        draw = np.random.RandomState(0)
        spread = settings.width / np.sqrt(inputs)
        self._waves = draw.normal(0.0, spread, (inputs, settings.waves)).astype(np.float32)
        self._phase = draw.uniform(0.0, 2 * np.pi, settings.waves).astype(np.float32)
        size = settings.waves + inputs + 1
        matrix, right = settings.ridge * np.eye(size), np.zeros((size, _SOUNDS))
        count = sum(map(len, sounds))
        for k, (sound, share) in enumerate(zip(sounds, (0.25, 0.25, 0.5), strict=True)):
            weight = share * count / len(sound)
            for rows in _blocks(len(sound)):
                made = self._made(sound[rows])
                matrix += weight * (made.T @ made)
                right += weight * np.outer(made.sum(axis=0), np.where(np.arange(_SOUNDS) == k, 1.0, -1.0))
        self._weights = np.linalg.solve(matrix, right)

    def __call__(self, examples: Samples) -> _Floats:
        """How much each sounds like voice 0, voice 1 and both, (examples, 3), about -1 to 1."""
        return np.clip(np.asarray(self._made(examples) @ self._weights, dtype=np.float64), -MOST, MOST)

    def along(self, rows: Samples, at: npt.NDArray[np.intp]) -> _Floats:
        """The same of rows at places, each with what is around it, a few thousand at a time."""
        return np.concatenate([self(around(rows, at[part], self._steps)) for part in _blocks(len(at))])

    def _made(self, examples: Samples) -> Samples:
        turned = self._turn(examples) if self._turn else examples
        ones = np.full((len(turned), 1), 0.3, dtype=np.float32)
        return np.concatenate([np.cos(turned @ self._waves + self._phase), 0.1 * turned, ones], axis=1)


def around(rows: Samples, at: npt.NDArray[np.intp], steps: tuple[int, ...]) -> Samples:
    """Rows before, at and after each place side by side, (places, steps times numbers)."""
    return np.concatenate([rows[np.clip(at + step, 0, len(rows) - 1)] for step in steps], axis=1)


def _blocks(count: int) -> Iterator[slice]:
    return (slice(a, a + _BLOCK) for a in range(0, count, _BLOCK))
