"""The review as rows of the table `reviews`, so that people's verdicts go where the scorecards' tables go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from analyzer.outputs.redact import redact_identifier, redact_text
from analyzer.outputs.tables import Row
from analyzer.review.store import APPEAL_STATES, Reviews, may_be_one
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
            self.strays += there is None or not may_be_one(there, said)
            yield row


def under_masked_names(rows: Iterable[Row], became: Mapping[str, str]) -> Iterator[Row]:
    """The same as masked tables name their calls.

    Args:
        rows: as they are.
        became: what each place became, once all scorecards are written.
    """
    for row in rows:
        yield {**row, "call": became.get(row["call"]) or redact_identifier(row["call"])}


def review_rows(reviews: Reviews, redacted: bool = False) -> Iterator[Row]:
    """Each person's last word on a finding, as agreement counts it; then appeals against findings nobody judged.

    Args:
        reviews: the database.
        redacted: mask personal details in the notes.
    """

    def note(text: str) -> str | None:
        return (redact_text(text)[0] if redacted else text) or None

    appeals = _last_appeals(reviews)
    shown = set()
    for one in reviews.latest():
        against = appeals.get((one.call, one.rule), ())
        appeal = next((a for a in reversed(against) if one.is_of(a["recording"] or "")), None)
        if appeal is not None:
            shown.add(appeal["id"])
        yield {
            "call": one.call, "rule": one.rule, "machine": str(one.machine), "confidence": one.confidence,
            "human": str(one.human), "note": note(one.comment), "reviewer": one.reviewer,
            "appeal": appeal["state"] if appeal else None, "standard": one.standard, "time": one.at,
            "recording_sha256": one.recording or None,
        }  # fmt: skip
    for finding in sorted(appeals):
        for appeal in appeals[finding]:
            if appeal["id"] not in shown:
                yield {
                    "call": appeal["call"], "rule": appeal["rule"], "machine": appeal["machine"],
                    "confidence": appeal["confidence"], "human": None, "note": note(appeal["answer"] or appeal["text"]),
                    "reviewer": appeal["settled_by"], "appeal": appeal["state"], "standard": appeal["standard"],
                    "time": appeal["settled_at"] or appeal["at"], "recording_sha256": appeal["recording"] or None,
                }  # fmt: skip


def _last_appeals(reviews: Reviews) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The last appeal filed against each finding of a recording, by call and rule, oldest first.

    One of which the recording is not known gives way to a later one, as a reviewer's word does.
    """
    every = [appeal for state in APPEAL_STATES for appeal in reviews.appeals(state)]
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for appeal in sorted(every, key=lambda a: a["id"]):
        key, given_way = (appeal["call"], appeal["rule"]), (None, "", appeal["recording"])
        found[key] = [*(a for a in found.get(key, ()) if a["recording"] not in given_way), appeal]
    return found
