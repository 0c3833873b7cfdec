"""Recogniser-like errors in a text: which kinds, how often and how far from the sound, as measured on human speech.

`confusions.json` beside this module holds the counts; `benchmarks/confusions.py` measures them again.
"""

from __future__ import annotations

import random
from bisect import bisect, bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

import msgspec

from analyzer.speech.syllables import costs, readings

# Upper edges of the classes of a wrong character by its distance in sound; the first is "the same sound".
EDGES = (0.0, 0.15, 0.35, 0.6, 1.0)


class Confusions(msgspec.Struct, frozen=True):
    """How the packaged recogniser errs.

    Args:
        characters: how many were spoken.
        substituted, dropped, put_in: how many of each error.
        by_sound: substitutions by distance in sound, one count for each of `EDGES`.
        pairs: spoken and written character of every substitution, with its count.
        lost: dropped characters with their counts.
        added: characters put in, with their counts.
        right: how many right characters have a probability in each tenth; `wrong` the same for wrong ones.
    """

    material: str
    characters: int
    substituted: int
    dropped: int
    put_in: int
    by_sound: tuple[int, ...]
    pairs: dict[str, int]
    lost: dict[str, int]
    added: dict[str, int]
    right: tuple[int, ...]
    wrong: tuple[int, ...]


@lru_cache(maxsize=1)
def confusions() -> Confusions:
    """The measured table."""
    return msgspec.json.decode((Path(__file__).parent / "confusions.json").read_bytes(), type=Confusions)


def sound_class(spoken: str, written: str) -> int:
    """The class of a substitution, an index into `EDGES`."""
    nearest = min((float(costs()[a, b]) for a in readings(spoken) for b in readings(written)), default=1.0)
    return next(i for i, edge in enumerate(EDGES) if nearest <= edge + 1e-6)


@lru_cache(maxsize=1)
def _common() -> tuple[str, ...]:
    """The 3,755 characters of GB 2312's first level: what a recogniser writes when it is wrong."""
    rows = (bytes((high, low)) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF))
    return tuple(raw.decode("gb2312") for raw in rows if not (raw[0] == 0xD7 and raw[1] > 0xF9))


@lru_cache(maxsize=4096)
def _near(char: str) -> tuple[tuple[str, ...], ...]:
    """Common characters by how far their sound is from this one's, one group for each of `EDGES`."""
    own = readings(char)
    groups: list[list[str]] = [[] for _ in EDGES]
    if own:
        row = costs()[own[0]]
        for other in _common():
            if other != char and (sounds := readings(other)):
                groups[bisect_left(EDGES, float(row[sounds[0]]) - 1e-6)].append(other)
    return tuple(tuple(g) for g in groups)


@dataclass(frozen=True, slots=True)
class _Dice:
    """One weighted choice."""

    values: tuple[str, ...]
    edges: tuple[float, ...]

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> _Dice:
        return cls(tuple(weights), tuple(accumulate(weights.values())))

    def throw(self, rng: random.Random) -> str:
        return self.values[bisect(self.edges, rng.random() * self.edges[-1])]


def corrupt(text: str, rate: float, seed: int) -> str:
    """The text with about `rate` of its Han characters wrong, as the packaged recogniser gets them wrong.

    Args:
        text: as spoken or written; only Han characters are touched.
        rate: errors per character, 0 to 1.
        seed: the same seed gives the same errors.

    Definition: an error is a substitution, a loss or an insertion in the measured proportions; a substitution is a
        measured pair when the character was seen to be mistaken (half of the time), else a common character whose
        sound is as far away as measured substitutions were.
    """
    return "".join(c for c, _ in corrupt_chars(text, rate, seed))


def corrupt_chars(text: str, rate: float, seed: int) -> list[tuple[str, float]]:
    """As `corrupt`, each character with a probability such as the recogniser gives right and wrong ones."""
    table = confusions()
    rng = random.Random(f"{seed}:{text}")
    kind = _Dice.of({"substitute": table.substituted, "drop": table.dropped, "put in": table.put_in})
    distance = _Dice.of({str(i): n for i, n in enumerate(table.by_sound)})
    added = _Dice.of(dict(table.added))
    right = _Dice.of({str(i): n for i, n in enumerate(table.right)})
    wrong = _Dice.of({str(i): n for i, n in enumerate(table.wrong)})

    def believed(dice: _Dice) -> float:
        return round(min(0.999, (int(dice.throw(rng)) + rng.random()) / 10), 3)

    known: dict[str, dict[str, float]] = {}
    for pair, times in table.pairs.items():
        known.setdefault(pair[0], {})[pair[1]] = times
    out: list[tuple[str, float]] = []
    for char in text:
        if not "\u4e00" <= char <= "\u9fff" or rng.random() >= rate:
            out.append((char, believed(right)))
            continue
        error = kind.throw(rng)
        if error == "put in":
            out += [(char, believed(right)), (added.throw(rng), believed(wrong))]
        elif error == "substitute":
            if char in known and rng.random() < 0.5:
                other = _Dice.of(known[char]).throw(rng)
            else:
                groups = _near(char)
                group = groups[int(distance.throw(rng))] if groups else ()
                other = rng.choice(group or next((g for g in groups if g), (char,)))
            out.append((other, believed(wrong)))
    return out
