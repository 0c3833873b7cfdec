"""Taking up: what one party gives, such as a name, is used by the other afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Literal, NamedTuple

from analyzer.measure.types import Turn
from analyzer.rules.bounds import Some, Strict
from analyzer.rules.checks.answer import Answer, not_applicable, yes
from analyzer.rules.checks.callwords import RoleName
from analyzer.rules.checks.frames import capturing, problems_of
from analyzer.rules.checks.view import OTHER, CallView
from analyzer.rules.checks.where import CUT_SHORT, WHOLE, Region, Where
from analyzer.rules.checks.words import not_heard
from analyzer.rules.problem import Problem, problem
from analyzer.rules.types import Evidence
from analyzer.spans import Span
from analyzer.speech.sound import signs_of

GIVEN = "对方说了，之后没有听到用上", "the other gave it, and it is not heard again"
TAKEN = "用上了对方说的", "uses what the other gave"
NOTHING_GIVEN = "对方没有说", "the other gave none"
NEVER_AGAIN = "对方说了以后再没有说话的机会", "the other gave it in the end, with no turn left to use it in"


class TakenUp(Strict, frozen=True, kw_only=True, tag="taken_up", tag_field="kind"):
    """What one party gave is used by the other in a later turn: 我姓汪 in 汪女士.

    Both are compared by sound, since what is written of the one may be written otherwise of the other. Of several
    things that may have been given (木 and 李 in 姓木子李) one is enough.

    Args:
        given: patterns with one group, which is what was given.
        taken: patterns with one group, which is what is used.
        role: who uses it.
        where: where the other party gives it.
    """

    given: Some[str]
    taken: Some[str]
    role: Literal["agent", "customer"] = "agent"
    where: Where = WHOLE
    reads: ClassVar[RoleName] = "any"

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        patterns = (*self.given, *self.taken)
        if wrong := list(problems_of(patterns)):
            return wrong
        return [problem("one_group", pattern=p) for p in patterns if capturing(p).groups != 1]

    def answer(self, view: CallView) -> Answer:
        """Yes when it is used, no when it isn't, not applicable where nothing was given."""
        return self.where.answer(view, OTHER[self.role], self._in)

    def _in(self, view: CallView, region: Region) -> Answer:
        turns = view.words.turns_in(OTHER[self.role], region.span)
        given = [g for g in _groups(view, turns, self.given, GIVEN) if region.holds(g.evidence.span)]
        if not given:
            return not_applicable(*NOTHING_GIVEN)
        later = [t for t in view.words.turns(self.role) if t.index > given[0].turn]
        if not later:
            return not_applicable(*NEVER_AGAIN)
        sounds = {g.sound for g in given}
        taken = next((g for g in _groups(view, later, self.taken, TAKEN) if g.sound in sounds), None)
        if taken is not None:
            return yes([taken.evidence], 0.85)
        rest = Span(later[0].span.start_ms, view.whole.end_ms)
        hidden = view.words.may_hide_words(self.role, rest)
        first_of_each = {g.turn: g.evidence for g in reversed(given)}
        cut = CUT_SHORT if view.breaks_off else None
        return not_heard(list(first_of_each.values())[::-1], 0.9, hidden, Region(rest, goes_on=cut))


class _Group(NamedTuple):
    """What a pattern's group holds: in which turn, how it sounds, and the pattern's whole match."""

    turn: int
    sound: str
    evidence: Evidence


def _groups(
    view: CallView, turns: Sequence[Turn], patterns: tuple[str, ...], what: tuple[str, str]
) -> Iterator[_Group]:
    fits = view.words.fits(patterns)
    for turn in turns if fits else ():
        text = view.words.text(turn)
        for pattern in dict.fromkeys(fit.pattern for fit in fits.get(view.words.place_of(turn), ())):
            for match in capturing(pattern).finditer(text):
                if match[1]:
                    span = view.words.span_of(turn, *match.span())
                    evidence = Evidence(span, turn.role, *what, match[0], pattern)
                    yield _Group(turn.index, signs_of(match[1]), evidence)
