"""Saying back: one party repeats what the other has just said."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import ClassVar, Literal

from analyzer.rules.bounds import Count, Strict
from analyzer.rules.checks.answer import Answer, yes
from analyzer.rules.checks.callwords import RoleName
from analyzer.rules.checks.view import OTHER, CallView
from analyzer.rules.checks.where import WHOLE, Region, Where
from analyzer.rules.checks.words import not_heard
from analyzer.rules.problem import Problem, problem
from analyzer.rules.types import Evidence
from analyzer.speech.mandarin import spoken_chars
from analyzer.speech.sound import signs_of

_SAME = str.maketrans("您我", "你你")  # what is 我 to one party is 您 to the other
EMPTY = frozenset(spoken_chars("的了吗呢啊吧嘛你您我他是在有不就都也这那个一下们要能可以怎么什么没说"))

_APART = "\n"  # turns from each other: no spoken text has it
_NUMBER = re.compile("[零一二三四五六七八九幺两十百千万]{2,}")


class SaidBack(Strict, frozen=True, kw_only=True, tag="said_back", tag_field="kind"):
    """A turn holds words that the other party said in one of its turns before.

    Args:
        role: who says them back.
        min_chars: so many characters in a row sound the same; 我, 你 and 您 are.
        min_content: so many of them mean something by themselves (您有没有 says nothing back).
        scattered: it is enough that so many different ones of `min_chars` in a row were said, in any order and in one
            turn: 投了钱没拿到饮料 says 我投了五块钱饮料没掉下来 back.
        within_turns: of the other party's turns before, how many are looked at.
        at_least: so many such turns.
    """

    role: Literal["agent", "customer"] = "agent"
    where: Where = WHOLE
    min_chars: int = 4
    min_content: int = 3
    scattered: bool = False
    within_turns: Count = 6
    at_least: Count = 1
    reads: ClassVar[RoleName] = "any"

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        if not 2 <= self.min_content <= self.min_chars:
            yield problem("min_content")

    def answer(self, view: CallView) -> Answer:
        """Yes when enough turns do."""
        return self.where.answer(view, self.role, self._in)

    def _in(self, view: CallView, region: Region) -> Answer:
        found: list[Evidence] = []
        heard: list[str] = []
        for turn in view.conversation.turns:
            text = view.words.text(turn)
            if turn.role == OTHER[self.role]:
                heard.append(_sound(text))
            elif turn.role == self.role:
                place = self._place(text, heard[-self.within_turns :])
                if place is not None:
                    span = view.words.span_of(turn, *place)
                    if region.holds(span):
                        said = text[slice(*place)]
                        found.append(Evidence(span, turn.role, "复述了对方的话", "says the other's words back", said))
        if len(found) >= self.at_least:
            return yes(found, 0.85)
        hidden = view.words.may_hide_words("any", region.span)
        return not_heard([Evidence(region.span, None, "没有复述对方的话", "nothing is said back")], 0.9, hidden, region)

    def _place(self, text: str, heard: Sequence[str]) -> tuple[int, int] | None:
        """Where such words are, the first of them: as many as mean enough."""
        same = _sound(text)
        if self.scattered:
            return self._scattered(text, same, heard)
        every, least = _APART.join(heard), self.min_chars
        starts = [start for start in range(len(text) - least + 1) if same[start : start + least] in every]
        for start, end in _fewest(text, starts, least, self.min_content):
            if same[start:end] in every:
                return start, end
        return None

    def _scattered(self, text: str, same: str, heard: Sequence[str]) -> tuple[int, int] | None:
        """Where so many characters in a row hold so many that mean something and that one turn has, too."""
        meaning = [sign for char, sign in zip(text, same, strict=True) if char not in EMPTY]
        at = [place for place, char in enumerate(text) if char not in EMPTY]
        for said in map(frozenset, heard):
            for first, start in enumerate(at):
                last = bisect_left(at, start + self.min_chars)
                if len(said.intersection(meaning[first:last])) >= self.min_content:
                    return start, at[last - 1] + 1
        return None


@lru_cache(maxsize=4096)  # several checks ask for the same turns
def _sound(text: str) -> str:
    """One sign a character: what both said may be written otherwise of the one than of the other."""
    return signs_of(text.translate(_SAME))


def _fewest(text: str, starts: Sequence[int], chars: int, content: int) -> Iterator[tuple[int, int]]:
    """From places on the fewest characters that are enough, and mean enough by themselves; 一 does in a number."""
    if not starts:
        return
    number = {at for m in _NUMBER.finditer(text) for at in range(*m.span())}
    meaning = [at for at, char in enumerate(text) if char not in EMPTY or at in number]
    for start in starts:
        ends = []  # behind each that means something, and behind the neighbour that makes it do so
        first = bisect_left(meaning, start)
        for at in meaning[first : first + content + 1]:
            if text[at] not in EMPTY or (at > start and at - 1 in number):
                ends.append(at + 1)
            elif at + 1 in number:
                ends.append(at + 2)
        if len(ends) < content:
            return  # nor are there from any later place
        yield start, max(start + chars, ends[content - 1])
