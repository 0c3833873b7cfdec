"""How much speaks for a frame in words heard badly: bits by which it explains them better than chance.

A character that is the frame's weighs what it tells (a rare one more than 我); one that only sounds like it weighs less
by as much as the recogniser believed in it; any other, one lost and one put in weigh against. What the frame leaves
open weighs against it, too: one of eight ways 3 bits. The best way to read the words as the frame counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2

from analyzer.rules.checks.frametree import Char, Edge, Frame, Row, Times, Ways, letters_of, tree_of
from analyzer.speech.sound import canon, signs_of

# Of 1,516 characters of human speech over a telephone band, packaged recogniser (`analyzer/testing/confusions.json`):
# the share that is wrong, by the recogniser's probability in tenths, the least first; of the wrong ones the share that
# sound the same (accents allowed for); characters lost, and put in.
WRONG = (0.57, 0.57, 0.57, 0.57, 0.57, 0.49, 0.31, 0.22, 0.14, 0.024)
SOUND_THE_SAME = 0.7
LOST, PUT_IN = log2(1 / 0.008), log2(1 / 0.005)
# What a character tells: minus the logarithm of its share of the characters of the shipped examples, in three classes.
WEIGHTS = {**dict.fromkeys("你我好的了", 4.5), **dict.fromkeys("不是一么说这请们问没个下吗再到有", 6.0)}
RARE, SYLLABLE = 8.0, 6.5  # the others'; and the most that a syllable tells
# From here on a character stands for no other sound (of a hundred such fewer than one does); where all have so
# much, words are taken as they are written.
BELIEVED = 0.95
WIDEST = 12  # more than so many further times say no less
MOST_STEPS = 20_000  # of reading one stretch: a frame that takes more is taken as written only
_NEVER = float("-inf")


def weight_of(char: str) -> float:
    """What a character (as rules see it) tells, in bits."""
    return WEIGHTS.get(char, RARE)


def choice_of(part: Char | Ways | Times) -> float:
    """What a part that leaves open what was said weighs against its frame, in bits."""
    if isinstance(part, Char):
        return log2(len(part.chars))
    if isinstance(part, Ways):
        return log2(len(part.ways))
    return log2(1 + (WIDEST if part.most is None else min(part.most - part.least, WIDEST)))


@dataclass(frozen=True, slots=True)
class HeardTurn:
    """A turn's characters, and what each weighs, in bits.

    Args:
        chars: as rules see them.
        signs: their syllables.
        same: where it is the one that was said.
        alike: where it sounds like it.
        other: where it is another.
    """

    chars: str
    signs: str
    same: tuple[float, ...]
    alike: tuple[float, ...]
    other: tuple[float, ...]

    @classmethod
    def of(cls, text: str, probabilities: Sequence[float]) -> HeardTurn:
        """From a turn's spoken characters and the recogniser's probabilities of them."""
        chars = canon(text)
        weights = [weight_of(char) for char in chars]
        wrong = [WRONG[min(int(probability * 10), 9)] for probability in probabilities]
        return cls(
            chars,
            signs_of(text),
            tuple(weight + log2(1 - share) for weight, share in zip(weights, wrong, strict=True)),
            tuple(min(w, SYLLABLE) + log2(share * SOUND_THE_SAME) for w, share in zip(weights, wrong, strict=True)),
            tuple(
                log2(share * (1 - SOUND_THE_SAME)) if probability < BELIEVED else _NEVER
                for share, probability in zip(wrong, probabilities, strict=True)
            ),
        )


def reaches(pattern: str, turn: HeardTurn, start: int, end: int, bits: float) -> bool:
    """Whether at least so many bits speak for a pattern in characters `[start, end)` of a turn."""
    frame, letters = tree_of(pattern), letters_of(pattern)
    needed = [bits] * (end + 2)  # at each character, so that what follows may still be enough
    for at in range(end - 1, start - 1, -1):
        here = 0.0
        if turn.chars[at] in letters.chars:
            here = turn.same[at]
        elif turn.signs[at] in letters.signs:
            here = turn.alike[at]
        needed[at] = needed[at + 1] - max(0.0, here)
    if frame is None or needed[start] > 0.0:
        return False
    reading = _Reading(turn, end, needed)
    return any(score >= bits for score in reading.over(frame, {start: 0.0}).values())


class _Reading:
    """Reads a stretch of a turn as a frame: at which character a part of it ends, and how much speaks for that."""

    def __init__(self, turn: HeardTurn, end: int, needed: Sequence[float]) -> None:
        self._turn, self._end, self._needed, self._left = turn, end, needed, MOST_STEPS

    def over(self, frame: Frame, at: Mapping[int, float]) -> dict[int, float]:
        """From where the part begins, with the bits so far, to where it ends; hopeless ways are left out."""
        self._left -= len(at)
        if self._left < 0 or not at:  # nothing goes on from nowhere
            return {}
        match frame:
            case Char(chars, _, negated):
                return self._over_other(chars, at) if negated else self._over_one(frame, at)
            case Row(parts):
                for part in parts:
                    at = self.over(part, at)
                return dict(at)
            case Ways(ways):
                begun = self._less(at, choice_of(frame))
                return self._best(found for way in ways for found in self.over(way, begun).items())
            case Times():
                return self._over_again(frame, at)
            case Edge(is_start):
                edge = 0 if is_start else len(self._turn.chars)
                return {edge: at[edge]} if edge in at else {}

    def _over_other(self, chars: frozenset[str], at: Mapping[int, float]) -> dict[int, float]:
        """One character that is none of these."""
        heard, end = self._turn.chars, self._end
        return self._best((i + 1, bits) for i, bits in at.items() if i < end and heard[i] not in chars)

    def _over_one(self, one: Char, at: Mapping[int, float]) -> dict[int, float]:
        """One of these characters: heard, lost, or heard behind one that was put in."""
        turn, needed, best = self._turn, self._needed, dict[int, float]()
        choice = choice_of(one)
        for i, bits in at.items():
            before = bits - LOST
            if before >= needed[i] and before > best.get(i, _NEVER):
                best[i] = before
            before = bits
            for here in range(i, min(i + 2, self._end)):
                if turn.chars[here] in one.chars:
                    after = before + turn.same[here] - choice
                elif turn.signs[here] in one.signs:
                    after = before + turn.alike[here] - choice
                else:
                    after = before + turn.other[here]
                if after >= needed[here + 1] and after > best.get(here + 1, _NEVER):
                    best[here + 1] = after
                before = bits - PUT_IN
        return best

    def _over_again(self, times: Times, at: Mapping[int, float]) -> dict[int, float]:
        part, least, most = times
        so_far = self._less(at, choice_of(times))
        found = dict(so_far) if least == 0 else {}
        for count in range(1, 1 + (self._end if most is None else most)):
            further = self.over(part, so_far)
            so_far = {i: bits for i, bits in further.items() if count == 1 or bits > so_far.get(i, _NEVER)}
            if not so_far:
                break
            if count >= least:
                found = self._best([*found.items(), *so_far.items()])
        return found

    def _less(self, at: Mapping[int, float], bits: float) -> dict[int, float]:
        return {i: before - bits for i, before in at.items() if before - bits >= self._needed[i]}

    def _best(self, found: Iterable[tuple[int, float]]) -> dict[int, float]:
        best: dict[int, float] = {}
        for i, bits in found:
            if bits >= self._needed[i] and bits > best.get(i, _NEVER):
                best[i] = bits
        return best
