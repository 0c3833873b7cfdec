"""Corrected findings as example calls in the pack's own notation, so that the next standard is tested by them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import yaml

from analyzer.call.types import Role
from analyzer.outputs.redact import redact
from analyzer.review.store import Judged
from analyzer.rules.types import Scorecard, Verdict

_WHERE = {Verdict.PASS: "pass", Verdict.FAIL: "fail", Verdict.UNSURE: "unsure"}
_MOST_LINES = 300


def corrections(judged: Iterable[Judged], scorecard_of: Callable[[str], Scorecard | None]) -> str:
    """YAML with the calls people judged otherwise, by rule and by what they said; private details masked.

    Args:
        judged: the reviewers' last words.
        scorecard_of: the scorecard at a place, or None when it is gone.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for one in judged:
        where = _WHERE.get(one.human)
        # What an appeal makes of the verdict nobody wrote down.
        otherwise = one.human is not one.machine and not one.by_appeal
        scorecard = scorecard_of(one.call) if otherwise and where is not None else None
        if scorecard is None or where is None:
            continue
        text = example(scorecard)
        calls = found.setdefault(one.rule, {}).setdefault(where, [])
        if text and text not in calls:
            calls.append(text)
    return yaml.dump(found, Dumper=_Dumper, allow_unicode=True, sort_keys=True, width=1000)


def example(scorecard: Scorecard) -> str:
    """The call as the notation writes it: a line a turn with its times, and how it ended."""
    masked = redact(scorecard)
    names = {Role.AGENT: "客服", Role.CUSTOMER: "用户"}
    lines = []
    for turn in masked.turns[:_MOST_LINES]:
        if turn.role in names:
            said = " ".join(turn.text.split())
            lines.append(f"{turn.span.start_ms / 1000:.1f}-{turn.span.end_ms / 1000:.1f} {names[turn.role]}: {said}")
    if masked.hangup.party != "unknown":
        lines.append(f"end {masked.hangup.party}")
    return "\n".join(lines) + "\n" if lines else ""


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _block)
