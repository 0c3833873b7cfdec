"""Scorecards as rows: three tables with documented columns, whatever file they end up in; and the review's.

`calls` has a row a call, `findings` a row a call and rule, `events` a row a thing that happened at a time. `call` joins
them: where the scorecard stands below the result folder, without its ending. `reviews` has a row for each person's
last word on a finding; its rows come from the review. A column is added, never renamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from analyzer.call.types import PARTIES, Role
from analyzer.errors import OutputError, UsageError
from analyzer.measure.catalogue import CATALOGUE
from analyzer.outputs.encode import Unreadable, read_or_note
from analyzer.outputs.files import SCORECARD_SUFFIX, scorecards_below
from analyzer.outputs.page_mark import fingerprint
from analyzer.rules.types import Finding, Scorecard, Verdict

Kind = Literal["text", "integer", "number", "yes_no"]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what its cells are, and what they mean."""

    name: str
    kind: Kind
    about: str


def _measure_columns() -> Iterator[Column]:
    for kind in CATALOGUE.values():
        unit = "" if kind.unit == "1" else f", {kind.unit}"
        if kind.of_call:
            yield Column(kind.name, "number", f"{kind.en} ({kind.zh}){unit}; empty where undefined")
        else:
            for role in ("agent", "customer"):
                yield Column(
                    f"{role}_{kind.name}", "number", f"{role}'s {kind.en} ({kind.zh}){unit}; empty where undefined"
                )


_CALL = Column(
    "call", "text", "where the scorecard stands below the result folder, without its ending; joins the tables"
)

CALLS: tuple[Column, ...] = (
    _CALL,
    Column("name", "text", "file name of the recording"),
    Column("call_id", "text", "from the metadata"),
    Column("agent_id", "text", "from the metadata"),
    Column("team", "text", "from the metadata"),
    Column("direction", "text", "inbound or outbound, from the metadata"),
    Column("start_time", "text", "ISO 8601, from the metadata"),
    Column("day", "text", "the day of `start_time`, YYYY-MM-DD"),
    Column("is_callback", "yes_no", "from the metadata"),
    Column("duration_ms", "integer", "of the recording"),
    Column("recording_sha256", "text", "of the recording's file: calls of which it is the same are one recording"),
    Column("layout", "text", "stereo, mono or dual_mono"),
    Column("codec", "text", "of the recording"),
    Column("rate_hz", "integer", "sampling rate of the recording"),
    Column("defects", "text", "codes of the recording's defects, by spaces"),
    Column("roles_known", "yes_no", "whether agent and customer could be told apart"),
    Column("score", "number", "the machine's total, 0 to 100; empty where the call has none"),
    Column("fatal", "text", "fatal rules that failed, by spaces"),
    Column("failed", "integer", "scored rules that failed"),
    Column("unsure", "integer", "scored rules for a person to decide"),
    Column("passed", "integer", "scored rules that passed"),
    Column("not_applicable", "integer", "scored rules that did not apply"),
    Column("hangup_party", "text", "agent, customer, system or unknown"),
    Column("hangup_method", "text", "metadata, audio or none"),
    Column("hangup_confidence", "number", "0 to 1"),
    Column("hangup_delay_ms", "integer", "from the last goodbye (or last word) to the going of that party"),
    Column("doubts", "integer", "stretches of doubtful words"),
    Column("standard", "text", "id and version of the standard"),
    Column("standard_sha256", "text", "hash of the standard as it was used"),
    Column("profile", "text", "of the standard"),
    Column("model", "text", "name of the recogniser's model"),
    Column("version", "text", "of this program"),
    Column("redacted", "integer", "personal details redacted"),
    Column(
        "fingerprint",
        "text",
        "of verdicts and figures; the call's page bears it: another one there is of another scorecard",
    ),
    *_measure_columns(),
)

FINDINGS: tuple[Column, ...] = (
    _CALL,
    Column("agent_id", "text", "from the metadata"),
    Column("team", "text", "from the metadata"),
    Column("day", "text", "YYYY-MM-DD"),
    Column("rule", "text", "id in the standard"),
    Column("name", "text", "of the rule, Chinese"),
    Column("name_en", "text", "of the rule, English"),
    Column("section", "text", "of the standard"),
    Column("clauses", "text", "of the documents, by spaces"),
    Column("severity", "text", "info, minor, major or critical"),
    Column("verdict", "text", "pass, fail, unsure or not_applicable"),
    Column("confidence", "number", "0 to 1"),
    Column("deduction", "number", "points this finding took"),
    Column("counted_in", "text", "the rule that took the points for the same words or fault"),
    Column("fatal", "yes_no", "whether the rule is fatal"),
    Column("scored", "yes_no", "no for an observation that never touches the score"),
    Column("evidence", "integer", "places to listen"),
    Column("start_ms", "integer", "of the first place that is no context"),
    Column("end_ms", "integer", "of the first place that is no context"),
    Column("quote", "text", "the recogniser's words there"),
    Column("value", "number", "the measured figure there"),
    Column("unit", "text", "of the value"),
    Column("reason", "text", "why this verdict, Chinese"),
)

EVENTS: tuple[Column, ...] = (
    _CALL,
    Column("event", "text", "turn, overlap, pause, announcement, hangup_evidence, doubt or observation"),
    Column("kind", "text", "of the overlap, pause, evidence, doubt or observation"),
    Column("start_ms", "integer", "from the start of the recording"),
    Column("end_ms", "integer", "from the start of the recording"),
    Column("duration_ms", "integer", "end_ms - start_ms"),
    Column("role", "text", "who speaks, came in, or was heard last; empty where nobody"),
    Column("outcome", "text", "of an overlap: successful, attempted or none; whom hang-up evidence points to"),
    Column("chars", "integer", "spoken characters, for overlaps"),
    Column("text", "text", "what was said"),
    Column("confidence", "number", "0 to 1, where there is one"),
)

REVIEWS: tuple[Column, ...] = (
    _CALL,
    Column("rule", "text", "id in the standard"),
    Column("machine", "text", "the machine's verdict when the person spoke: pass, fail, unsure or not_applicable"),
    Column("confidence", "number", "the machine's then, 0 to 1"),
    Column("human", "text", "the person's verdict; empty where there is only an appeal"),
    Column("note", "text", "the reviewer's remark; of an appeal the answer, else why it was filed"),
    Column("reviewer", "text", "who judged, or settled the appeal; empty while it is open"),
    Column("appeal", "text", "state of the last appeal against the finding: open, upheld or rejected; empty: none"),
    Column("standard", "text", "id and version of the standard then"),
    Column("time", "text", "ISO 8601, UTC"),
    Column("recording_sha256", "text", "of the recording that was judged; empty where an older version noted none"),
)

TABLES: dict[str, tuple[Column, ...]] = {"calls": CALLS, "findings": FINDINGS, "events": EVENTS}


def read_results(folder: Path, passed_over: list[Unreadable] | None = None) -> Iterator[tuple[str, Scorecard]]:
    """Every scorecard below a result folder with its place, in order of place.

    Args:
        folder: with the scorecards.
        passed_over: gets those that can't be read, and the others follow; without it the first one ends all.

    Raises:
        UsageError: no such folder, or no scorecard in it.
        OutputError: a file that should be a scorecard is not, and none may be passed over or none is left; its place
            is named.
    """
    if not folder.is_dir():
        raise UsageError("usage.no_folder", f"{folder.name} is not a folder", "Give a folder with scorecards")
    empty, first = True, None
    unreadable = [] if passed_over is None else passed_over
    for place, path in scorecards_below(folder).items():
        scorecard = read_or_note(path, place + SCORECARD_SUFFIX, unreadable)
        if scorecard is None:
            error = unreadable[-1].error
            first = first or OutputError(error.code, f"{place}: {error.seen}", error.todo)
            if passed_over is None:
                raise first
            continue
        yield place, scorecard
        empty = False
    if empty and first is not None:
        raise first
    if empty:
        raise UsageError("usage.no_scorecards", f"no scorecard below {folder.name}", "Run `analyzer batch` first")


def rows(place: str, scorecard: Scorecard) -> dict[str, list[Row]]:
    """One call's rows of every table."""
    return {
        "calls": [call_row(place, scorecard)],
        "findings": [_finding_row(place, scorecard, finding) for finding in scorecard.findings],
        "events": list(_event_rows(place, scorecard)),
    }


def call_row(place: str, scorecard: Scorecard) -> Row:
    """The call's row of `calls`."""
    call, score, hangup, made = scorecard.call, scorecard.score, scorecard.hangup, scorecard.provenance
    meta = call.metadata
    row: Row = {
        "call": place, "name": call.name, "call_id": meta.call_id, "agent_id": meta.agent_id, "team": meta.team,
        "direction": meta.direction, "start_time": meta.start_time, "day": day_of(meta.start_time),
        "is_callback": meta.is_callback, "duration_ms": call.facts.duration_ms,
        "recording_sha256": call.facts.sha256, "layout": str(call.layout),
        "codec": call.facts.codec, "rate_hz": call.facts.rate_hz, "defects": _list(d.code for d in call.facts.defects),
        "roles_known": {Role.AGENT, Role.CUSTOMER} <= {s.role for s in scorecard.speakers}, "score": score.total,
        "fatal": _list(score.fatal), "failed": score.failed, "unsure": score.unsure, "passed": score.passed,
        "not_applicable": score.not_applicable, "hangup_party": hangup.party, "hangup_method": hangup.method,
        "hangup_confidence": hangup.confidence, "hangup_delay_ms": hangup.delay_ms, "doubts": len(scorecard.doubts),
        "standard": f"{made.standard_id} {made.standard_version}", "standard_sha256": made.standard_sha256,
        "profile": made.profile,
        "model": made.recognizer.name if made.recognizer else None, "version": made.analyzer_version,
        "redacted": sum(scorecard.redaction.values()), "fingerprint": fingerprint(scorecard),
    }  # fmt: skip
    for measure in scorecard.measures:
        if measure.name not in CATALOGUE:
            continue
        if CATALOGUE[measure.name].of_call:
            row[measure.name] = measure.value
        elif measure.role in PARTIES:
            row[f"{measure.role}_{measure.name}"] = measure.value
    return row


def day_of(start_time: str | None) -> str | None:
    """The day of an ISO 8601 time; None when it isn't one."""
    day = (start_time or "")[:10]
    plain = len(day) == 10 and day[4] == day[7] == "-" and (day[:4] + day[5:7] + day[8:]).isdecimal() and day.isascii()
    return day if plain else None


def _finding_row(place: str, scorecard: Scorecard, finding: Finding) -> Row:
    meta = scorecard.call.metadata
    first = next((e for e in finding.evidence if not e.context), None)
    bad = finding.verdict in (Verdict.FAIL, Verdict.UNSURE)
    return {
        "call": place, "agent_id": meta.agent_id, "team": meta.team, "day": day_of(meta.start_time),
        "rule": finding.rule, "name": finding.name, "name_en": finding.name_en, "section": finding.section,
        "clauses": _list(finding.clauses), "severity": str(finding.severity), "verdict": str(finding.verdict),
        "confidence": finding.confidence, "deduction": finding.deduction,
        "counted_in": finding.counted_in, "fatal": finding.fatal,
        "scored": finding.scored, "evidence": len(finding.evidence),
        "start_ms": first.span.start_ms if first else None, "end_ms": first.span.end_ms if first else None,
        "quote": first.quote if first and bad else None, "value": first.value if first else None,
        "unit": first.unit if first else None, "reason": finding.reason,
    }  # fmt: skip


def _event_rows(place: str, scorecard: Scorecard) -> Iterator[Row]:
    def event(what: str, kind: str, span: Any, **more: Any) -> Row:
        return {"call": place, "event": what, "kind": kind, "start_ms": span.start_ms, "end_ms": span.end_ms,
                "duration_ms": span.duration_ms, **more}  # fmt: skip

    for turn in scorecard.turns:
        yield event("turn", "turn", turn.span, role=str(turn.role), text=turn.text)
    for o in scorecard.overlaps:
        yield event("overlap", str(o.kind), o.span, role=str(o.by_role), outcome=str(o.outcome), chars=o.chars,
                    text=o.text, confidence=o.confidence)  # fmt: skip
    for pause in scorecard.pauses:
        yield event("pause", str(pause.kind), pause.span, role=str(pause.after_role) if pause.after_role else None)
    for played in scorecard.announcements:
        yield event("announcement", "announcement", played.span, text=played.text)
    for e in scorecard.hangup.evidence:
        yield event("hangup_evidence", e.name, e.span, outcome=e.points_to, text=e.detail, confidence=e.weight)
    roles = {s.index: str(s.role) for s in scorecard.speakers}
    for doubt in scorecard.doubts:
        yield event("doubt", doubt.code, doubt.span, role=roles.get(doubt.speaker), text=doubt.why)
    for seen in scorecard.observations:
        for place_heard in seen.evidence:
            yield event("observation", seen.name, place_heard.span, text=seen.value, confidence=seen.confidence)


def _list(values: Iterable[str]) -> str:
    return " ".join(values)
