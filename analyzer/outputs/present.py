"""What a run prints of each call: a summary for people, or one JSON line for scripts."""

from __future__ import annotations

import sys

import msgspec
from rich.console import Console

from analyzer.outputs.encode import encode_json, encode_scorecard
from analyzer.outputs.labels import Language
from analyzer.outputs.summary import print_summary, printable
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
            self._err.print(problem(outcome), style="yellow", markup=False, highlight=False, soft_wrap=True)


def encode_outcome(outcome: CallOutcome) -> bytes:
    """A scorecard's canonical bytes; for a refused or failed file an object with `outcome` and its code."""
    if isinstance(outcome, Scored):
        return encode_scorecard(outcome.scorecard)
    return encode_json({"outcome": kind_of(outcome), **msgspec.to_builtins(outcome)})


def kind_of(outcome: CallOutcome) -> str:
    """One of scored, refused, failed."""
    return type(outcome).__name__.lower()


def problem(outcome: Refused | Failed) -> str:
    """One line: which file, the code, what was seen, what to do."""
    return f"{printable(outcome.name)}: {kind_of(outcome)} ({outcome.code}): {printable(outcome.seen)}. {outcome.todo}"
