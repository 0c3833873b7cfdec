"""Checks on figures: measures within limits, differences of two, and their curves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from statistics import median
from typing import ClassVar

import msgspec

from analyzer.measure.catalogue import CATALOGUE, DOUBTS, component_unit, unit_names
from analyzer.measure.types import Measure
from analyzer.rules.bounds import AtLeastZero, Count, Strict, crossed
from analyzer.rules.checks.answer import MAX_EVIDENCE, Answer, State, Why, doubtful, maybe, no, not_applicable, yes
from analyzer.rules.checks.callwords import RoleName, role_of
from analyzer.rules.checks.view import CallView
from analyzer.rules.problem import Problem, problem
from analyzer.rules.types import Evidence
from analyzer.spans import Span

LISTEN_HERE = "可以听这里", "listen here"


class MeasureIs(Strict, frozen=True, kw_only=True, tag="measure", tag_field="kind"):
    """A measure lies in a band (limits included).

    Yes inside `min`..`max`. Outside it but inside `unsure_min`..`unsure_max`: maybe. A measure that is weak (its doubt
    is set) is too unsure a yes to accuse anybody by, and a maybe instead of a no. Undefined: not applicable.
    """

    name: str
    role: RoleName = "agent"
    min: float | None = None
    max: float | None = None
    unsure_min: float | None = None
    unsure_max: float | None = None
    component: str | None = None
    reads: ClassVar[RoleName | None] = None

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        if self.min is None and self.max is None:
            yield problem("needs_either", one="min", other="max")
        yield from _unlike_limits(self)

    def answer(self, view: CallView) -> Answer:
        """Yes when the figure is in the band."""
        measure = find_measure(view, self.name, self.role)
        zh = CATALOGUE[self.name].zh if self.name in CATALOGUE else self.name
        if measure is None:
            return not_applicable(f"没有测得{zh}", f"{self.name} was not measured")
        value = measure.value if self.component is None else measure.components.get(self.component)
        if value is None:
            why = measure.reason or f"no component {self.component}"
            return not_applicable(f"{zh}无法得出", f"{self.name} is undefined: {why}")
        return _in_limits(self, value, evidence_of(view, measure, value, self.component), measure)


class MeasureDifference(Strict, frozen=True, kw_only=True, tag="difference", tag_field="kind"):
    """Two figures compared: of the two parties, or two measures of one party.

    The result is `of - minus`, or `of / minus` with `ratio`. Limits as in `measure`.
    """

    of: str
    of_role: RoleName = "agent"
    minus: str
    minus_role: RoleName = "customer"
    ratio: bool = False
    min: float | None = None
    max: float | None = None
    unsure_min: float | None = None
    unsure_max: float | None = None
    reads: ClassVar[RoleName | None] = None

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        if self.min is None and self.max is None:
            yield problem("needs_either", one="min", other="max")
        yield from _unlike_limits(self)
        if (self.of, self.of_role) == (self.minus, self.minus_role):
            yield problem("same_figure")

    def answer(self, view: CallView) -> Answer:
        """Yes when the difference is in the band."""
        a, b = find_measure(view, self.of, self.of_role), find_measure(view, self.minus, self.minus_role)
        if a is None or b is None or a.value is None or b.value is None or (self.ratio and b.value == 0):
            return not_applicable("两方的数值不齐，无法比较", "the two figures can't be compared")
        value = a.value / b.value if self.ratio else a.value - b.value
        evidence = (*evidence_of(view, a, a.value), *evidence_of(view, b, b.value))
        return _in_limits(self, value, evidence, a, b)


def _unlike_limits(limits: MeasureIs | MeasureDifference) -> Iterator[Problem]:
    """What makes no band of limits, for the pack loader."""
    yield from crossed("min", limits.min, "max", limits.max)
    for side, own, unsure in (("min", limits.min, limits.unsure_min), ("max", limits.max, limits.unsure_max)):
        if own is None and unsure is not None:
            yield problem("goes_with", name=f"unsure_{side}", other=side)
    yield from crossed("unsure_min", limits.unsure_min, "min", limits.min)
    yield from crossed("max", limits.max, "unsure_max", limits.unsure_max)


def _in_limits(
    limits: MeasureIs | MeasureDifference, value: float, evidence: tuple[Evidence, ...], *measures: Measure
) -> Answer:
    """Yes inside the limits, and maybe close to them; what weak measures say accuses nobody."""
    weak = [DOUBTS.get(m.doubt, (m.doubt, m.doubt)) for m in measures if m.doubt is not None]
    zh, en = "、".join(w for w, _ in weak), ", ".join(w for _, w in weak)
    why = Why(f"测量不可靠（{zh}）", f"the figure is weak ({en})")
    if within(value, limits.min, limits.max):
        return doubtful(yes(evidence), why) if weak else yes(evidence)
    low = limits.min if limits.unsure_min is None else limits.unsure_min
    high = limits.max if limits.unsure_max is None else limits.unsure_max
    if isinstance(limits, MeasureIs):
        evidence = (_with_limit(limits, value, evidence[0]), *evidence[1:])
    if within(value, low, high):
        return maybe("数值在界限附近", "the figure is close to the limit", evidence)
    return Answer(State.MAYBE, evidence, (why,), 0.5) if weak else Answer(State.NO, evidence)


def _with_limit(limits: MeasureIs, value: float, figure: Evidence) -> Evidence:
    """A figure outside its limits, with the one it crosses."""
    above = limits.max is not None and value > limits.max
    limit, unit = (limits.max if above else limits.min) or 0, figure.unit or "1"
    if unit == "ms":  # times are shown in seconds, the measured one, too
        limit, unit = limit / 1000, "s"
    zh, en = (f"{limit:g} {name}".rstrip() for name in unit_names(unit))
    what = f"{figure.what}，{'高于' if above else '低于'} {zh}"
    return msgspec.structs.replace(figure, what=what, what_en=f"{figure.what_en}, {'above' if above else 'below'} {en}")


class Curve(Strict, frozen=True, kw_only=True, tag="curve", tag_field="kind"):
    """A curve (level, pitch, rate over time) peaks above a value, or jumps between neighbours.

    Args:
        peak: yes when a value is at least this, `at_least` times.
        jump: yes when two neighbouring values differ by at least this, `at_least` times.
        over_median: `peak` is counted from the curve's own median.
    """

    name: str
    role: RoleName = "agent"
    peak: float | None = None
    jump: AtLeastZero | None = None
    over_median: bool = False
    unsure_by: AtLeastZero = 0.0
    at_least: Count = 1
    reads: ClassVar[RoleName | None] = None

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        if (self.peak is None) == (self.jump is None):
            yield problem("needs_one_of", names="peak, jump")
        if self.over_median and self.peak is None:
            yield problem("goes_with", name="over_median", other="peak")
        if self.jump is not None and self.role == "any":
            yield problem("jump_of_one")

    def answer(self, view: CallView) -> Answer:
        """Yes when it peaks or jumps often enough."""
        points: list[tuple[int, float]] = []
        unit = ""
        for series in view.measures.series:
            if series.name == self.name and (self.role == "any" or series.role == self.role):
                unit = series.unit
                pairs = zip(series.times_ms, series.values, strict=True)
                points.extend((t, v) for t, v in pairs if v is not None)
        if len(points) < 2:
            return not_applicable(f"没有 {self.name} 曲线", f"there is no {self.name} curve")
        if self.peak is not None:
            base = median(v for _, v in points) if self.over_median else 0.0
            sizes, limit = [(t, t, v, v - base) for t, v in points], self.peak
        else:
            assert self.jump is not None
            steps = pairwise(points)
            sizes, limit = [(a[0], b[0], b[1], abs(b[1] - a[1])) for a, b in steps], self.jump
        end = view.conversation.duration_ms
        for bar, sure in ((limit, True), (limit - self.unsure_by, False)):
            over = [(a, b, v) for a, b, v, size in sizes if size >= bar]
            if len(over) >= self.at_least:
                evidence = [
                    Evidence(
                        Span(a, max(b, min(b + 1000, end))),
                        role_of(self.role),
                        "这里的数值突出",
                        "the figure stands out here",
                        value=round(v, 2),
                        unit=unit,
                    )
                    for a, b, v in over[:MAX_EVIDENCE]
                ]
                return yes(evidence) if sure else maybe("数值在界限附近", "close to the limit", evidence)
        return no([Evidence(view.whole, role_of(self.role), "没有突出的数值", "no figure stands out")])


def within(value: float, low: float | None, high: float | None) -> bool:
    """True when `low <= value <= high`; None is no limit."""
    return (low is None or value >= low) and (high is None or value <= high)


def find_measure(view: CallView, name: str, role: RoleName) -> Measure | None:
    """The measure of that role, or of the whole call with `any`."""
    for measure in view.measures.items:
        if measure.name == name and (measure.role == role or (role == "any" and measure.role is None)):
            return measure
    return None


def evidence_of(view: CallView, measure: Measure, value: float, component: str | None = None) -> tuple[Evidence, ...]:
    """A figure, and where it was measured: the whole call when it names no place, or several that share it."""
    spans = measure.evidence or (view.whole,)
    known = CATALOGUE.get(measure.name)
    zh, en = (known.zh, known.en) if known else (measure.name, measure.name)
    if len(spans) > 1:
        zh, en = f"整通电话{zh}", f"{en} of the whole call"
    unit = measure.unit
    if component is not None:
        zh, en, unit = f"{zh}（{component}）", f"{en} ({component})", component_unit(component)
    place = spans[0] if len(spans) == 1 else view.whole
    figure = Evidence(place, measure.role, f"{zh}的实测值", f"{en}, as measured", value=round(value, 3), unit=unit)
    listen = spans[: MAX_EVIDENCE - 1] if len(spans) > 1 else ()
    return (figure, *(Evidence(s, measure.role, *LISTEN_HERE) for s in listen))
