"""A check on what is known of a call beside its sound."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from analyzer.rules.bounds import Strict
from analyzer.rules.checks.answer import Answer, no, not_applicable, yes
from analyzer.rules.checks.callwords import RoleName
from analyzer.rules.checks.view import CallView
from analyzer.rules.problem import Problem, problem


class Metadata(Strict, frozen=True, kw_only=True, tag="metadata", tag_field="kind"):
    """What came beside the recording says so. A field nobody filled in: not applicable."""

    field: Literal["is_callback", "direction", "team"]
    equals: str | bool
    reads: ClassVar[RoleName | None] = None

    def problems(self) -> Iterable[Problem]:
        """What is wrong with the parameters, for the pack loader."""
        if self.field == "is_callback" and not isinstance(self.equals, bool):
            yield problem("callback_values")
        if self.field == "direction" and self.equals not in ("inbound", "outbound"):
            yield problem("direction_values")
        if self.field == "team" and not isinstance(self.equals, str):
            yield problem("team_is_a_name")

    def answer(self, view: CallView) -> Answer:
        """Yes when the field has that value."""
        value = getattr(view.metadata, self.field)
        if value is None:
            return not_applicable("录音没有附带这项信息", "the recording came without this information")
        return yes() if value == self.equals else no()
