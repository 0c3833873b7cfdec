"""Checks on what is said by patterns: regular expressions in linear time on the recogniser's text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from analyzer.rules.bounds import Count, Some, Strict
from analyzer.rules.checks.answer import Answer, State, maybe, no, yes
from analyzer.rules.checks.callwords import RoleName, role_of
from analyzer.rules.checks.frames import compiled, problems_of
from analyzer.rules.checks.hits import apart
from analyzer.rules.checks.near import Near, excuse_of, perhaps_not_excused
from analyzer.rules.checks.view import OF_ROLE, CallView
from analyzer.rules.checks.where import WHOLE, Region, Where
from analyzer.rules.checks.words import MISHEARD, PERHAPS_SAID, not_heard
from analyzer.rules.problem import Problem
from analyzer.rules.types import Evidence
from analyzer.spans import Span
from analyzer.speech.mandarin import spoken_text

PLAYED = "播放系统语音", "a recorded announcement"
NOT_PLAYED = "没有系统语音", "no recorded announcement"
FITS = "说法符合规则的句式", "fits the pattern of the rule"


class Pattern(Strict, frozen=True, kw_only=True, tag="pattern", tag_field="kind"):
    """A pattern in the recogniser's text of a turn (spoken characters, simplified, no punctuation).

    Linear-time syntax (RE2). Patterns see exact text only, so a hit in a doubtful stretch is a maybe; looked at
    closely, so is one on doubted words, and doubted words that sound like what is missing.
    """

    match: Some[str]
    exclude: tuple[str, ...] = ()
    role: RoleName = "agent"
    where: Where = WHOLE
    at_least: Count = 1
    except_near: Near | None = None
    reads = OF_ROLE

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        yield from problems_of((*self.match, *self.exclude))

    def answer(self, view: CallView) -> Answer:
        """Yes when a turn matches."""
        return self.where.answer(view, self.role, self._in)

    def _in(self, view: CallView, region: Region) -> Answer:
        found: list[tuple[Evidence, tuple[int, int, int], bool]] = []
        excused: list[tuple[int, int, int]] = []
        fits = view.words.fits(self.match)
        barred = view.words.fits(self.exclude) if fits else {}
        for turn in view.words.turns_in(self.role, region.span) if fits else ():
            at = view.words.place_of(turn)
            for start, end, pattern in fits.get(at, ()):
                if any(bar.start <= start and end <= bar.end for bar in barred.get(at, ())):
                    continue
                span = view.words.span_of(turn, start, end)
                if not region.holds(span):
                    continue
                place = (turn.index, start, end)
                excuse = excuse_of(self.except_near, view, span, at)
                if excuse is not State.YES:
                    excused.append(place)
                if excuse is State.NO:
                    sure = view.is_believed(self.role, turn, start, end)
                    quote = view.words.text(turn)[start:end]
                    found.append((Evidence(span, turn.role, *FITS, quote, pattern), place, sure))
        enough = apart(place for _, place, _ in found) >= self.at_least
        if view.seeks_misheard and not enough and (alike := self._sounding(view, region)):
            return Answer(State.MAYBE, alike, (MISHEARD,), 0.5)
        if apart(place for _, place, sure in found if sure) >= self.at_least:
            return yes((e for e, _, sure in found if sure), 0.85)
        if enough:
            return maybe(
                "句式相符，但这一段的文字不可靠",
                "the pattern fits, but the words are unreliable",
                (e for e, _, _ in found),
            )
        hidden = view.words.may_hide_words(self.role, region.span)
        where = Evidence(region.span, role_of(self.role), "这一段里没有听到", "not heard here")
        return perhaps_not_excused(not_heard([where], 0.9, hidden, region), apart(excused) >= self.at_least)

    def _sounding(self, view: CallView, region: Region) -> tuple[Evidence, ...]:
        """Where words that are not certain sound like the pattern."""
        out = []
        for turn, start, end in view.words.may_fit([self.match], self.role):
            span = view.words.span_of(turn, start, end)
            if region.holds(span):
                out.append(Evidence(span, turn.role, *PERHAPS_SAID, view.words.text(turn)[start:end]))
        return tuple(out)


class Announced(Strict, frozen=True, kw_only=True, tag="announced", tag_field="kind"):
    """A recorded announcement is played: before people talk, when they have done so, or at any time.

    Args:
        match: patterns as in `pattern`, one of which its text fits; none: whatever it says.
        at: "start", "end" or "any".
    """

    match: tuple[str, ...] = ()
    at: Literal["start", "end", "any"] = "any"
    reads: ClassVar[RoleName | None] = None

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        yield from problems_of(self.match)

    def answer(self, view: CallView) -> Answer:
        """Yes when one is played."""
        found = [
            Evidence(a.span, None, *PLAYED, a.text)
            for a in view.conversation.announcements
            if self.at in ("any", _place(a.span, view.whole))
            and (not self.match or any(compiled(p).search(spoken_text(a.text)) for p in self.match))
        ]
        return yes(found) if found else no([Evidence(view.whole, None, *NOT_PLAYED)])


def _place(span: Span, live: Span) -> str:
    """Where in a call an announcement is played: when people are on the line, it is in the middle."""
    return "start" if span.end_ms <= live.start_ms else "end" if span.start_ms >= live.end_ms else "middle"
