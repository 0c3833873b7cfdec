"""Where words are somebody else's: quoted, denied, or said back to who has just said them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzer.call.types import Role
from analyzer.measure.types import Turn
from analyzer.rules.checks.families import Quoting
from analyzer.rules.checks.found import Found
from analyzer.rules.checks.rawhits import RawHit
from analyzer.rules.checks.turntexts import TurnTexts
from analyzer.speech.confusable import FILLERS, PARTICLES
from analyzer.speech.difference import EXACT
from analyzer.speech.sound import canon

_ANSWERED = 2  # turns later, at most, where words that are all of a turn are said back: later they are a retort
_BESIDE = 4  # characters beside them that such a turn has at most
_RETOLD = 16  # characters behind 他说 at which what was said goes on: 你跟平台讲去，我不想和你讲
_TELLS = ("说", "讲", "回", "骂", "喊", "嚷", "吼", "念", "问", "一句")  # behind these 我 may be somebody else
_NAME, _SHORT_NAME = 4, 2  # characters by which a name is known; of one that ends its clause
_HEAD, _YOU = frozenset("说的到"), "你"  # may begin what is found: 听到爱用不用; 机器回您听不懂 of 它说我听不懂
_TAIL = PARTICLES | {"这", "那", "对"}  # may end it: 我怎么知道这 of “我怎么知道”，这份委屈; 去住别墅对吗
_PUT_IN = (FILLERS | PARTICLES) - set("的了吗得地着")
_MINE, _BEFORE_MINE = "我", 2  # 我 is another one in the other's mouth, unless so much before it is said back, too


def _asks_whether(word: str, before: str) -> bool:
    """Whether a word that denies asks instead: 不是 behind 是, 不会 behind 会."""
    return word.startswith("不") and bool(word[1:2]) and before.endswith(word[1])


@dataclass(frozen=True, slots=True)
class Quotes:
    """Where a call quotes or denies, by turn: characters of words that do so to what follows, or to what stood before.

    Args:
        before: (start, end) of each.
        after: where each begins.
        whole: (start, end) of what is quoted as a whole.
        reach: characters that may lie between.
        named: what something is called there: the first characters of its name, by which it is known.
    """

    before: Mapping[int, Sequence[tuple[int, int]]]
    after: Mapping[int, Sequence[int]]
    whole: Mapping[int, Sequence[tuple[int, int]]]
    reach: int
    named: Mapping[int, Collection[str]]

    @classmethod
    def of(cls, turns: Sequence[Turn], found: Found, texts: TurnTexts, quoting: Quoting) -> Quotes:
        """From a call's turns, hits and words."""
        before: dict[int, list[tuple[int, int]]] = {}
        after: dict[int, list[int]] = {}
        told = {(h.turn, h.end) for word in quoting.telling for h in found.hits.get(word, ()) if h.score >= EXACT}
        for word, hit in ((w, h) for w in quoting.before for h in found.hits.get(w, ()) if h.sure):
            if (hit.turn, hit.end) not in told and not _asks_whether(word, texts[hit.turn].text[: hit.start]):
                before.setdefault(hit.turn, []).append((hit.start, hit.end))
        for hit in (h for word in quoting.after for h in found.hits.get(word, ()) if h.sure):
            after.setdefault(hit.turn, []).append(hit.start)
        told_of = texts.lines.find(quoting.frames)
        whole = {place: [(fit.start, fit.end) for fit in fits] for place, fits in told_of.items()}
        return cls(before, after, whole, quoting.reach, _named(turns, texts, [canon(word) for word in quoting.naming]))

    def hold(self, hit: RawHit) -> bool:
        """True when quoting words stand right before the hit (its first character may be theirs), behind or around.

        What begins as they do is not: 您是说全部退掉对吗 confirms.
        """
        at, turn = hit.start, hit.turn
        if any(s < at and hit.end <= e for s, e in self.whole.get(turn, ())):
            return True
        if turn in self.before and any(s < at and at - self.reach <= e <= at + 1 for s, e in self.before[turn]):
            return True
        return turn in self.after and any(0 <= start - hit.end <= 1 for start in self.after[turn])

    def retell(self, hit: RawHit, turns: Sequence[Turn], texts: TurnTexts) -> bool:
        """True when the other party has told before of somebody who said these words."""
        words, first = texts[hit.turn].text[hit.start : hit.end], _said_back_from(hit.start, hit.end, hit.turn, texts)
        return any(
            words in texts[at].text[end : end + _RETOLD + len(words)]
            for at, places in self.before.items()
            if first <= at < hit.turn and turns[at].speaker != turns[hit.turn].speaker
            for _, end in places
        )

    def name(self, hit: RawHit, turns: Sequence[Turn], texts: TurnTexts) -> bool:
        """True when something was named so: by the other party before, or by the customer himself here, too."""
        said = texts[hit.turn].canonical
        start = hit.start + (said[hit.start : hit.start + 1] in _HEAD)
        words = said[start : hit.end][:_NAME]
        own = turns[hit.turn].speaker if turns[hit.turn].role != Role.CUSTOMER else None
        return any(at <= hit.turn and turns[at].speaker != own and words in names for at, names in self.named.items())


def says_back(start: int, end: int, turn: int, least: int, turns: Sequence[Turn], texts: TurnTexts) -> bool:
    """Whether the other party has said before what stands at `[start, end)` of a turn, in so many characters at least.

    What is said around it counts, too: 逗你玩 of 《逗你玩大乱斗》. So do parts of it (`_core`).
    啊 and 呃 don't, in either's mouth.
    """
    said = texts[turn].canonical
    earlier = range(_said_back_from(start, end, turn, texts), turn)
    start, end, said = len(_bare(said[:start])), len(_bare(said[:end])), _bare(said)
    start, end = _core(said, start, end)
    words = said[start:end]
    answered = (_bare(texts[at].canonical) for at in earlier if turns[at].speaker != turns[turn].speaker)
    theirs = [text for text in answered if words in text] if words else []
    if words.startswith(_MINE):
        if len(words) >= least and (
            any(_is_told(words, text) for text in theirs) or _is_asked(words, turn, turns, texts)
        ):
            return True
        start -= _BEFORE_MINE
        if start < 0:
            return False
    size = max(least, end - start)
    firsts = range(max(0, end - size), min(start, len(said) - size) + 1) if theirs else ()
    return any(said[first : first + size] in text for first in firsts for text in theirs)


def _is_asked(words: str, turn: int, turns: Sequence[Turn], texts: TurnTexts) -> bool:
    """Whether the other party has just asked it with 你, and more is said: 您问我怎么知道 behind 你怎么知道."""
    if _is_all(len(words), turn, texts):
        return False
    asked = _YOU + words.removeprefix(_MINE)
    before = range(max(0, turn - _ANSWERED), turn)
    return any(asked in texts[at].canonical for at in before if turns[at].speaker != turns[turn].speaker)


def _said_back_from(start: int, end: int, turn: int, texts: TurnTexts) -> int:
    """The first turn that words at `[start, end)` of one may be said back from."""
    return max(0, turn - _ANSWERED) if _is_all(end - start, turn, texts) else 0


def _is_all(length: int, turn: int, texts: TurnTexts) -> bool:
    """Whether words of that length are all of a turn, or nearly."""
    return len(texts[turn].text) - length <= _BESIDE


def _bare(text: str) -> str:
    """A text without the syllables that people put in and leave out as they go."""
    return "".join(char for char in text if char not in _PUT_IN)


def _core(said: str, start: int, end: int) -> tuple[int, int]:
    """A hit's characters without 说, 的 or 你 before, and particles, 这 and 那 behind them."""
    for heads in (_HEAD, _YOU):
        start += start < end and said[start] in heads
    while start < end and said[end - 1] in _TAIL:
        end -= 1
    return start, end


def _is_told(words: str, text: str) -> bool:
    """Whether somebody is told to have said words that a text holds."""
    return any(tells in text[max(0, at - _RETOLD) : at] for at in _places(words, text) for tells in _TELLS)


def _places(words: str, text: str) -> Iterator[int]:
    """Where words stand in a text."""
    at = text.find(words)
    while at >= 0:
        yield at
        at = text.find(words, at + 1)


def _named(turns: Sequence[Turn], texts: TurnTexts, words: Sequence[str]) -> dict[int, set[str]]:
    """By turn, the characters behind each of the words, where these are enough for a name, or all of a clause."""
    found: dict[int, set[str]] = {}
    for at in range(len(turns)):
        text = texts[at].canonical
        naming = [word for word in words if word in text]
        stops = (*texts.marks(at), len(text)) if naming else ()
        for word in naming:
            for end in (place + len(word) for place in _places(word, text)):
                stop = stops[bisect_right(stops, end)] if end < len(text) else end
                if stop - end >= _SHORT_NAME:
                    found.setdefault(at, set()).add(text[end : min(end + _NAME, stop)])
    return found
