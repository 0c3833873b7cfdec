"""How a batch is shown on a terminal: a bar with rate and time left, and what came of it. No customer's words."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from analyzer.archive.batch import BatchReport, Status
from analyzer.archive.batch import Progress as State
from analyzer.outputs.summary import printable

_CODES_SHOWN = 12


class ProgressBar:
    """A bar on standard error; nothing when quiet.

    Args:
        quiet: show nothing.
    """

    def __init__(self, quiet: bool = False) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("{task.fields[rate]}"), console=Console(stderr=True), disable=quiet, transient=True,
        )  # fmt: skip
        self._task = self._bar.add_task("评分 scoring", total=None, rate="")

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def show(self, state: State) -> None:
        """Takes in how far the run is."""
        rate = f"{state.audio_ms / 1000 / state.elapsed_s:.1f} × real time" if state.elapsed_s > 0 else ""
        left = "" if state.left_s is None else f", {_length(state.left_s)} left"
        trouble = state.refused + state.failed
        notes = f", {trouble} not scored" if trouble else ""
        self._bar.update(
            self._task, total=state.total, completed=state.skipped + state.done, rate=f"{rate}{left}{notes}"
        )


def print_ended(state: State) -> None:
    """One line for a recording that ended."""
    score = "" if state.score is None else f" {state.score:.1f}"
    Console(highlight=False, markup=False).print(f"{state.outcome}{score}  {printable(state.name)}", soft_wrap=True)


def print_report(report: BatchReport, out: Path | str) -> None:
    """What a run did and how the archive stands."""
    console = Console(stderr=True, highlight=False, markup=False)
    parts = [f"{kind} {count}" for kind, count in sorted(report.outcomes.items())]
    console.print(f"{report.listed} recordings: " + (", ".join(parts) or "none done"), soft_wrap=True)
    console.print(f"this run: {report.done} done, {report.skipped} were done before, {report.not_done} not done")
    for code, count in sorted(report.codes.items(), key=lambda item: (-item[1], item[0]))[:_CODES_SHOWN]:
        console.print(f"  {count} × {code}")
    if report.unreadable:
        console.print(f"  {len(report.unreadable)} folders could not be listed")
    if report.below_gate:
        console.print(f"  {report.below_gate} calls do not pass the gate")
    if report.interrupted:
        console.print("stopped on request; the same command goes on from here")
    console.print(f"results and index: {out}", soft_wrap=True)


def print_status(status: Status) -> None:
    """How an archive stands, by its ledger."""
    console = Console(highlight=False, markup=False)
    total = sum(status.outcomes.values())
    console.print(f"{total} recordings: " + ", ".join(f"{k} {n}" for k, n in sorted(status.outcomes.items())))
    console.print(f"{status.audio_ms / 3_600_000:.2f} hours of audio scored")
    for path, code, seen in status.worst:
        console.print(f"  {printable(path)}: {code}: {printable(seen)}", soft_wrap=True)


def _length(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
