"""Goodbyes: who says one, when, and in what order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.call.types import Role
from analyzer.measure.types import PARTY_NAMES, Conversation, HangupEvidence, Turn
from analyzer.speech.mandarin import simplify

LAST_TURNS = 8
LAST_MS = 60_000
LEAVE_TURNS = 4  # in which leave is taken before a line falls silent
_UNTRUSTED = ("stock_line", "text_without_speech")

# Recognised text often has no punctuation: what only ends a clause is followed by particles, thanks or nothing.
_PARTICLES = "[啊呀哦噢喔哈啦了吧呢嘞喽诶]*"
_MARK = r"\s，。、！？!?,.~…—-"
_CLAUSE_ENDS = rf"{_PARTICLES}(?=$|[{_MARK}]|谢谢|再见|拜拜|祝)"
_TURN_ENDS = rf"{_PARTICLES}(?:[{_MARK}]|谢谢|麻烦|[您你了啊]|好的?|嗯|行)*$"
_GOODBYE = re.compile(
    # 说再见 is told of, 再见面 is meeting again
    r"(?<![才再没不别]说)(?<!急着说)(?<![才再])(?<!先别)(?<!急着)再见(?![面到过着效识个一不]|分晓)"
    # 礼拜拜访, and 礼拜, 崇拜 at the end of a clause
    rf"|(?<!礼)拜拜(?![托访佛神])|(?<![礼崇参朝膜跪祭])拜{_CLAUSE_ENDS}"
    rf"|bye|再会{_CLAUSE_ENDS}|(?:回头?|下[次回])见{_CLAUSE_ENDS}"
    # what recognisers write for 拜拜 and 再见
    rf"|(?<![明清])(?:白白|摆摆|掰掰){_CLAUSE_ENDS}|(?<![现正])在见{_CLAUSE_ENDS}"
    rf"|祝(?:[您你][^{_MARK}]{{0,6}}|(?:生活|工作)?)(?<!不)(?:愉快|顺利|(?<!生日)快乐)"
    # without a word of farewell only where nothing follows; 给我挂了 is told of, 您先这样 shows how
    rf"|(?<![您你])(?<![您你]们)先这样{_TURN_ENDS}|(?:^|[{_MARK}]|那|(?<![给把被将])我)先?挂了{_TURN_ENDS}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Farewell:
    """Ends of the last goodbye turns, ms; None where nobody said one."""

    agent_ms: int | None
    customer_ms: int | None
    turns: tuple[Turn, ...]

    def evidence(self, conversation: Conversation) -> tuple[HangupEvidence, ...]:
        """The order of the goodbyes and the wait after them: etiquette, which names nobody."""
        if not self.turns:
            return ()
        last = self.turns[-1]
        wait = conversation.live.end_ms - last.span.end_ms
        said, said_en = PARTY_NAMES[last.role]
        detail = f"{said}最后道别，{wait / 1000:.1f} 秒后录音结束"
        detail_en = f"the {said_en} said goodbye last, {wait / 1000:.1f} s before the recording ends"
        return (HangupEvidence("goodbye_order", "unknown", 0.1, last.span, detail, detail_en),)


def is_goodbye(text: str) -> bool:
    """Whether a turn takes leave.

    Args:
        text: recognised words.
    """
    return _GOODBYE.search(simplify(text)) is not None


def took_leave(conversation: Conversation, before_ms: int) -> bool:
    """Whether somebody said goodbye in the last turns before a time: a line that falls silent without is perhaps muted.

    Args:
        conversation: turns, their words and doubts.
        before_ms: turns count that begin before it.
    """
    before = [t for t in conversation.turns if t.span.start_ms < before_ms]
    return bool(_goodbyes(conversation, before[-LEAVE_TURNS:]))


def _goodbyes(conversation: Conversation, turns: Sequence[Turn]) -> list[Turn]:
    """The turns that take leave in words which were said, not made up by the recogniser."""
    made_up = [d for d in conversation.doubts if d.code in _UNTRUSTED]
    said = [t for t in turns if is_goodbye(t.text)]
    return [t for t in said if not any(d.speaker == t.speaker and d.span & t.span for d in made_up)]


def find_farewells(conversation: Conversation) -> Farewell:
    """The goodbyes among the call's last turns.

    Args:
        conversation: turns and their words.
    """
    last_speech = max((t.span.end_ms for t in conversation.turns), default=0)
    late = [t for t in conversation.turns[-LAST_TURNS:] if t.span.end_ms >= last_speech - LAST_MS]
    said = _goodbyes(conversation, late)
    ends = {role: max((t.span.end_ms for t in said if t.role is role), default=None) for role in Role}
    return Farewell(
        ends[Role.AGENT],
        ends[Role.CUSTOMER],
        tuple(sorted(said, key=lambda t: (t.span.end_ms, t.index))),
    )
