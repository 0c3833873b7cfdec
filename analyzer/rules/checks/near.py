"""What excuses an event: phrases said close to it, and of a silence who ends it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from analyzer.measure.types import PauseKind, Turn
from analyzer.rules.bounds import Seconds, Strict
from analyzer.rules.checks.answer import Answer, State, Why, missable
from analyzer.rules.checks.callwords import RoleName
from analyzer.rules.checks.onward import only_listened_to, with_what_goes_on
from analyzer.rules.checks.view import OF_ROLE, CallView
from analyzer.rules.problem import Problem, problem
from analyzer.spans import Span

PERHAPS_EXCUSED = Why("旁边的话可能使它不算数", "what is said close by may excuse it, so that it doesn't count")


class Near(Strict, frozen=True, kw_only=True):
    """Phrases that excuse an event when said close to it.

    Args:
        families, role: what is said, and by whom.
        before_s, after_s: how far before the event's start and after its end.
        same_turn: only what is said in the turn of the phrase it excuses counts, a listener's tokens (嗯) of the other
            party notwithstanding (not of a pause or an overlap, which are in nobody's turn).
        last_turn: only what is said in the last turn of either party before the event counts, or in the one before
            where the last says nothing but 嗯.
        broken_by: only a silence that this party ends, and no hold (music, a line gone dead); without families that
            alone excuses it.
        unless: what, surely said close by, takes the excuse back; not what is in `also`.
        perhaps: in an `unless`, what is in doubt takes it back, too.
        also: others that excuse it as well.
    """

    families: tuple[str, ...] = ()
    role: RoleName = "any"
    before_s: Seconds = 10.0
    after_s: Seconds = 0.0
    same_turn: bool = False
    last_turn: bool = False
    broken_by: RoleName = "any"
    unless: Near | None = None
    perhaps: bool = False
    also: tuple[Near, ...] = ()

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        alone = bool(self.families) or self.broken_by != "any"
        if not alone and not self.also:
            yield problem("excuses_nothing")
        if self.unless is not None and not alone:
            yield problem("goes_with", name="unless", other="families")
        if self.same_turn and self.last_turn:
            yield problem("same_and_last")

    reads = OF_ROLE

    @property
    def needs_a_turn(self) -> bool:
        """Whether it, or what goes with it, asks for the turn of the phrase it excuses."""
        more = (*self.also, *(() if self.unless is None else (self.unless,)))
        return self.same_turn or any(near.needs_a_turn for near in more)

    def may_excuse(self, view: CallView, span: Span, turn: int | None = None) -> bool:
        """True when it was (perhaps) said close enough to a span, which may be that of a phrase in a turn."""
        return self._holds(view, span, turn, surely=False)

    def surely_excuses(self, view: CallView, span: Span, turn: int | None = None) -> bool:
        """True when it surely was."""
        return self._holds(view, span, turn, surely=True)

    def _holds(self, view: CallView, span: Span, turn: int | None, *, surely: bool) -> bool:
        if any(near._holds(view, span, turn, surely=surely) for near in self.also):
            return True
        if self.broken_by != "any" and not _is_broken(view, span, self.broken_by):
            return False
        if self.unless is not None and self.unless._holds(view, span, turn, surely=not surely):
            return False
        return self._is_said(view, span, turn, surely) if self.families else self.broken_by != "any"

    def _is_said(self, view: CallView, span: Span, turn: int | None, surely: bool) -> bool:
        around = Span(max(0, span.start_ms - int(self.before_s * 1000)), span.end_ms + int(self.after_s * 1000))
        turns = view.conversation.turns
        only: Collection[int] | None = None
        if self.same_turn and turn is not None:
            only = with_what_goes_on(turns, turn)
        elif self.last_turn and not self.same_turn:
            only = _last_before(turns, span)
        said = any(around.start_ms <= h.span.end_ms and h.span.start_ms < max(around.end_ms, span.start_ms + 1)
                   and (only is None or h.turn in only) and (h.sure or self.perhaps or not surely)
                   for h in view.hits(self.families, self.role))  # fmt: skip
        if said or surely or not view.seeks_misheard:
            return said
        return view.words.may_be_misheard(self.families, self.role, around) is not None


def excuse_of(near: Near | None, view: CallView, span: Span, turn: int | None = None) -> State:
    """Whether an event is excused by what is said close to it; not where nothing would excuse it."""
    if near is None or not near.may_excuse(view, span, turn):
        return State.NO
    return State.YES if near.surely_excuses(view, span, turn) else State.MAYBE


def perhaps_not_excused(answer: Answer, is_enough: bool) -> Answer:
    """A no, of which nobody is accused where what is perhaps excused would make it a yes."""
    return missable(answer, PERHAPS_EXCUSED) if is_enough else answer


def in_no_turn(**nears: Near | None) -> Iterator[Problem]:
    """What asks for the turn of an event that has none, a pause or an overlap: by the parameter's name."""
    yield from (
        problem("no_own_turn", name=name) for name, near in nears.items() if near is not None and near.needs_a_turn
    )


def _is_broken(view: CallView, span: Span, role: RoleName) -> bool:
    """Whether a span is a silence that this party ends, and no hold."""
    pause = next((p for p in view.conversation.pauses if p.span == span), None)
    return pause is not None and pause.kind is not PauseKind.HOLD and pause.before_role == role


def _last_before(turns: Sequence[Turn], span: Span) -> set[int]:
    """Which turn ended last of those that began before a span, and the one before where that is only a token."""
    begun = [place for place, t in enumerate(turns) if t.span.start_ms < span.start_ms]
    if not begun:
        return set()
    last = max(begun, key=lambda place: turns[place].span.end_ms)
    spoke = [at for at in begun if at < last and turns[at].speaker != turns[last].speaker]
    if spoke and only_listened_to(turns[spoke[-1]], turns[spoke[-1] + 1 : last + 1]):
        return {last, spoke[-1]}
    return {last}
