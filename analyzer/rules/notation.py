"""The compact notation of example calls: a few lines of turns with times become a call to judge, without audio.

`docs/house-packs.md` shows the notation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from analyzer.call.types import PARTIES, CallMetadata, Role
from analyzer.call.width import narrow
from analyzer.measure.catalogue import CATALOGUE, CURVES
from analyzer.measure.farewell import find_farewells
from analyzer.measure.going import wait_before
from analyzer.measure.pauses import is_queue
from analyzer.measure.types import (
    Conversation,
    Hangup,
    HangupEvidence,
    Measure,
    Measures,
    Overlap,
    OverlapKind,
    OverlapOutcome,
    Pause,
    PauseKind,
    Series,
    Turn,
    live_part,
)
from analyzer.rules.bounds import DAY_S
from analyzer.rules.decode import did_you_mean
from analyzer.rules.told import PackError, Told, tell
from analyzer.spans import Span
from analyzer.speech.mandarin import char_count
from analyzer.speech.types import Announcement, Doubt, Speaker, Word

CHARS_PER_S = 4.5
SURE = 0.95  # how probable words are that nothing is said of
BEGIN_MS = 300  # before the first turn
SHORTEST_MS = 200
GAP_MS = 500
DEAD_AIR_MS = 3000
CLOSING_MS = 1000
OVERLAP_MS = 1500
WORDLESS_MS = 2000
MAX_LINES = 400
AGENT_NAMES = ("客服", "坐席", "服务人员", "员工", "agent")
CUSTOMER_NAMES = ("用户", "客户", "顾客", "customer")
_NAMES = "|".join((*AGENT_NAMES, *CUSTOMER_NAMES))
TURN = re.compile(
    rf"(?:(?P<start>\d+(?:\.\d+)?)\s*-\s*(?P<end>\d+(?:\.\d+)?)\s+)?(?P<who>{_NAMES})"
    r"(?P<mark>!-|!\d+(?:\.\d+)?|!|~|\?)?(?:\s*:\s*|\s+|$)(?P<text>.*)\Z"
)
_CHARACTER = re.compile(r"\d(?:[^\w\s]+(?=\d)|[%％])|.", re.DOTALL)  # 3.5 is no 35: a figure keeps its point
_SECOND = re.compile(rf"[\s，。！？,.!?](?:{_NAMES})[!~?]?\s*:")
PLAYED = re.compile(r"(?:系统|语音|system)\s*:\s*(?P<text>.+)\Z")
SILENCE = re.compile(r"~\s*(\d+(?:\.\d+)?)\s*s\Z")
HOLD = re.compile(r"hold\s+(\d+(?:\.\d+)?)\s*s(\s+music)?\Z")
END = re.compile(r"end\s+(agent|customer|system|unknown|busy)(?:\s+(\d+(?:\.\d+)?)s)?(?:\s+audio\s+(\d?\.?\d+))?\Z")
CUT = "end cut"
_MEASURE = re.compile(r"measure\s+(?:(agent|customer)\.)?(\w+)\s*=\s*(-?\d+(?:\.\d+)?|none)(?:\s+doubt=(\w+))?\Z")
_CURVE = re.compile(r"curve\s+(agent|customer)\.(\w+)((?:\s+-?\d+(?:\.\d+)?)+)\Z")
_META = re.compile(r"meta\s+(is_callback|direction|team)\s*=\s*(\S+)\Z")
_ROLES = re.compile(r"roles\s+(\d?\.?\d+)\Z")
_MONO = re.compile(r"mono(?:\s+(\d?\.?\d+))?\Z")


@dataclass(frozen=True, slots=True)
class ExampleCall:
    """A call made from the notation."""

    conversation: Conversation
    measures: Measures
    hangup: Hangup
    metadata: CallMetadata
    cut_short: bool = False  # the recording ends before the call does


@dataclass(slots=True)
class _Draft:
    """A call being written."""

    now_ms: int = 0
    gap_ms: int | None = None  # a stated silence before the next turn
    turns: list[Turn] = field(default_factory=list)
    overlaps: list[Overlap] = field(default_factory=list)
    holds: list[tuple[Span, bool]] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    metadata: CallMetadata = field(default_factory=CallMetadata)
    end: tuple[str, int, float | None] = ("unknown", CLOSING_MS, None)
    cut_short: bool = False
    role_confidence: float = 1.0
    separated: bool = True
    separation_confidence: float = 1.0


class LineError(PackError):
    """A line of an example that can't be read; `line` is its number, from 1."""


def parse_call(text: str) -> ExampleCall:
    """Makes a call from the notation.

    Raises:
        LineError: `standard.example`, too long, or with the line that can't be read.
    """
    draft = _Draft()
    count = len(text.strip().splitlines())
    if count > MAX_LINES:
        raise _bad(tell("long_example", count=count), tell("keep_at_most", most=MAX_LINES))
    for number, line in numbered_lines(text):
        plain = narrow(line)  # what is said stays as it is written
        try:
            if not (_take_turn(draft, plain, line) or _take_event(draft, plain) or _take_figure(draft, plain)):
                raise _bad(tell("no_line", line=line), tell("see_notation"))
        except LineError as error:
            error.line = number
            raise
    if draft == _Draft():
        raise _bad(tell("empty_example"), tell("write_turns"))
    return _finish(draft)


def one_turn(said: str, role: Role = Role.AGENT) -> ExampleCall:
    """A call in which that party says one thing, whatever signs are in it."""
    span = Span(BEGIN_MS, BEGIN_MS + _length_ms(said))
    turn = Turn(0, PARTIES.index(role), role, span, span.duration_ms, said, _words(said, span, SURE))
    return _finish(_Draft(turns=[turn]))


def _bad(seen: Told, todo: Told) -> LineError:
    return LineError("standard.example", seen, todo)


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of an example without comments and empty ones, and which of the text each is."""
    for number, whole in enumerate(text.splitlines(), 1):
        line = whole.split(" #")[0].strip()
        if line and not line.startswith("#"):
            yield number, line


def _take_turn(draft: _Draft, plain: str, line: str) -> bool:
    m = TURN.match(plain)
    if m is None:
        return False
    role = Role.AGENT if m["who"] in AGENT_NAMES else Role.CUSTOMER
    speaker = 0 if role is Role.AGENT else 1
    if m["start"] is not None and float(m["end"]) < float(m["start"]):
        raise _bad(tell("ends_before", line=line), tell("later_behind"))
    mark, said = m["mark"] or "", line[m.start("text") :].strip()
    if _SECOND.search(narrow(said)):
        raise _bad(tell("two_turns", line=line), tell("line_each"))
    length = _length_ms(said)
    last = draft.turns[-1] if draft.turns else None
    if last is None and mark not in ("", "?"):
        raise _bad(tell("nobody_yet", line=line), tell("turn_before", mark=mark))
    if m["start"] is not None:
        span = Span(_ms(m["start"]), _ms(m["end"]))
    elif mark.startswith("!") and last is not None:
        over = _ms(mark[1:]) if mark[1:] not in ("", "-") else OVERLAP_MS
        over = min(over, last.span.duration_ms)
        start = last.span.start_ms + (last.span.duration_ms - over) // 2 if mark == "!-" else last.span.end_ms - over
        span = Span(start, start + (over if mark == "!-" else max(length, over)))
    elif mark == "~" and last is not None:
        span = Span(last.span.middle_ms, last.span.middle_ms + min(length, 600))
    else:
        start = draft.now_ms + (draft.gap_ms if draft.gap_ms is not None else GAP_MS if last else BEGIN_MS)
        span = Span(start, start + length)
    probability = 0.3 if mark == "?" else SURE
    turn = Turn(len(draft.turns), speaker, role, span, span.duration_ms, said, _words(said, span, probability))
    if mark == "?":
        code = "low_probability" if said else "speech_without_text"
        draft.doubts.append(Doubt(code, speaker, span, "示例中标明听不清", "heard badly, by the example"))
    draft.turns.append(turn)
    if last is not None and last.speaker != speaker:
        _overlap(draft, last, turn, mark)
    draft.now_ms, draft.gap_ms = max(draft.now_ms, span.end_ms), None
    return True


def _length_ms(said: str) -> int:
    """How long it takes to say."""
    return max(int(char_count(said) / CHARS_PER_S * 1000), SHORTEST_MS) if said else WORDLESS_MS


def _overlap(draft: _Draft, over: Turn, by: Turn, mark: str) -> None:
    both = over.span & by.span
    if both is None or both.duration_ms < 100:
        return
    kind, outcome = OverlapKind.TERMINAL, OverlapOutcome.NONE
    if mark == "~":
        kind = OverlapKind.BACKCHANNEL
    elif mark.startswith("!"):
        kind = OverlapKind.INTERRUPTION
        outcome = OverlapOutcome.ATTEMPTED if mark == "!-" else OverlapOutcome.SUCCESSFUL
    elif abs(over.span.start_ms - by.span.start_ms) <= 300:
        kind = OverlapKind.SIMULTANEOUS_START
    draft.overlaps.append(
        Overlap(both, kind, outcome, by.speaker, by.role, over.speaker, over.role, char_count(by.text), by.text, 0.95)
    )


def _words(text: str, span: Span, probability: float) -> tuple[Word, ...]:
    chars = [m.group() for m in _CHARACTER.finditer(text) if m.group()[0].isalnum()]
    out = []
    for i, c in enumerate(chars):
        start = span.start_ms + span.duration_ms * i // len(chars)
        out.append(Word(c, Span(start, span.start_ms + span.duration_ms * (i + 1) // len(chars)), probability))
    return tuple(out)


def _take_event(draft: _Draft, line: str) -> bool:
    if m := SILENCE.match(line):
        draft.gap_ms = (draft.gap_ms or 0) + _ms(m[1])
    elif m := HOLD.match(line):
        span = Span(draft.now_ms + 200, draft.now_ms + 200 + _ms(m[1]))
        draft.holds.append((span, bool(m[2])))
        draft.now_ms, draft.gap_ms = span.end_ms, 200
    elif m := PLAYED.match(line):
        start = draft.now_ms + (draft.gap_ms if draft.gap_ms is not None else GAP_MS)
        span = Span(start, start + _length_ms(m["text"]))
        draft.announcements.append(Announcement(0, span, m["text"]))
        draft.now_ms, draft.gap_ms = span.end_ms, None
    elif line == CUT:
        draft.cut_short = True
    elif m := END.match(line):
        draft.end = (m[1], _ms(m[2]) if m[2] else CLOSING_MS, _fraction(m[3]) if m[3] else None)
    elif m := _ROLES.match(line):
        draft.role_confidence = _fraction(m[1])
    elif m := _MONO.match(line):
        draft.separated, draft.separation_confidence = m[1] is not None, _fraction(m[1] or "0")
    elif m := _META.match(line):
        value: str | bool = {"true": True, "false": False}.get(m[2], m[2])
        wanted = {"is_callback": (True, False), "direction": ("inbound", "outbound")}.get(m[1], (value,))
        if value not in wanted:
            one, other = ("true", "false") if m[1] == "is_callback" else ("inbound", "outbound")
            raise _bad(tell("meta_value", field=m[1], value=m[2]), tell("write_either", one=one, other=other))
        draft.metadata = replace(draft.metadata, **{m[1]: value})  # type: ignore[arg-type]
    else:
        return False
    return True


def _take_figure(draft: _Draft, line: str) -> bool:
    if m := _MEASURE.match(line):
        role = Role(m[1]) if m[1] else None
        _refuse_unmeasured(draft, m[2], role)
        value = None if m[3] == "none" else float(m[3])
        reason = "示例中无值" if value is None else None
        draft.measures.append(Measure(m[2], value, CATALOGUE[m[2]].unit, role, None, reason, None, m[4]))
    elif m := _CURVE.match(line):
        if m[2] not in CURVES:
            todo = did_you_mean(m[2], CURVES) or tell("use_one_of", names=", ".join(CURVES))
            raise _bad(tell("none_such", kind=tell("curve"), name=m[2]), todo)
        values = tuple(float(v) for v in m[3].split())
        times = tuple(1000 * i for i in range(len(values)))
        draft.series.append(Series(m[2], "", 0 if m[1] == "agent" else 1, Role(m[1]), times, values))
    else:
        return False
    return True


def _refuse_unmeasured(draft: _Draft, name: str, role: Role | None) -> None:
    """Refuses a figure that no call has."""
    if name not in CATALOGUE:
        todo = did_you_mean(name, CATALOGUE) or tell("measures_are_listed")
        raise _bad(tell("none_such", kind=tell("measure"), name=name), todo)
    if CATALOGUE[name].of_call and role is not None:
        raise _bad(tell("of_the_call", measure=name), tell("write_so", text=f"measure {name}=…"))
    if not CATALOGUE[name].of_call and role is None:
        todo = tell("write_either", one=f"measure agent.{name}=…", other=f"customer.{name}=…")
        raise _bad(tell("of_a_party", measure=name), todo)
    if any((m.name, m.role) == (name, role) for m in draft.measures):
        raise _bad(tell("given_twice", name=f"{f'{role}.' * bool(role)}{name}"), tell("keep_one"))


def _ms(seconds: str) -> int:
    if float(seconds) > DAY_S:
        raise _bad(tell("over_a_day", seconds=seconds), tell("write_less"))
    return round(float(seconds) * 1000)


def _fraction(number: str) -> float:
    if float(number) > 1:
        raise _bad(tell("no_confidence", number=number), tell("zero_to_one"))
    return float(number)


def _finish(draft: _Draft) -> ExampleCall:
    party, delay, audio = draft.end
    turns = tuple(sorted(draft.turns, key=lambda t: (t.span.start_ms, t.index)))
    turns = tuple(replace(t, index=i) for i, t in enumerate(turns))
    spoken_end = max([t.span.end_ms for t in turns] + [s.end_ms for s, _ in draft.holds], default=0)
    duration = max([spoken_end + delay] + [a.span.end_ms for a in draft.announcements])
    live = live_part(duration, turns, draft.announcements)
    speakers = tuple(
        Speaker(
            i, i if draft.separated else 0, role if draft.separated else Role.UNKNOWN, "speech", draft.role_confidence
        )
        for i, role in enumerate(PARTIES)
    )
    if not draft.separated:
        turns = tuple(replace(t, role=Role.UNKNOWN) for t in turns)
    conversation = Conversation(
        duration, speakers, turns, tuple(draft.overlaps), tuple(_pauses(draft, turns, live)), tuple(draft.doubts),
        draft.separated, draft.separation_confidence, announcements=tuple(draft.announcements),
    )  # fmt: skip
    goodbye = find_farewells(conversation)
    method = "none" if party == "unknown" else "audio" if audio is not None or party == "busy" else "metadata"
    confidence = {"none": 0.0, "metadata": 1.0}.get(method, audio if audio is not None else 0.9)
    gone = spoken_end + delay
    named = "customer" if party == "busy" else party
    name = {"metadata": "cdr_field", "audio": "busy_tone"}.get(method)
    left = Span(gone, gone)
    hints = (HangupEvidence(name, named, confidence, left, f"挂机方：{named}", f"ended by {named}"),) if name else ()
    waited = wait_before(gone, goodbye.turns, turns)
    hangup = Hangup(named, method, confidence, hints, goodbye.agent_ms, goodbye.customer_ms, waited)
    measures = Measures(tuple(draft.measures), tuple(draft.series))
    return ExampleCall(conversation, measures, hangup, draft.metadata, draft.cut_short)


def _pauses(draft: _Draft, turns: tuple[Turn, ...], live: Span) -> list[Pause]:
    # what is played before anybody speaks is part of the opening
    spoken = turns[0].span.start_ms if turns else 0
    out = [_hold(span, music, turns) for span, music in draft.holds if span.start_ms > spoken]
    if turns and turns[0].span.start_ms > live.start_ms:
        span = Span(live.start_ms, turns[0].span.start_ms)
        out.append(Pause(span, PauseKind.OPENING, None, None, turns[0].speaker, turns[0].role))
    end, last = 0, None
    for turn in turns:
        gap = turn.span.start_ms - end
        held = any(s & Span(min(end, turn.span.start_ms), turn.span.start_ms) for s, _ in draft.holds)
        if last is not None and gap > 0 and not held:
            kind = (
                PauseKind.DEAD_AIR
                if gap >= DEAD_AIR_MS
                else PauseKind.RESPONSE
                if turn.speaker != last.speaker
                else None
            )
            if kind is not None:
                span = Span(end, turn.span.start_ms)
                out.append(Pause(span, kind, last.speaker, last.role, turn.speaker, turn.role))
        if turn.span.end_ms >= end:
            end, last = turn.span.end_ms, turn
    if last is not None and live.end_ms > end:
        out.append(Pause(Span(end, live.end_ms), PauseKind.CLOSING, last.speaker, last.role, None, None))
    return sorted(out, key=lambda p: p.span)


def _hold(span: Span, music: bool, turns: tuple[Turn, ...]) -> Pause:
    """A hold, or a queue, and who speaks before and behind it."""
    came = next((t for t in turns if t.role == "agent"), None)
    queued = came is not None and is_queue(span, music, came.span.start_ms, came.text)
    over = max((t for t in turns if t.span.start_ms < span.start_ms), key=lambda t: t.span.end_ms, default=None)
    then = next((t for t in turns if t.span.start_ms >= span.end_ms), None)
    return Pause(
        span,
        PauseKind.QUEUE if queued else PauseKind.HOLD,
        after=over.speaker if over else None,
        after_role=over.role if over else None,
        before=then.speaker if then else None,
        before_role=then.role if then else None,
        music=music,
    )
