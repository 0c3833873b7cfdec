"""Where in the call a check looks: positions, and before or after an anchor event; and what it says of all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

import msgspec

from analyzer.measure.types import Turn
from analyzer.rules.bounds import Count, SomeSeconds, Strict
from analyzer.rules.checks.anchors import UNSURE_ANCHOR, Anchor, Moment
from analyzer.rules.checks.answer import Answer, State, Why, all_of, any_of, doubtful, not_applicable
from analyzer.rules.checks.callwords import RoleName
from analyzer.rules.checks.onward import runs
from analyzer.rules.checks.view import CallView
from analyzer.rules.problem import Problem, problem
from analyzer.spans import Span
from analyzer.speech.mandarin import char_count, spoken_key

LISTENING = 4  # characters: a turn this short says nothing,
_DENIES = re.compile("(?<![有还在])[不没别]")  # unless it denies: 不归我管; not as 有没有 and 还没到
_SOOTHES = re.compile(
    r"(.)[不没]\1|不(好意思|客气|着急|急|用谢|是吧?$)|没(事|问题|关系|错|有了?$)|别(着急|急|担心|生气)"
)
_GO_ON = re.compile(
    "(嗯|哦|噢|啊|好的?|对|是的?|行|那|[您你请先]|接着|继续|慢慢|[讲说]|我在听|我听着)+"
)  # nor does this
NO_ANCHOR = ("通话中没有出现这条规则所依据的情形", "the event this rule hangs on does not occur in the call")
ABOUT_THIS = Why("针对这一处", "it is about this")
CUT_SHORT = Why("录音在通话中途结束，后面可能说了", "the sound ends in mid-call: it may have come later")
BEGUN_LATE = Why("录音一开始就有人在说话，之前可能说了", "somebody speaks as the sound begins: it may have come before")
NO_TURN_LEFT = Why("通话随后就结束了，没有再说话的机会", "the call ended there, with no turn left to say it in")


class Where(Strict, frozen=True, kw_only=True):
    """A part of the call. All given limits hold together; none given: the whole call.

    Args:
        first_s, last_s: the first or last seconds of the call.
        first_turns, last_turns: the checked role's first or last turns.
        after, before: the part behind or in front of an anchor event.
        within_s, within_turns: with `after`/`before`, at most this far from it, in seconds or in the checked
            role's turns.
        The rest of the anchor's own turn counts as one of `within_turns`; a turn of up to four characters (嗯，您说)
        that denies nothing (不归我管 does), or one that only asks to go on (好的，您请讲，我在听), is listening, and
        counts as none. Turns that only the other's 嗯 parts are one.
    """

    first_s: SomeSeconds | None = None
    last_s: SomeSeconds | None = None
    first_turns: Count | None = None
    last_turns: Count | None = None
    after: Anchor | None = None
    before: Anchor | None = None
    within_s: SomeSeconds | None = None
    within_turns: Count | None = None

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        if self.after is None and self.before is None:
            given = {"within_s": self.within_s, "within_turns": self.within_turns}
            yield from (
                problem("goes_with", name=name, other="after or before")
                for name, value in given.items()
                if value is not None
            )

    @property
    def quantifier(self) -> str:
        """`every` when each anchor must satisfy the check, else `any`."""
        anchor = self.after or self.before
        return "every" if anchor is not None and anchor.which == "every" else "any"

    def answer(self, view: CallView, role: RoleName, judge: Callable[[CallView, Region], Answer]) -> Answer:
        """What `judge` says of these parts of the call: of one, or of every one; no surer than what they hang on.

        Args:
            view: the call.
            role: whose turns are checked.
            judge: the check, of one region.
        """
        regions = self._regions(view, role)
        if not regions:
            return not_applicable(*NO_ANCHOR)
        answers = [_answer(view, region, judge) for region in regions]
        if self.quantifier == "every":
            return all_of(answers)
        firm = any(region.sure for region in regions)
        kept = [a for r, a in zip(regions, answers, strict=True) if r.sure or not firm or a.state is State.YES]
        return any_of(kept)

    def _regions(self, view: CallView, role: RoleName) -> list[Region]:
        """The stretches to look at; empty when the anchor event never happens."""
        base = self._fixed(view, role)
        if base is None:
            return []
        if self.after is not None:
            regions = []
            for moment in self.after.find(view):
                near, far = (_cut(s, base) for s in self._until_before(view, self._behind(view, role, moment)))
                goes_on = self._may_go_on(view, role, far) or _may_still_wait(self.after, view, moment)
                regions.append(Region(near, moment.sure, far if far != near else None, goes_on, moment))
            return regions
        if self.before is not None:
            goes_on = CUT_SHORT if view.breaks_off and self.before.may_come_later else None
            return [
                Region(_cut(self._ahead(view, role, m), base), m.sure, goes_on=goes_on, hangs_on=m)
                for m in self.before.find(view)
            ]
        return [Region(base, goes_on=self._may_have_begun(view, role) or self._may_go_on(view, role, base))]

    def _until_before(self, view: CallView, span: Span) -> tuple[Span, Span]:
        """The stretch up to the first event that ends it, and up to the first that surely does."""
        if self.before is None:
            return span, span
        # of the first such event the first behind `span` is meant: one that came before it ends nothing
        before = msgspec.structs.replace(self.before, which="any") if self.before.which == "first" else self.before
        ends = [m for m in before.find(view) if m.span.start_ms >= span.start_ms]
        near, far = (
            min([span.end_ms, *(m.span.start_ms for m in some)]) for some in (ends, [m for m in ends if m.sure])
        )
        return Span(span.start_ms, near), Span(span.start_ms, far)

    def _may_have_begun(self, view: CallView, role: RoleName) -> Why | None:
        """Why the first turns or seconds perhaps began before the sound did; None when they are all there."""
        of_the_first = self.first_turns is not None or self.first_s is not None
        return BEGUN_LATE if of_the_first and view.speaks_as_it_begins(role) else None

    def _may_go_on(self, view: CallView, role: RoleName, span: Span) -> Why | None:
        """Why this part of the call was perhaps not over when the sound was; None when it was."""
        may_be_last = self.after is not None and role == "agent" and view.hangup.party != "agent"
        if may_be_last and not view.words.turns_in(role, span):
            return NO_TURN_LEFT
        if not view.breaks_off:
            return None
        end_s = view.whole.end_ms / 1000
        whole = [t for t in view.words.turns_in(role, span) if t.index != view.conversation.turns[-1].index]
        said = sum(map(_say_something, runs(view.conversation.turns, whole)))
        limits = (
            (self.first_turns, len(whole)),
            (self.within_turns, said),
            (self.first_s, view.whole.duration_ms / 1000),
            (self.within_s, end_s - span.start_ms / 1000),
        )
        over = any(limit is not None and reached >= limit for limit, reached in limits)
        return None if over else CUT_SHORT

    def _fixed(self, view: CallView, role: RoleName) -> Span | None:
        span = view.whole
        start, end = span.start_ms, span.end_ms
        if self.first_s is not None:
            end = min(end, start + int(self.first_s * 1000))
        if self.last_s is not None:
            start = max(start, span.end_ms - int(self.last_s * 1000))
        turns = view.words.turns(role)
        if self.first_turns is not None:
            if not turns:
                return None
            end = min(end, turns[: self.first_turns][-1].span.end_ms)
        if self.last_turns is not None:
            if not turns:
                return None
            start = max(start, turns[-self.last_turns :][0].span.start_ms)
        return Span(min(start, end), end)

    def _behind(self, view: CallView, role: RoleName, moment: Moment) -> Span:
        start, end = moment.span.end_ms, view.whole.end_ms
        if self.within_s is not None:
            end = min(end, start + int(self.within_s * 1000))
        if self.within_turns is not None:
            later = [t for t in view.words.turns(role) if t.span.end_ms > start]
            count = _reach(runs(view.conversation.turns, later), self.within_turns)
            end = min(end, later[count - 1].span.end_ms) if later else end
        return Span(moment.broken_ms or start, max(start, end))

    def _ahead(self, view: CallView, role: RoleName, moment: Moment) -> Span:
        start, end = 0, moment.span.start_ms
        if self.within_s is not None:
            start = max(start, end - int(self.within_s * 1000))
        if self.within_turns is not None:
            earlier = [t for t in view.words.turns(role) if t.span.start_ms < end]
            count = _reach(runs(view.conversation.turns, reversed(earlier)), self.within_turns)
            start = max(start, earlier[-count].span.start_ms) if earlier else start
        return Span(min(start, end), end)


def _may_still_wait(anchor: Anchor, view: CallView, moment: Moment) -> Why | None:
    """Why a silence was perhaps not over yet: where the sound is cut, the next one that belongs to it may be lost."""
    left_ms = view.whole.end_ms - moment.span.end_ms
    return CUT_SHORT if view.breaks_off and left_ms < anchor.joined_s * 1000 else None


@lru_cache(maxsize=4096)  # rules ask for the same turns
def _says_something(text: str) -> bool:
    said = spoken_key(text)
    long = char_count(text) > LISTENING or _DENIES.search(_SOOTHES.sub("", said)) is not None
    return long and not _GO_ON.fullmatch(said)


def _say_something(run: Iterable[Turn]) -> bool:
    return any(_says_something(turn.text) for turn in run)


def _reach(each: Iterable[list[Turn]], turns: int) -> int:
    """How many turns it takes until so many runs say something; all where they are fewer."""
    said = number = 0
    for run in each:
        number += len(run)
        said += _say_something(run)
        if said == turns:
            break
    return number


class Region(msgspec.Struct, frozen=True, gc=False):
    """A stretch to look at.

    Args:
        span: from when to when.
        sure: False when the event it hangs on is in doubt.
        perhaps: how far it reaches where the event that ends it, which is in doubt, is none.
        goes_on: why it was perhaps not over when the sound was, or had begun before.
        hangs_on: the event: what is missing here is missing because of it.
    """

    span: Span
    sure: bool = True
    perhaps: Span | None = None
    goes_on: Why | None = None
    hangs_on: Moment | None = None

    def holds(self, span: Span) -> bool:
        """True when `span` begins inside (an event at the very end of the call counts)."""
        at, start = span.start_ms, self.span.start_ms
        return at == start or start < at < self.span.end_ms


WHOLE = Where()


def _answer(view: CallView, region: Region, judge: Callable[[CallView, Region], Answer]) -> Answer:
    """What is said of a region, no surer than its events: what it speaks against is left to a human."""
    answer, sure = judge(view, region), region.sure
    if region.perhaps is not None:
        farther = judge(view, Region(region.perhaps, goes_on=region.goes_on))
        sure = sure and farther.state is answer.state
        answer = any_of((answer, farther))
    about = region.hangs_on.evidence(ABOUT_THIS) if answer.missing and region.hangs_on is not None else None
    if about is not None:
        answer = msgspec.structs.replace(answer, evidence=(*answer.evidence, about))
    if sure or answer.state not in (State.YES, State.NO):
        return answer
    return doubtful(answer, UNSURE_ANCHOR if region.hangs_on is None else region.hangs_on.doubt)


def _cut(span: Span, to: Span) -> Span:
    start = min(max(span.start_ms, to.start_ms), to.end_ms)
    return Span(start, max(start, min(span.end_ms, to.end_ms)))
