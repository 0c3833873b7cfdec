"""Phrase families and the words that quote or deny: pieces of a pack that checks need."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from analyzer.rules.bounds import Natural, Phrase, Strict, Words
from analyzer.speech.mandarin import char_count

PLAIN = 5  # syllables of a first way of saying something, whatever is said around it


class Quoting(Strict, frozen=True):
    """Words around a phrase that turn it into a quotation or a denial: the hit becomes unsure.

    `before` are words that stand in front of the phrase in the same turn with at most `reach` characters between;
    `after` directly behind it. Those of `before` don't count inside one of `telling`: 跟您说 quotes nobody, 您说 does.
    `naming` are words behind which one party names something: what it says next is a name in the other's mouth later on
    (它叫"怎么又是你").
    `frames` are patterns (RE2) on the words as written: what lies wholly inside one is quoted, however far in.
    """

    before: tuple[Words, ...] = ()
    after: tuple[Words, ...] = ()
    telling: tuple[Words, ...] = ()
    naming: tuple[Words, ...] = ()
    frames: tuple[str, ...] = ()
    reach: Natural = 2


class Family(Strict, frozen=True):
    """Ways of saying one thing.

    Args:
        forms: the phrases; `…` stands for anything in between, inside one turn.
        also: further ways of saying it, found by the words alone, nearly as written: the sound is only asked to
            take back what is forbidden.
        weak: phrases that only ever make a finding unsure.
        frames: patterns (RE2) on the words as written, for what is said with many words in one frame.
        weak_frames: patterns that only ever make a finding unsure.
        unnamed_frames: patterns that fit anybody's name, however badly it was heard; the loader makes `weak_frames` of
            them where an organisation is named.
        except_frames: patterns of what means something else; a hit inside one of them doesn't count.
        exclusions: longer phrases that mean something else; a hit inside one of them doesn't count.
        near_misses: whole sentences that must not be taken for this family (run as tests).
        gap: how many characters `…` may stand for.
        said_back: a hit of so many characters and more is unsure where the other party has said it before; 0: none is.
        wording: a hit is unsure where the words it stands in are worded like nothing forbidden (`rules.wording`).
        only: "turn" when the phrase must be the whole turn, "start"/"end" when it must begin or end it.
    """

    id: str
    name: str
    name_en: str = ""
    forms: tuple[Phrase, ...] = ()
    also: tuple[Phrase, ...] = ()
    weak: tuple[Phrase, ...] = ()
    frames: tuple[str, ...] = ()
    weak_frames: tuple[str, ...] = ()
    unnamed_frames: tuple[str, ...] = ()
    except_frames: tuple[str, ...] = ()
    exclusions: tuple[Phrase, ...] = ()
    near_misses: tuple[str, ...] = ()
    gap: Annotated[int, msgspec.Meta(ge=0, le=200)] = 16
    said_back: Natural = 3
    wording: bool = False
    only: Literal["anywhere", "turn", "start", "end"] = "anywhere"

    @property
    def phrases(self) -> tuple[str, ...]:
        """All that is searched for, gaps and all."""
        return (*self.forms, *self.also, *self.weak, *self.exclusions)

    @property
    def patterns(self) -> tuple[str, ...]:
        """All of its frames."""
        return (*self.frames, *self.weak_frames, *self.unnamed_frames, *self.except_frames)

    def says_plainly(self, phrase: str) -> bool:
        """Whether a phrase is so long, and one of the first ways of saying it, that no words around it matter."""
        return phrase in self.forms and char_count(phrase) >= PLAIN
