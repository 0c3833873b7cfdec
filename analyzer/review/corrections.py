"""Corrected findings as example calls in the pack's own notation, so that the next standard is tested by them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import yaml

from analyzer.call.types import Role
from analyzer.measure.types import Overlap, OverlapKind, OverlapOutcome, Pause, Turn
from analyzer.outputs.redact import redact
from analyzer.review.store import Judged
from analyzer.rules.types import Scorecard

_MOST_LINES = 350
_MARKS = {
    (OverlapKind.INTERRUPTION, OverlapOutcome.SUCCESSFUL): "!",
    (OverlapKind.INTERRUPTION, OverlapOutcome.ATTEMPTED): "!-",
    (OverlapKind.BACKCHANNEL, OverlapOutcome.NONE): "~",
}
_NAMES = {Role.AGENT: "客服", Role.CUSTOMER: "用户"}
_PLAIN = str.maketrans("#{}", "＃｛｝")  # a comment and a pack's marks, not what anybody says
_AROUND_HOLD_MS = 400  # the notation leaves this much around a hold


def corrections(judged: Iterable[Judged], scorecard_of: Callable[[str], Scorecard | None]) -> str:
    """A file of rules for a house pack: changes that add the calls people judged otherwise; private details masked.

    Args:
        judged: the reviewers' last words.
        scorecard_of: the scorecard at a place, or None when it is gone; one of another recording is none of the call's.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for one in judged:
        # What an appeal makes of the verdict nobody wrote down.
        otherwise = one.human is not one.machine and not one.by_appeal
        scorecard = scorecard_of(one.call) if otherwise else None
        known = scorecard is not None and one.is_of(scorecard.call.facts.sha256)
        text = example(scorecard) if scorecard is not None and known else ""
        if not text:
            continue
        calls = found.setdefault(one.rule, {}).setdefault(str(one.human), [])
        if text not in calls:
            calls.append(text)
    changes = [{"change": rule, "add_examples": calls} for rule, calls in sorted(found.items())]
    return yaml.dump(changes, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000)


def example(scorecard: Scorecard) -> str:
    """The call as the notation writes it: its turns with their times, who came in how, holds, and how it ended."""
    masked = redact(scorecard)
    holds = [p for p in masked.pauses if p.is_wait and p.span.duration_ms > _AROUND_HOLD_MS]
    turns = [t for t in masked.turns if t.role in _NAMES]
    # Before the first turn there is nobody to come in on.
    timed = [(t.span.start_ms, _turn(t, masked.overlaps if t is not turns[0] else ())) for t in turns]
    timed += [(p.span.start_ms, _hold(p)) for p in holds]
    lines = [line for _, line in sorted(timed, key=lambda one: one[0])][:_MOST_LINES]
    if masked.hangup.party != "unknown":
        lines.append(f"end {masked.hangup.party}")
    return "\n".join(lines) + "\n" if lines else ""


def _turn(turn: Turn, overlaps: Iterable[Overlap]) -> str:
    said = " ".join(turn.text.split()).translate(_PLAIN)
    came_in = (o for o in overlaps if o.by == turn.speaker and o.span.start_ms == turn.span.start_ms)
    mark = next((_MARKS.get((o.kind, o.outcome), "") for o in came_in), "") if said else "?"
    return f"{turn.span.start_ms / 1000:.1f}-{turn.span.end_ms / 1000:.1f} {_NAMES[turn.role]}{mark}: {said}".rstrip()


def _hold(pause: Pause) -> str:
    return f"hold {(pause.span.duration_ms - _AROUND_HOLD_MS) / 1000:.1f}s{' music' * pause.music}"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _block)
