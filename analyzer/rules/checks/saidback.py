"""Words said back: the other party has said them before, so they are not the speaker's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from analyzer.measure.types import Turn
from analyzer.rules.checks.mishearing import BELIEVED
from analyzer.rules.checks.turntexts import TurnTexts
from analyzer.speech.confusable import FILLERS, PARTICLES
from analyzer.speech.sound import signs_of

HEAD = frozenset("说的到")  # may begin what is found: 听到爱用不用
RETOLD = 16  # characters behind 他说 at which what was said goes on: 你跟平台讲去，我不想和你讲
_YOU = "你"  # so may this: 机器回您听不懂 of 它说我听不懂
_ANSWERED = 2  # turns later, at most, where words that are all of a turn are said back: later they are a retort
_BESIDE = 4  # characters beside them that such a turn has at most
_TELLS = ("说", "讲", "回", "骂", "喊", "嚷", "吼", "念", "问", "一句")  # behind these 我 may be somebody else
_MANY = 4  # syllables said back, of which one may be another where it was heard badly
_TAIL = PARTICLES | {"这", "那", "对"}  # may end it: 我怎么知道这 of “我怎么知道”，这份委屈; 去住别墅对吗
_PUT_IN = (FILLERS | PARTICLES) - set("的了吗得地着")
_MINE, _BEFORE_MINE = "我", 2  # 我 is another one in the other's mouth, unless so much before it is said back, too


class SaidBefore:
    """What each party has said before, to be asked what is said back.

    Args:
        turns, texts: of the call.
    """

    def __init__(self, turns: Sequence[Turn], texts: TurnTexts) -> None:
        self._turns, self._texts = turns, texts
        self._said: dict[int, _Said] = {}

    def holds(self, start: int, end: int, turn: int, least: int) -> bool:
        """Whether the other party has said what stands at `[start, end)` of a turn, in so many characters at least.

        What is said around it counts, too: 逗你玩 of 《逗你玩大乱斗》. So do parts of it (`_core`).
        啊 and 呃 don't, in either's mouth. What sounds the same is the same (`_Said`).
        """
        said, bare = self._texts[turn].canonical, self._of(turn)
        earlier = range(said_back_from(start, end, turn, self._texts), turn)
        start, end = _core(bare.chars, _count(said[:start]), _count(said[:end]))
        words = bare.part(start, end)
        theirs = [their for their in self._theirs(turn, earlier) if their.holds(words)] if words.chars else []
        if words.chars.startswith(_MINE):
            another = any(_is_told(words, their) for their in theirs) or self._is_asked(words, turn)
            if another and end - start >= least:
                return True
            start -= _BEFORE_MINE
            if start < 0:
                return False
        size = max(least, end - start)
        firsts = range(max(0, end - size), min(start, len(bare.chars) - size) + 1) if theirs else ()
        return any(their.holds(bare.part(first, first + size)) for first in firsts for their in theirs)

    def _is_asked(self, words: _Said, turn: int) -> bool:
        """Whether the other party has just asked it with 你, and more is said: 您问我怎么知道 behind 你怎么知道."""
        if _is_all(len(words.chars), turn, self._texts):
            return False
        asked = replace(words, signs=signs_of(_YOU) + words.signs[len(_MINE) :])
        return any(their.holds(asked) for their in self._theirs(turn, range(max(0, turn - _ANSWERED), turn)))

    def _theirs(self, turn: int, earlier: Iterable[int]) -> Iterator[_Said]:
        """What the other party says in these turns."""
        return (self._of(at) for at in earlier if self._turns[at].speaker != self._turns[turn].speaker)

    def _of(self, turn: int) -> _Said:
        if turn not in self._said:
            self._said[turn] = _Said.of(turn, self._turns, self._texts)
        return self._said[turn]


@dataclass(frozen=True, slots=True)
class _Said:
    """Words without the syllables that people put in and leave out as they go.

    Args:
        chars: as rules see them.
        signs: their syllables.
        doubted: of each whether the recogniser may have got another one wrong there.
    """

    chars: str
    signs: str
    doubted: tuple[bool, ...]

    @classmethod
    def of(cls, turn: int, turns: Sequence[Turn], texts: TurnTexts) -> _Said:
        """A turn's."""
        said = texts[turn].canonical
        each = texts[turn].probabilities(turns[turn], 0, len(said)) or [1.0] * len(said)
        kept = [(char, p < BELIEVED) for char, p in zip(said, each, strict=True) if char not in _PUT_IN]
        chars = "".join(char for char, _ in kept)
        return cls(chars, signs_of(chars), tuple(doubted for _, doubted in kept))

    def part(self, start: int, end: int) -> _Said:
        """Some of them."""
        return _Said(self.chars[start:end], self.signs[start:end], self.doubted[start:end])

    def holds(self, words: _Said) -> bool:
        """Whether they are said here, too."""
        return any(True for _ in self.places(words))

    def places(self, words: _Said) -> Iterator[int]:
        """Where they are: of `_MANY` syllables and more one that either party's was heard badly may be another."""
        count = len(words.signs)
        if count < _MANY:
            yield from _finds(words.signs, self.signs)
            return
        half = count // 2  # one of the two is as it is said here
        firsts = {
            *_finds(words.signs[:half], self.signs),
            *(at - half for at in _finds(words.signs[half:], self.signs)),
        }
        for at in sorted(at for at in firsts if 0 <= at <= len(self.signs) - count):
            others = [i for i, sign in enumerate(words.signs) if self.signs[at + i] != sign]
            if len(others) <= 1 and all(words.doubted[i] or self.doubted[at + i] for i in others):
                yield at


def _finds(part: str, whole: str) -> Iterator[int]:
    """Where a text stands in another."""
    at = whole.find(part)
    while at >= 0:
        yield at
        at = whole.find(part, at + 1)


def said_back_from(start: int, end: int, turn: int, texts: TurnTexts) -> int:
    """The first turn that words at `[start, end)` of one may be said back from."""
    return max(0, turn - _ANSWERED) if _is_all(end - start, turn, texts) else 0


def _is_all(length: int, turn: int, texts: TurnTexts) -> bool:
    """Whether words of that length are all of a turn, or nearly."""
    return len(texts[turn].text) - length <= _BESIDE


def _count(text: str) -> int:
    """How many characters of a text are left as `_Said` has them."""
    return sum(char not in _PUT_IN for char in text)


def _core(said: str, start: int, end: int) -> tuple[int, int]:
    """A hit's characters without 说, 的 or 你 before, and particles, 这 and 那 behind them."""
    for heads in (HEAD, _YOU):
        start += start < end and said[start] in heads
    while start < end and said[end - 1] in _TAIL:
        end -= 1
    return start, end


def _is_told(words: _Said, their: _Said) -> bool:
    """Whether somebody is told to have said words that are said there."""
    return any(tells in their.chars[max(0, at - RETOLD) : at] for at in their.places(words) for tells in _TELLS)
