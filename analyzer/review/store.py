"""The reviewers' words in one SQLite file. Nothing is overwritten: a later word stands beside the earlier one."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from analyzer.call.given import NotRegularError
from analyzer.errors import UsageError
from analyzer.outputs.files import FILE_MODE
from analyzer.rules.types import Verdict

MAX_TEXT = 4000
APPEAL_STATES = ("open", "upheld", "rejected")

_TABLES = """
CREATE TABLE IF NOT EXISTS judgements (
  id INTEGER PRIMARY KEY, call TEXT NOT NULL, rule TEXT NOT NULL, reviewer TEXT NOT NULL, machine TEXT NOT NULL,
  confidence REAL NOT NULL, human TEXT NOT NULL, comment TEXT NOT NULL, standard TEXT NOT NULL, at TEXT NOT NULL,
  recording TEXT);
CREATE INDEX IF NOT EXISTS judgements_call ON judgements (call, rule);
CREATE TABLE IF NOT EXISTS roles (
  id INTEGER PRIMARY KEY, call TEXT NOT NULL, speaker INTEGER NOT NULL, role TEXT NOT NULL, reviewer TEXT NOT NULL,
  at TEXT NOT NULL, recording TEXT);
CREATE TABLE IF NOT EXISTS comments (
  id INTEGER PRIMARY KEY, call TEXT NOT NULL, reviewer TEXT NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL,
  recording TEXT);
CREATE TABLE IF NOT EXISTS appeals (
  id INTEGER PRIMARY KEY, call TEXT NOT NULL, rule TEXT NOT NULL, by TEXT NOT NULL, text TEXT NOT NULL,
  state TEXT NOT NULL, answer TEXT NOT NULL, settled_by TEXT, at TEXT NOT NULL, settled_at TEXT,
  machine TEXT, confidence REAL, standard TEXT, recording TEXT);
"""
_MOST_BYTES = 4 * MAX_TEXT  # of any text
_VERDICTS = ", ".join(f"'{verdict}'" for verdict in Verdict)


def _texts(*columns: str) -> str:
    """SQL: whether these hold text that we may have written."""
    return " AND ".join(f"typeof({c}) = 'text' AND length(CAST({c} AS BLOB)) <= {_MOST_BYTES}" for c in columns)


_SURE = "typeof(confidence) IN ('real', 'integer') AND confidence BETWEEN 0 AND 1"
# Which rows make sense. A file lies where others may write; one odd row keeps nobody from the rest.
_OF_A_RECORDING = f"(recording IS NULL OR {_texts('recording')})"
_SOUND = {
    "judgements": f"{_texts('call', 'rule', 'reviewer', 'comment', 'standard', 'at')} AND {_SURE}"
    f" AND machine IN ({_VERDICTS}) AND human IN ({_VERDICTS}) AND {_OF_A_RECORDING}",
    "roles": f"{_texts('call', 'reviewer', 'at')} AND typeof(speaker) = 'integer'"
    f" AND role IN ('agent', 'customer', 'unknown') AND {_OF_A_RECORDING}",
    "comments": f"{_texts('call', 'reviewer', 'text', 'at')} AND {_OF_A_RECORDING}",
    "appeals": f"{_texts('call', 'rule', 'by', 'text', 'answer', 'at')} AND {_OF_A_RECORDING}"
    f" AND (state = 'open' OR state IN ('upheld', 'rejected') AND {_texts('settled_by', 'settled_at')})"
    f" AND (machine IS NULL OR machine IN ({_VERDICTS}) AND {_SURE} AND {_texts('standard')})",
}
# What tables of an older file lack. `recording` is the SHA-256 of what was heard: another one may get its name later.
_RECORDING = {"recording": "TEXT"}
_LATER = {
    "judgements": _RECORDING, "roles": _RECORDING, "comments": _RECORDING,
    "appeals": {"machine": "TEXT", "confidence": "REAL", "standard": "TEXT"} | _RECORDING,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """A person's verdict on one finding, with the machine's at that time.

    `recording` is the SHA-256 of what was judged; empty where an older version noted none.
    `by_appeal`: an appeal was upheld; that the machine was wrong is known, what is right is the appellant's word.
    """

    call: str
    rule: str
    reviewer: str
    machine: Verdict
    confidence: float
    human: Verdict
    comment: str
    standard: str
    at: str
    by_appeal: bool = False
    recording: str = ""

    @property
    def decided(self) -> bool:
        """Whether the machine said something that a person can agree with; an unsure is a question."""
        return self.machine is not Verdict.UNSURE

    @property
    def agrees(self) -> bool:
        """Whether the person says what the machine decided."""
        return self.decided and self.machine is self.human

    @property
    def left_open(self) -> bool:
        """Whether the machine asked and the person did not answer."""
        return not self.decided and self.human is Verdict.UNSURE

    def is_of(self, recording: str) -> bool:
        """Whether it is of that recording, as far as both are known."""
        return may_be_one(self.recording, recording)

    @property
    def settles(self) -> tuple[Verdict, ...]:
        """Of which verdict a finding is settled by this: of the same one, and of what the person said already.

        What was said of another verdict, before the call was judged again, is no word on what the machine says now;
        leaving an unsure open is none at all.
        """
        return () if self.left_open else (self.machine, self.human)


def may_be_one(recording: str | None, other: str | None) -> bool:
    """Whether two recordings, by SHA-256, are the same one, as far as both are known."""
    return not (recording and other) or recording == other


_Finding = tuple[str, str]  # call, rule
_Speaker = tuple[str, str]  # reviewer, and of which recording he speaks


class Reviews:
    """One review database.

    Args:
        path: of the SQLite file; made when it isn't there, for its owner only. `:memory:` keeps nothing.

    Raises:
        UsageError: the file is not such a database.
    """

    def __init__(self, path: Path | str) -> None:
        if path != ":memory:":
            try:
                Path(path).touch(mode=FILE_MODE, exist_ok=True)
                if not Path(path).is_file():
                    raise NotRegularError(0, "not a regular file")
            except OSError as error:
                seen = f"{path}: {error.strerror}"
                raise UsageError("usage.not_a_review", seen, "Give another file with --db") from None
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(path, check_same_thread=False)
            self._db.row_factory = sqlite3.Row
            self._db.text_factory = partial(str, encoding="utf-8", errors="replace")
            tables = {row["name"] for row in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if tables and not tables & {"judgements", "appeals"}:
                raise sqlite3.DatabaseError(f"{path}: a database of something else")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.executescript(_TABLES)
            for table, later in _LATER.items():
                there = {row["name"] for row in self._db.execute(f"PRAGMA table_info({table})")}
                for column, kind in later.items():
                    if column not in there:
                        self._db.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
            for table, sound in _SOUND.items():  # a table of the name that lacks a column is none of ours
                self._db.execute(f"SELECT id FROM {table} WHERE {sound} LIMIT 1")
        except sqlite3.DatabaseError as error:
            raise UsageError("usage.not_a_review", str(error), "Give another file with --db") from None

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def judge(
        self, call: str, rule: str, reviewer: str, machine: Verdict, confidence: float, human: Verdict, comment: str,
        standard: str, recording: str | None = None,
    ) -> None:  # fmt: skip
        """Notes a person's verdict on a finding; the recording by its SHA-256."""
        self._add("judgements", call=call, rule=rule, reviewer=_name(reviewer), machine=str(machine),
                  confidence=confidence, human=str(human), comment=_text(comment), standard=standard,
                  recording=recording)  # fmt: skip

    def set_role(self, call: str, speaker: int, role: str, reviewer: str, recording: str | None = None) -> None:
        """Notes who a speaker really is."""
        if role not in ("agent", "customer", "unknown"):
            raise UsageError("usage.role", f"no role {role[:20]!r}", "Say agent, customer or unknown")
        self._add("roles", call=call, speaker=speaker, role=role, reviewer=_name(reviewer), recording=recording)

    def comment(self, call: str, reviewer: str, text: str, recording: str | None = None) -> None:
        """Notes a remark on a call."""
        if not text.strip():
            raise UsageError("usage.empty", "an empty comment", "Write something")
        self._add("comments", call=call, reviewer=_name(reviewer), text=_text(text), recording=recording)

    def appeal(
        self, call: str, rule: str, by: str, text: str, machine: Verdict, confidence: float, standard: str,
        recording: str | None = None,
    ) -> None:  # fmt: skip
        """Files an appeal against a finding, noting what the machine says of it."""
        if not text.strip():
            raise UsageError("usage.empty", "an appeal without a reason", "Write why")
        self._add("appeals", call=call, rule=rule, by=_name(by), text=_text(text), state="open", answer="",
                  machine=str(machine), confidence=confidence, standard=standard, recording=recording)  # fmt: skip

    def settle(self, appeal: int, state: str, answer: str, by: str) -> None:
        """Settles an open appeal.

        Raises:
            UsageError: no such open appeal, or no such state.
        """
        if state not in APPEAL_STATES[1:]:
            raise UsageError("usage.appeal_state", f"no state {state[:20]!r}", "Say upheld or rejected")
        with self._writing() as db:
            done = db.execute(
                "UPDATE appeals SET state=?, answer=?, settled_by=?, settled_at=? WHERE id=? AND state='open'",
                (state, _text(answer), _name(by), _now(), appeal),
            )
            if not done.rowcount:
                raise UsageError("usage.no_appeal", f"no open appeal {appeal}", "Reload the page")

    def of_call(self, call: str) -> dict[str, list[dict[str, Any]]]:
        """Everything people said about one call, oldest first."""
        return {
            table: self._rows(table, "call=? ORDER BY id", call)
            for table in ("judgements", "roles", "comments", "appeals")
        }

    def latest(self) -> Iterator[Judged]:
        """The last word of each reviewer on each finding of a recording, in order of call, rule and reviewer.

        An upheld appeal against a fail or an unsure is its settler's word that nothing is held against the agent;
        whoever had held it against him before, or left it open, is no longer counted.
        """
        last: dict[_Finding, dict[_Speaker, Judged]] = {}
        for one in self._judgements():
            said = last.setdefault((one.call, one.rule), {})
            said[one.reviewer, one.recording] = one
            if one.recording:  # who has spoken again since spoke of what is there
                said.pop((one.reviewer, ""), None)
        for appeal in self._upheld():
            said = last.setdefault((appeal.call, appeal.rule), {})
            for key, one in [(k, j) for k, j in said.items() if j.is_of(appeal.recording)]:
                overruled = one.human is Verdict.FAIL or one.left_open  # whatever the machine said of it then
                if one.at <= appeal.at and (overruled or one.reviewer == appeal.reviewer):
                    del said[key]
            if not any(j.reviewer == appeal.reviewer and j.is_of(appeal.recording) for j in said.values()):
                said[appeal.reviewer, appeal.recording] = appeal
        for finding in sorted(last):
            for key in sorted(last[finding]):
                yield last[finding][key]

    def _judgements(self) -> Iterator[Judged]:
        for row in self._rows("judgements", "TRUE ORDER BY id"):  # `latest` keeps the last of each
            yield Judged(
                row["call"], row["rule"], row["reviewer"], Verdict(row["machine"]), row["confidence"],
                Verdict(row["human"]), row["comment"], row["standard"], row["at"], recording=row["recording"] or "",
            )  # fmt: skip

    def _upheld(self) -> Iterable[Judged]:
        """The last upheld appeal on each finding of a recording that the machine held against somebody."""
        last: dict[tuple[str, str, str], Judged] = {}
        for row in self.appeals("upheld"):
            if row["machine"] not in (Verdict.FAIL, Verdict.UNSURE):
                continue
            call, rule, recording = row["call"], row["rule"], row["recording"] or ""
            last.pop((call, rule, ""), None)  # of which recording it was is not known: the later one stands for it
            last[call, rule, recording] = Judged(
                call, rule, row["settled_by"], Verdict(row["machine"]), row["confidence"], Verdict.PASS,
                row["answer"] or row["text"], row["standard"], row["settled_at"], by_appeal=True, recording=recording,
            )  # fmt: skip
        return last.values()

    def appeals(self, state: str = "open") -> list[dict[str, Any]]:
        """Appeals in one state, oldest first."""
        return self._rows("appeals", "state=? ORDER BY id", state)

    def last_words(self) -> dict[str, list[Judged]]:
        """The last words (`latest`) on each call's findings."""
        out: dict[str, list[Judged]] = {}
        for one in self.latest():
            out.setdefault(one.call, []).append(one)
        return out

    def odd_rows(self) -> int:
        """How many rows make no sense and are passed over, in all tables."""
        return sum(
            self._all(f"SELECT count(*) AS n FROM {table} WHERE ({sound}) IS NOT TRUE")[0]["n"]
            for table, sound in _SOUND.items()
        )

    def _add(self, table: str, **values: Any) -> None:
        values["at"] = _now()
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        with self._writing() as db:
            db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))

    def _rows(self, table: str, which: str, *values: Any) -> list[dict[str, Any]]:
        """The rows of a table that make sense."""
        return self._all(f"SELECT * FROM {table} WHERE ({_SOUND[table]}) AND {which}", *values)

    def _all(self, query: str, *values: Any) -> list[dict[str, Any]]:
        try:
            with self._lock:
                return [dict(row) for row in self._db.execute(query, values)]
        except sqlite3.DatabaseError as error:  # damaged after the first look
            raise UsageError("usage.not_a_review", str(error), "Give another file with --db") from None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._db:
            yield self._db


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _name(text: str) -> str:
    if not text.strip():
        raise UsageError("usage.reviewer", "no reviewer's name", "Say who you are")
    return text.strip()[:100]


def _text(text: str) -> str:
    return text.strip()[:MAX_TEXT]
