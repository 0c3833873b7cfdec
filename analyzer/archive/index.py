"""The index of an archive: every call that is done, with what a list needs, in `index.json` and `index.csv`."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from analyzer.archive.ledger import SCORED, Entry, Summary
from analyzer.archive.results import Destination
from analyzer.archive.work import Identity
from analyzer.outputs.labels import label
from analyzer.outputs.notices import ALARMING
from analyzer.outputs.problems import explain
from analyzer.outputs.redact import redact_identifier
from analyzer.outputs.spreadsheet import inert

INDEX_VERSION = "1.2"
COLUMNS = (
    "path", "outcome", "score", "fatal", "failed", "unsure", "passed", "code", "reason", "notices", "duration_ms",
    "call_id", "agent_id", "team", "start_time", "defects", "scorecard", "seen", "todo", "duplicate_of",
)  # fmt: skip
_UNCLEAR_SHOWN = 3
PROBLEM_COLUMN = "problem_zh"  # for people, who open the CSV in a spreadsheet


@dataclass(frozen=True, slots=True)
class IndexedCall:
    """One line of the index; counts and length are None where there is no scorecard to count in."""

    path: str
    outcome: str
    scorecard: str | None
    code: str | None
    seen: str
    todo: str
    score: float | None
    reason: str | None
    notices: tuple[str, ...]
    fatal: tuple[str, ...]
    failed: int | None
    unsure: int | None
    passed: int | None
    duration_ms: int | None
    defects: tuple[str, ...]
    call_id: str | None
    agent_id: str | None
    team: str | None
    start_time: str | None
    unclear: tuple[str, ...]  # of what came with the recording
    duplicate_of: str | None  # the first call of the same recording, of the others


@dataclass(frozen=True, slots=True)
class IndexHead:
    """What stands above the calls."""

    index_version: str
    hearing: str
    judging: str
    listed: int
    not_done: int
    outcomes: dict[str, int]


def write_index(results: Destination, entries: Iterable[Entry], identity: Identity, listed: int) -> None:
    """Writes both files, each whole or not at all, in the order given.

    Args:
        results: where they go.
        entries: of the recordings that are done and whose results hold.
        identity: what decided the results; whether private signs are masked.
        listed: recordings in the archive.

    Raises:
        OutputError: they could not be written.
    """
    entries = tuple(entries)
    first = {name: same[0] for same in duplicates(entries) for name in same[1:]}
    calls = [_line(entry, identity.redacted, first.get(entry.path)) for entry in entries]
    outcomes = dict(sorted(Counter(call.outcome for call in calls).items()))
    head = IndexHead(INDEX_VERSION, identity.hearing, identity.judging, listed, listed - len(calls), outcomes)
    results.put_long("index.json", _json(head, calls))
    results.put_long("index.csv", _csv(calls))


def duplicates(entries: Iterable[Entry]) -> tuple[tuple[str, ...], ...]:
    """The names of scored recordings that are one, byte for byte, where there are several; in the order given."""
    found: dict[str, list[str]] = {}
    for entry in entries:
        if entry.outcome == SCORED and entry.sha256:
            found.setdefault(entry.sha256, []).append(entry.path)
    return tuple(tuple(same) for same in found.values() if len(same) > 1)


def _line(entry: Entry, redacted: bool, duplicate_of: str | None) -> IndexedCall:
    s = entry.summary or Summary()
    call_id, agent_id, team = s.call_id, s.agent_id, s.team
    if redacted:  # a refusal holds whether or not results are masked: the ledger has it as it came
        call_id, agent_id, team = map(redact_identifier, (call_id, agent_id, team))
    return IndexedCall(
        entry.path, entry.outcome, entry.scorecard, entry.code, entry.seen, entry.todo, s.score, s.reason, s.notices,
        s.fatal, s.failed, s.unsure, s.passed, s.duration_ms, s.defects, call_id, agent_id, team, s.start_time,
        s.unclear, duplicate_of,
    )  # fmt: skip


def _json(head: IndexHead, calls: list[IndexedCall]) -> Iterator[bytes]:
    """One object; the calls stand one a line, so that two indexes can be compared by line."""
    encoder = msgspec.json.Encoder(order="deterministic")
    yield encoder.encode(head)[:-1] + b',"calls":['
    for number, call in enumerate(calls):
        yield (b",\n" if number else b"\n") + encoder.encode(call)
    yield b"\n]}\n"


def _csv(calls: list[IndexedCall]) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf"  # so that Excel reads Chinese
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow((*COLUMNS, PROBLEM_COLUMN))
    for call in calls:
        problem = _problem(call)
        writer.writerow([*(_cell(getattr(call, column)) for column in COLUMNS), _cell(problem)])
        if buffer.tell() > 1 << 16:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _problem(call: IndexedCall) -> str:
    """Why the call has no scorecard or no score, and what to know of it, in Chinese."""
    if call.code:
        return explain(call.code, call.seen, call.todo)
    known = [_notice(code, call) for code in sorted(call.notices, key=lambda code: code not in ALARMING)]
    if call.score is None and call.reason and call.reason not in call.notices:  # a notice says it whole
        known.insert(0, f"{label('word', 'no_score')}：{label('why', call.reason)}")
    if call.duplicate_of:
        known.append(f"与 {call.duplicate_of} 是同一个录音")
    return "；".join(known)


def _notice(code: str, call: IndexedCall) -> str:
    unclear = f"（{'；'.join(call.unclear[:_UNCLEAR_SHOWN])}）" if code == "metadata_unclear" and call.unclear else ""
    return label("notice", code) + unclear


def _cell(value: object) -> object:
    """A cell: of several values one text, of none an empty one."""
    if isinstance(value, tuple):
        value = " ".join(map(str, value))
    return inert(value) if isinstance(value, str) else "" if value is None else value
