"""What a run prints of each call: a summary for people, or one JSON line for scripts."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

import msgspec
from rich.console import Console

from analyzer.errors import AudioError, OutputError, UsageError
from analyzer.outputs.compare import Comparison, compare_with, join, print_comparison
from analyzer.outputs.encode import Unreadable, encode_json, encode_scorecard
from analyzer.outputs.files import OF_ONE_PLACE, SCORECARD_SUFFIX, scorecard_name, write_atomic
from analyzer.outputs.labels import Language
from analyzer.outputs.page_mark import TAKEN, page_beside, remove_with_page
from analyzer.outputs.problems import OUTCOMES, explain, passed_over
from analyzer.outputs.redact import redact_outcome, redact_text
from analyzer.outputs.report import Silent, write_call_page
from analyzer.outputs.summary import print_summary
from analyzer.outputs.terminal import printable
from analyzer.rules.types import CallOutcome, Failed, Refused, Scored


class Presenter:
    """Prints outcomes as they come; data goes to standard output, trouble to standard error.

    Args:
        as_json: one line of JSON a call instead of the summary.
        language: of the summary.
    """

    def __init__(self, as_json: bool = False, language: Language = "zh") -> None:
        self.as_json, self.language = as_json, language
        self.all_scored = True
        self._out, self._err = Console(), Console(stderr=True)

    def show(self, outcome: CallOutcome) -> None:
        """Prints one outcome."""
        self.all_scored = self.all_scored and isinstance(outcome, Scored)
        if self.as_json:
            sys.stdout.buffer.write(encode_outcome(outcome))
            sys.stdout.buffer.flush()
        elif isinstance(outcome, Scored):
            print_summary(outcome.scorecard, self._out, self.language)
            self._out.print()
        if not isinstance(outcome, Scored):
            said = problem(outcome, self.language)
            self._err.print(said, style="yellow", markup=False, highlight=False, soft_wrap=True)

    def show_changes(self, comparison: Comparison | None) -> bool:
        """Prints what changed against a baseline; returns whether anything did."""
        if comparison is None:
            return False
        print_comparison(comparison, self._err if self.as_json else self._out, self.language)
        for line in passed_over(comparison.unreadable, self.language):
            self._err.print(line, style="yellow", markup=False, highlight=False, soft_wrap=True)
        return not comparison.same


class Keeper:
    """Takes each outcome to where it was asked for: masked, compared with the baseline, written.

    Args:
        out: folder for the scorecards; None writes nothing.
        files: all recordings there will be: each scorecard stands where its recording does below their common folder.
        html: a page beside each scorecard.
        baseline: folder of earlier scorecards to compare with.
        redacted: mask personal details in all that is shown and written.
        language: of the pages.
        clauses: what each clause says, by number, for the pages.
    """

    def __init__(
        self,
        out: Path | None,
        *,
        files: Iterable[Path],
        html: bool = False,
        baseline: Path | None = None,
        redacted: bool = False,
        language: Language = "zh",
        clauses: Mapping[str, str] | None = None,
    ) -> None:
        self.out, self.html, self.baseline, self.redacted = out, html, baseline, redacted
        self.language, self.clauses = language, clauses
        folders = [os.path.dirname(os.path.abspath(path)) for path in files]  # noqa: PTH100, PTH120
        self._root = os.path.commonpath(folders) if folders else ""
        self._compared: list[Comparison] = []
        self.silent: list[Silent] = []
        self.without_page: list[Unreadable] = []  # where the team's page or a folder stands in its place

    def keep(self, path: Path, outcome: CallOutcome) -> CallOutcome:
        """Does with one outcome what was asked for; returns it as it may be shown.

        Args:
            path: one of `files`.
            outcome: of that recording; one that isn't scored keeps no older scorecard, nor its page.

        Raises:
            OutputError: a file can't be written or removed. A recording whose own place can't take one has failed.
        """
        shown = redact_outcome(outcome) if self.redacted else outcome
        name = scorecard_name(os.path.relpath(os.path.abspath(path), self._root))  # noqa: PTH100
        if not isinstance(outcome, Scored) or not isinstance(shown, Scored):
            if self.out is not None:
                remove_with_page(self.out / name)
            return shown
        if self.baseline is not None:  # before anything is written: it may be the same folder
            place = name.removesuffix(SCORECARD_SUFFIX)
            self._compared.append(compare_with(self.baseline, place, shown.scorecard, self.language))
        if self.out is not None:
            try:
                write_atomic(self.out / name, encode_scorecard(shown.scorecard))
            except OutputError as error:
                if error.code not in OF_ONE_PLACE:
                    raise
                return Failed(shown.scorecard.call.name, error.code, error.seen, error.todo)
            try:
                if self.html:
                    self._write_page(path, outcome, shown.scorecard.call.name, page_beside(self.out / name))
            except OutputError as error:
                if error.code not in TAKEN:
                    raise
                self.without_page.append(Unreadable(shown.scorecard.call.name, error))
        return shown

    def _write_page(self, path: Path, outcome: Scored, name: str, page: Path) -> None:
        """The page, without sound where the recording is not any more what was scored; `name` is said of that."""
        write = partial(
            write_call_page, outcome.scorecard, page, redacted=self.redacted, language=self.language,
            clauses=self.clauses,
        )  # fmt: skip
        try:
            write(recording=path)
        except (AudioError, UsageError) as error:
            seen = redact_text(error.seen)[0] if self.redacted else error.seen  # it may name the file
            self.silent.append((name, type(error)(error.code, seen, error.todo)))
            write()

    def comparison(self) -> Comparison | None:
        """Of all scored calls with the baseline; None without one."""
        return join(self._compared) if self.baseline is not None else None


def encode_outcome(outcome: CallOutcome) -> bytes:
    """A scorecard's canonical bytes; for a refused or failed file an object with `outcome` and its code."""
    if isinstance(outcome, Scored):
        return encode_scorecard(outcome.scorecard)
    return encode_json({"outcome": kind_of(outcome), **msgspec.to_builtins(outcome)})


def kind_of(outcome: CallOutcome) -> str:
    """One of scored, refused, failed."""
    return type(outcome).__name__.lower()


def problem(outcome: Refused | Failed, language: Language = "zh") -> str:
    """One line: which file, the code, what was seen, what to do."""
    name, kind = printable(outcome.name), kind_of(outcome)
    said = explain(outcome.code, printable(outcome.seen), outcome.todo, language)
    return (
        f"{name}: {kind} ({outcome.code}): {said}"
        if language == "en"
        else f"{name}：{OUTCOMES[kind]}（{outcome.code}）：{said}"
    )
