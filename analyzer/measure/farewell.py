"""Goodbyes: who says one, when, and in what order."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analyzer.call.types import Role
from analyzer.measure.types import PARTY_NAMES, Conversation, HangupEvidence, Turn
from analyzer.speech.mandarin import simplify

LAST_TURNS = 8
LAST_MS = 60_000
_GOODBYE = re.compile(
    r"再见|再会|拜拜|拜了|拜啦|[掰白摆][掰白摆]|拜{1,2}$|bye|祝您?(?:生活|工作)?愉快|祝你(?:生活|工作)?愉快|在见|再現",
    re.IGNORECASE,
)
_NOT_YET = re.compile(r"(?:才|再|先别|别急着)(?:说)?再见|再见面")


@dataclass(frozen=True, slots=True)
class Farewell:
    """Ends of the last goodbye turns, ms; None where nobody said one."""

    agent_ms: int | None
    customer_ms: int | None
    last_ms: int | None  # of whoever
    turns: tuple[Turn, ...]

    def evidence(self, conversation: Conversation) -> tuple[HangupEvidence, ...]:
        """The order of the goodbyes and the wait after them: etiquette, which names nobody."""
        if not self.turns or self.last_ms is None:
            return ()
        last = self.turns[-1]
        wait = conversation.duration_ms - last.span.end_ms
        said, said_en = PARTY_NAMES[last.role]
        detail = f"{said}最后道别，{wait / 1000:.1f} 秒后录音结束"
        detail_en = f"the {said_en} said goodbye last, {wait / 1000:.1f} s before the recording ends"
        return (HangupEvidence("goodbye_order", "unknown", 0.1, last.span, detail, detail_en),)


def is_goodbye(text: str) -> bool:
    """Whether a turn takes leave.

    Args:
        text: recognised words.
    """
    plain = simplify(text)
    return _GOODBYE.search(plain) is not None and _NOT_YET.search(plain) is None


def find_farewells(conversation: Conversation) -> Farewell:
    """The goodbyes among the call's last turns.

    Args:
        conversation: turns and their words.
    """
    last_speech = max((t.span.end_ms for t in conversation.turns), default=0)
    late = [t for t in conversation.turns[-LAST_TURNS:] if t.span.end_ms >= last_speech - LAST_MS]
    doubtful = [d for d in conversation.doubts if d.code in ("stock_line", "text_without_speech", "prompt_leak")]
    said = [
        t for t in late if is_goodbye(t.text) and not any(d.speaker == t.speaker and d.span & t.span for d in doubtful)
    ]
    ends = {role: max((t.span.end_ms for t in said if t.role is role), default=None) for role in Role}
    return Farewell(
        ends[Role.AGENT],
        ends[Role.CUSTOMER],
        max((t.span.end_ms for t in said), default=None),
        tuple(sorted(said, key=lambda t: (t.span.end_ms, t.index))),
    )
