"""The review as rows of the table `reviews`, so that people's verdicts go where the scorecards' tables go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from analyzer.outputs.redact import redact_text
from analyzer.outputs.tables import Row
from analyzer.review.store import APPEAL_STATES, Reviews
from analyzer.rules.types import Scorecard


class KnownCalls:
    """The calls of a result folder, to tell which rows of a review are of none of them.

    Args:
        places: of its scorecards, those that can't be read too.
    """

    def __init__(self, places: Iterable[str]) -> None:
        self._recordings = dict.fromkeys(places, "")
        self.strays = 0  # rows that passed

    def noting(self, results: Iterable[tuple[str, Scorecard]]) -> Iterator[tuple[str, Scorecard]]:
        """The same, each recording noted."""
        for place, scorecard in results:
            self._recordings[place] = scorecard.call.facts.sha256
            yield place, scorecard

    def counting(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The same, those of no call here counted: gone, or another recording has the name."""
        for row in rows:
            there, said = self._recordings.get(row["call"]), row["recording_sha256"]
            self.strays += there is None or bool(there and said and there != said)
            yield row


def review_rows(reviews: Reviews, redacted: bool = False) -> Iterator[Row]:
    """Each person's last word on a finding, as agreement counts it; then appeals against findings nobody judged.

    Args:
        reviews: the database.
        redacted: mask personal details in the notes.
    """

    def note(text: str) -> str | None:
        return (redact_text(text)[0] if redacted else text) or None

    appeals = _last_appeals(reviews)
    judged = set()
    for one in reviews.latest():
        judged.add((one.call, one.rule, one.recording))
        appeal = appeals.get((one.call, one.rule, one.recording))
        yield {
            "call": one.call, "rule": one.rule, "machine": str(one.machine), "confidence": one.confidence,
            "human": str(one.human), "note": note(one.comment), "reviewer": one.reviewer,
            "appeal": appeal["state"] if appeal else None, "standard": one.standard, "time": one.at,
            "recording_sha256": one.recording or None,
        }  # fmt: skip
    for (call, rule, recording), appeal in sorted(appeals.items(), key=lambda item: item[0]):
        if (call, rule, recording) not in judged:
            yield {
                "call": call, "rule": rule, "machine": appeal["machine"], "confidence": appeal["confidence"],
                "human": None, "note": note(appeal["answer"] or appeal["text"]), "reviewer": appeal["settled_by"],
                "appeal": appeal["state"], "standard": appeal["standard"],
                "time": appeal["settled_at"] or appeal["at"], "recording_sha256": recording or None,
            }  # fmt: skip


def _last_appeals(reviews: Reviews) -> dict[tuple[str, str, str], dict[str, Any]]:
    """The last appeal filed against each finding, by call, rule and recording."""
    every = [appeal for state in APPEAL_STATES for appeal in reviews.appeals(state)]
    return {(a["call"], a["rule"], a["recording"] or ""): a for a in sorted(every, key=lambda a: a["id"])}
