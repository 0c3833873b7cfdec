"""Does a turn sound like something, in words that no list has? Never more than a maybe.

Lists of phrases find half of what is forbidden and said in other words, a tenth of what a customer lets on, and a
longer list hardly finds more (`docs/accuracy-authors.md`). What rude, evasive or boastful turns have in common, or
those of one who complains, is told by `wording.model` instead. Which clause is meant it can't tell: a human listens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analyzer.rules.bounds import Strict
from analyzer.rules.checks.answer import Answer, maybe
from analyzer.rules.checks.callwords import RoleName, role_of
from analyzer.rules.checks.frames import problems_of
from analyzer.rules.checks.view import OF_ROLE, CallView
from analyzer.rules.checks.where import WHOLE, Region, Where
from analyzer.rules.checks.words import not_heard
from analyzer.rules.problem import Problem, problem
from analyzer.rules.types import Evidence
from analyzer.rules.wording.model import Like

_WORDED: Mapping[Like, tuple[str, str]] = {
    "forbidden": ("措辞像不该说的话", "worded like what must not be said"),
    "grumble": ("措辞像抱怨", "worded like grumbling"),
    "complaint": ("措辞像投诉", "worded like a complaint"),
    "authority": ("措辞像要向外反映", "worded like going to an authority or the media"),
    "leader": ("措辞像要找领导", "worded like asking for a superior"),
    "compensation": ("措辞像谈损失或赔偿", "worded like speaking of loss or compensation"),
    "agitated": ("措辞像在气头上", "worded like one who is agitated"),
    "confused": ("措辞像没弄明白", "worded like one who is puzzled"),
}


class Wording(Strict, frozen=True, kw_only=True, tag="wording", tag_field="kind"):
    """A turn sounds like something, though it may be in none of the lists. Never more than a maybe.

    Turns that were heard too badly to be read are left out: what the recogniser makes of them is like anything.

    Args:
        like: what is forbidden, or what a customer lets on.
        margin: so much more like it than the model's own bar; more finds less.
        exclude: patterns on the spoken characters; a place that one fits into is none: 您还有别的要问的吗 is worded
            like a retort.
    """

    like: Like = "forbidden"
    margin: float = 0.0
    exclude: tuple[str, ...] = ()
    role: RoleName = "agent"
    where: Where = WHOLE
    reads = OF_ROLE

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        yield from problems_of(self.exclude)
        if self.like != "forbidden" and self.role != "customer":
            yield problem("goes_with", name=f"like: {self.like}", other="role: customer")

    def answer(self, view: CallView) -> Answer:
        """Maybe when one does."""
        return self.where.answer(view, self.role, self._in)

    def _in(self, view: CallView, region: Region) -> Answer:
        alike = []
        barred = view.words.fits(self.exclude)
        for turn in view.words.turns_in(self.role, region.span):
            if not region.holds(turn.span) or view.words.may_hide_words(self.role, turn.span):
                continue
            above, start, end = view.words.worded(turn, self.like)
            meant = any(fit.start < end and start < fit.end for fit in barred.get(view.words.place_of(turn), ()))
            if above > self.margin and not meant:
                start, end = view.words.clauses(turn, start, end)
                quote = view.words.text(turn)[start:end]
                alike.append(Evidence(view.words.span_of(turn, start, end), turn.role, *_WORDED[self.like], quote))
        if alike:
            return maybe("不在列举的说法里，措辞却相像", "in none of the lists, but worded alike", alike)
        where = Evidence(region.span, role_of(self.role), "这一段里没有相像的措辞", "nothing worded alike here")
        return not_heard([where], 1.0, view.words.may_hide_words(self.role, region.span), region)
