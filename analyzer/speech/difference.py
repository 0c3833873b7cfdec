"""What keeps words from being a phrase: a second look at what sounds like one.

The search forgives a syllable that sounds different, because the recogniser writes one in five wrongly. But where the
recogniser is confident of a clearly different word, it was another phrase (您的电话怎么称呼 is not 你的电话怎么搞的).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

import msgspec

from analyzer.speech import syllables
from analyzer.speech.confusable import FILLERS, NEGATORS, PARTICLES, SAME
from analyzer.speech.sound import keys_of

CLEAR = 0.45  # two syllables less alike than this are different words when the recogniser is confident
CONFIDENT = 0.8
CERTAIN = 0.9  # from here on a character is wrong in 3 of 100 cases (docs/phrases.md), two of them hardly ever
SHORT = 8  # in phrases up to this many syllables that carry meaning, one other word makes another phrase
BLUR = 0.15  # short phrases: a syllable confidently heard this much otherwise
TINY, NEARLY = 2, 0.2  # two syllables must be those two
BRIEF = 5  # phrases this short may not lose a syllable
TRACE = 0.4  # so much of it otherwise, and a phrase was not said at all
EXACT = 0.995  # from this score by sound on nothing differs that could be another word
ASKING = frozenset("吗吧")
WHAT_FOR = ("干", "嘛"), ("干", "吗")  # no particle: 想干 is not 想干嘛
ALIKE = 0.1  # zh and z, n and l, f and h, in and ing
_DROP, _PUT_IN, _LIGHT = 0.9, 0.6, 0.15


class Difference(msgspec.Struct, frozen=True, gc=False):  # a call has hundreds
    """What keeps a stretch from being a phrase.

    Args:
        other: syllables confidently recognised as another word.
        lost: syllables of the phrase with nothing in their place.
        negated: a negation lost or put in.
        softened: a particle lost.
        asked: its last particle makes a question of a statement, lost the 吗 that made it one, or was heard as a word.
        blurred: the most that a confidently recognised syllable differs, 0 to 1.
        respelled: syllables that carry meaning and are written with another character.
        rewritten: of all, those that are certainly another character, however alike they sound.
        apart: syllables that do not sound the same, believed or not, and syllables put in.
        content: syllables of the phrase that carry meaning.
        syllables: all of them.
    """

    other: int
    lost: int
    negated: bool
    softened: bool
    asked: bool
    blurred: float
    respelled: int
    rewritten: int
    apart: int
    content: int
    syllables: int

    def __add__(self, more: Difference) -> Difference:
        """Of two parts of a phrase together."""
        return Difference(
            self.other + more.other, self.lost + more.lost, self.negated or more.negated,
            self.softened or more.softened, more.asked, max(self.blurred, more.blurred),
            self.respelled + more.respelled, self.rewritten + more.rewritten, self.apart + more.apart,
            self.content + more.content, self.syllables + more.syllables,
        )  # fmt: skip

    @property
    def is_other_phrase(self) -> bool:
        """Confidently something else."""
        rewritten = self.rewritten and self.syllables > 1  # 货改 is no 活该, 服乐 no 佛了, 这样的 no 这样吧
        if self.content <= TINY and (self.softened or self.blurred > NEARLY or self.lost or rewritten):
            return True
        if self.content <= SHORT and (self.other or (self.negated and self.lost)):
            return True
        return self.other > 1 or (self.lost > 0 and self.content <= BRIEF) or (self.lost > 1 and self.content <= SHORT)

    @property
    def is_unsure(self) -> bool:
        """Not surely the phrase."""
        if self.other or self.negated or self.lost > (self.content > SHORT):  # of a long one the recogniser may drop 给
            return True
        if self.asked and self.content <= SHORT:  # 我刚才没说 is no reproach, 我刚才没说吗 is; 我没说错吧 is none
            return True
        if self.content > 1 and self.rewritten > (self.content >= BRIEF) + (self.content > SHORT):
            return True  # 不要念 is no 不要脸, 步跟您讲 no 不跟你讲
        if self.softened and self.content < (BRIEF if self.respelled else TINY + 2):  # 号码就是您 is no 骂的就是你
            return True
        return self.blurred > BLUR and self.content < BRIEF

    @property
    def is_loose(self) -> bool:
        """Too little of it was heard to accuse anybody: what the recogniser doubts may be this phrase, or anything."""
        return self.apart + self.lost > (self.content > BRIEF) + (self.content > SHORT)

    @property
    def is_trace(self) -> bool:
        """So little of it was heard that nobody need listen to it."""
        return self.apart + self.lost >= TRACE * self.content


def difference(phrase: str, heard: Sequence[str], probabilities: Sequence[float]) -> Difference:
    """Aligns a phrase with the spoken characters heard for it.

    Args:
        phrase: as written in the pack.
        heard: spoken characters.
        probabilities: the recogniser's, one for each of `heard`; empty: taken as confident.
    """
    wanted, got = keys_of(phrase), [SAME.get(c, c) for c in heard]  # as `canon`, quicker one by one
    probabilities = probabilities if len(probabilities) == len(got) else [1.0] * len(got)
    sure = [p >= CONFIDENT for p in probabilities]
    light = _light(wanted)
    other = lost = respelled = rewritten = apart = 0
    negated = softened = asked = False
    blurred = 0.0
    content = len(light) - sum(light)
    tiny = content <= TINY
    for i, j, cost in _aligned(wanted, light, got):
        if i < 0:
            apart += got[j] not in PARTICLES and got[j] not in FILLERS
            negated |= got[j] in NEGATORS and sure[j]
        elif j < 0:
            lost += not light[i]
            softened |= light[i]
            asked |= i + 1 == len(wanted) and wanted[i] == "吗"
            negated |= wanted[i] in NEGATORS
        else:
            apart += cost > (CLEAR if light[i] else ALIKE)
            ends = light[i] and i + 1 == len(wanted)
            asked |= ends and sure[j] and got[j] in ASKING and wanted[i] not in ASKING
            another = light[i] and got[j] not in PARTICLES and cost >= (NEARLY if tiny else CLEAR)
            softened |= another and sure[j]  # 对不 of 对不起 is no 对吧
            asked |= another and tiny and ends  # doubted or not: 随便打 is hardly 随便吧
            if not light[i] and sure[j]:
                blurred = max(blurred, cost)
                other += cost >= CLEAR
            respelled += not light[i] and wanted[i] != got[j]
            if not light[i] or got[j] not in PARTICLES or (tiny and "的" in (wanted[i], got[j])):  # 这样的 is no 这样吧
                rewritten += wanted[i] != got[j] and probabilities[j] >= CERTAIN
    return Difference(other, lost, negated, softened, asked, blurred, respelled, rewritten, apart, content, len(light))


@lru_cache(maxsize=65536)
def _light(wanted: tuple[str, ...]) -> tuple[bool, ...]:
    """Which syllables of a phrase are particles."""
    return tuple(c in PARTICLES and wanted[i - 1 : i + 1] not in WHAT_FOR for i, c in enumerate(wanted))


def _aligned(wanted: Sequence[str], light: Sequence[bool], got: Sequence[str]) -> list[tuple[int, int, float]]:
    """Which character stands for which and how unlike they sound; -1 where one was lost or put in."""
    drop = [_LIGHT if is_light else _DROP for is_light in light]
    put_in = [_LIGHT if c in PARTICLES or c in FILLERS else _PUT_IN for c in got]
    if len(wanted) == len(got):
        costs = list(map(unlike, wanted, got))
        if sum(costs) < min(drop) + min(put_in):  # whatever is lost and put in instead costs more
            return [(i, i, cost) for i, cost in enumerate(costs)]
    row = [0.0, *accumulate(put_in)]
    best, over = [row], []
    for char, lose in zip(wanted, drop, strict=True):
        costs = [unlike(char, c) for c in got]
        left = row[0] + lose
        new = [left]
        for j, cost in enumerate(costs):  # the least of three; `min` takes twice as long
            left += put_in[j]
            if (paired := row[j] + cost) < left:
                left = paired
            if (lost := row[j + 1] + lose) < left:
                left = lost
            new.append(left)
        row = new
        best.append(new)
        over.append(costs)
    pairs: list[tuple[int, int, float]] = []
    i, j = len(wanted), len(got)
    while i or j:
        here = best[i][j]
        if i and j and here == best[i - 1][j - 1] + over[i - 1][j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i, j, over[i][j]))
        elif i and here == best[i - 1][j] + drop[i - 1]:
            i -= 1
            pairs.append((i, -1, 0.0))
        else:
            j -= 1
            pairs.append((-1, j, 0.0))
    return pairs


@lru_cache(maxsize=65536)
def unlike(a: str, b: str) -> float:
    """How unlike two characters sound, 0 to 1; the best of their readings."""
    if a == b:
        return 0.0
    if a in PARTICLES and b in PARTICLES:
        return 0.1
    table = syllables.costs()
    if len(a) != 1 or len(b) != 1:
        return 1.0
    pairs = [float(table[x, y]) for x in syllables.readings(a) for y in syllables.readings(b)]
    return min(pairs, default=1.0)
