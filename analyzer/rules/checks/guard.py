"""Does what was heard say something else? A second look at hits that are not exact.

The search forgives a syllable that sounds different, because the recogniser writes one in five wrongly. But where the
recogniser is confident of a clearly different word, it was another phrase (您的电话怎么称呼 is not 你的电话怎么搞的).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from analyzer.speech import syllables
from analyzer.speech.confusable import FILLERS, NEGATORS, PARTICLES
from analyzer.speech.mandarin import LATIN, spoken
from analyzer.speech.sound import canon

CLEAR = 0.45  # two syllables less alike than this are different words when the recogniser is confident
CONFIDENT = 0.8
SHORT = 8  # in phrases up to this many syllables that carry meaning, one other word makes another phrase
TINY, NEARLY = 2, 0.2  # two syllables must be those two
BRIEF = 5  # phrases this short may not lose a syllable
# Characters often read in two ways; of all others only the usual reading counts (有 can be read wei, but never is)
TWO_WAYS = frozenset("还行长得了都重着便只调差发数当给系会种处更空间应量率假降参")
_DROP, _PUT_IN, _LIGHT = 0.9, 0.6, 0.15


@dataclass(frozen=True, slots=True)
class Difference:
    """What keeps a stretch from being a phrase.

    Args:
        other: syllables confidently recognised as another word.
        lost: syllables of the phrase with nothing in their place.
        negated: a negation lost or put in.
        softened: a particle lost.
        blurred: the most that a syllable in its place differs, 0 to 1.
        content: syllables of the phrase that carry meaning.
    """

    other: int
    lost: int
    negated: bool
    softened: bool
    blurred: float
    content: int

    @property
    def is_other_phrase(self) -> bool:
        """Confidently something else."""
        if self.content <= TINY and (self.softened or self.blurred > NEARLY or self.lost):
            return True
        if self.content <= SHORT and (self.other or (self.negated and self.lost)):
            return True
        return self.other > 1 or (self.lost > 0 and self.content <= BRIEF) or (self.lost > 1 and self.content <= SHORT)

    @property
    def is_unsure(self) -> bool:
        """Not surely the phrase."""
        return self.other > 0 or self.lost > 0 or self.negated or (self.softened and self.content <= TINY + 1)


def difference(phrase: str, heard: str, probabilities: Sequence[float]) -> Difference:
    """Aligns a phrase with the spoken characters heard for it.

    Args:
        phrase: as written in the pack.
        heard: spoken characters.
        probabilities: the recogniser's, one for each of `heard`; empty: taken as confident.
    """
    wanted, got = _keys(phrase), [canon(c) for c in heard]
    sure = [p >= CONFIDENT for p in probabilities] if len(probabilities) == len(got) else [True] * len(got)
    n, m = len(wanted), len(got)
    drop = [_LIGHT if c in PARTICLES else _DROP for c in wanted]
    put_in = [_LIGHT if c in PARTICLES or c in FILLERS else _PUT_IN for c in got]
    best = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(1, n + 1):
        best[i][0] = best[i - 1][0] + drop[i - 1]
    for j in range(1, m + 1):
        best[0][j] = best[0][j - 1] + put_in[j - 1]
    for i in range(1, n + 1):
        row, above = best[i], best[i - 1]
        for j in range(1, m + 1):
            over = above[j - 1] + unlike(wanted[i - 1], got[j - 1])
            row[j] = min(over, above[j] + drop[i - 1], row[j - 1] + put_in[j - 1])
    other = lost = 0
    negated = softened = False
    blurred = 0.0
    i, j = n, m
    while i or j:
        if i and j and best[i][j] == best[i - 1][j - 1] + unlike(wanted[i - 1], got[j - 1]):
            i, j = i - 1, j - 1
            meaningful = wanted[i] not in PARTICLES
            if meaningful:
                blurred = max(blurred, unlike(wanted[i], got[j]))
                other += sure[j] and unlike(wanted[i], got[j]) >= CLEAR
        elif i and best[i][j] == best[i - 1][j] + drop[i - 1]:
            i -= 1
            lost += wanted[i] not in PARTICLES
            softened |= wanted[i] in PARTICLES
            negated |= wanted[i] in NEGATORS
        else:
            j -= 1
            negated |= got[j] in NEGATORS and sure[j]
    return Difference(other, lost, negated, softened, blurred, sum(c not in PARTICLES for c in wanted))


@lru_cache(maxsize=65536)
def unlike(a: str, b: str) -> float:
    """How unlike two characters sound, 0 to 1; the best of their readings."""
    if a == b:
        return 0.0
    if a in PARTICLES and b in PARTICLES:
        return 0.1
    table = syllables.costs()
    pairs = [float(table[x, y]) for x in _readings(a) for y in _readings(b)]
    return min(pairs, default=1.0)


def _readings(char: str) -> tuple[int, ...]:
    if len(char) != 1:
        return ()
    return syllables.readings(char)[: 2 if char in TWO_WAYS else 1]


@lru_cache(maxsize=65536)
def _keys(phrase: str) -> tuple[str, ...]:
    return tuple(s.latin if s.char == LATIN else canon(s.char) for s in spoken(phrase))
