"""What a review server works on, and what its list shows of each call: how much of it is still open."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from analyzer.errors import OutputError, UsageError
from analyzer.outputs.encode import read_scorecard
from analyzer.outputs.files import scorecards_below
from analyzer.outputs.labels import Language, when
from analyzer.review.store import Judged, Reviews
from analyzer.rules.types import Scorecard, Verdict

_Asked = tuple[str, Verdict, bool]  # a rule, what the machine says, whether it is fatal


class _Listed(NamedTuple):
    """What the list knows of a scorecard, and when that was written."""

    changed: int
    recording: str
    row: dict[str, Any]
    asked: tuple[_Asked, ...]


@dataclass(kw_only=True)
class Desk:
    """What a review server works on.

    Args:
        folder: with the scorecards.
        database: the reviewers' words.
        recordings: folder with the WAV files, laid out as when they were scored; None serves pages without sound.
        language: of the pages.
        clauses: what each clause says, by its number.
        redacted: mask personal details in the calls' words and mute them; names of files stay.
    """

    folder: Path
    database: Reviews
    recordings: Path | None = None
    language: Language = "zh"
    clauses: Mapping[str, str] = field(default_factory=dict)
    redacted: bool = False
    places: dict[str, Path] = field(init=False)
    _listed: dict[str, _Listed] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.places = scorecards_below(self.folder)
        if not self.places:
            raise UsageError(
                "usage.no_scorecards", f"no scorecard below {self.folder.name}", "Run `analyzer batch` first"
            )

    def scorecard(self, place: str) -> Scorecard | None:
        """The scorecard at a place; None when there is none.

        Raises:
            OutputError: `output.not_read`, or what is there is no scorecard.
        """
        path = self.places.get(place)
        if path is None or not os.path.lexists(path):
            return None
        return read_scorecard(path)

    def readable(self, place: str) -> Scorecard | None:
        """The same, None also when it can't be read: one bad file keeps nobody from the others."""
        try:
            return self.scorecard(place)
        except OutputError:
            return None

    def calls(self) -> list[dict[str, Any]]:
        """What the list shows of each call; a scorecard is read again only when it changed.

        Of one that can't be read `problem` is the error's code, and there is no score.
        """
        words = self.database.last_words()
        out = []
        for place, path in self.places.items():
            try:
                changed = path.stat().st_mtime_ns
            except OSError:  # gone, or it can't be read: then that is said
                changed = -1
            if place not in self._listed or self._listed[place].changed != changed:
                try:
                    scorecard = self.scorecard(place)
                except OutputError as error:
                    out.append({**_EMPTY_ROW, "call": place, "problem": error.code, **_left((), ())})
                    continue
                if scorecard is None:
                    continue
                sha256 = scorecard.call.facts.sha256
                self._listed[place] = _Listed(changed, sha256, _row(place, scorecard), _to_review(scorecard))
            listed = self._listed[place]
            said = [one for one in words.get(place, ()) if one.is_of(listed.recording)]
            out.append({**listed.row, **_left(listed.asked, said)})
        return out


_EMPTY_ROW: Mapping[str, Any] = {
    "agent": None, "team": None, "start": None, "score": None, "failed": 0, "unsure": 0, "fatal": "",
}  # fmt: skip


def _row(place: str, scorecard: Scorecard) -> dict[str, Any]:
    score, meta = scorecard.score, scorecard.call.metadata
    return {
        "call": place, "problem": None, "agent": meta.agent_id, "team": meta.team,
        "start": meta.start_time and when(meta.start_time),
        "score": score.total, "failed": score.failed, "unsure": score.unsure, "fatal": " ".join(score.fatal),
    }  # fmt: skip


def _to_review(scorecard: Scorecard) -> tuple[_Asked, ...]:
    """The scored findings that a person should look at: those that failed, and those left to people."""
    bad = (Verdict.FAIL, Verdict.UNSURE)
    return tuple((f.rule, f.verdict, f.fatal) for f in scorecard.findings if f.scored and f.verdict in bad)


def _left(asked: tuple[_Asked, ...], said: Iterable[Judged]) -> dict[str, int]:
    """How many of them somebody has settled, of how many, and what is still open."""
    settled = {(one.rule, verdict) for one in said for verdict in one.settles}
    still = [(verdict, fatal) for rule, verdict, fatal in asked if (rule, verdict) not in settled]
    failed = [fatal for verdict, fatal in still if verdict is Verdict.FAIL]
    return {
        "reviewed": len(asked) - len(still), "to_review": len(asked), "open_failed": len(failed),
        "open_unsure": len(still) - len(failed), "open_fatal": sum(failed),
    }  # fmt: skip
