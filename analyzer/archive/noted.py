"""What people must know of an archive after a run, beside the counts: whose calls, and what the manifest missed."""

from __future__ import annotations

from dataclasses import replace

from analyzer.archive.index import duplicates
from analyzer.archive.names import name_of_path
from analyzer.archive.options import BatchReport
from analyzer.archive.run import Run


def noted(report: BatchReport, run: Run) -> BatchReport:
    """The report with what people must know of the calls it counts, and what the manifest missed."""
    without_score: dict[str, list[str]] = {}
    notices: dict[str, list[str]] = {}
    for name in sorted(run.holds):
        summary = run.ledger.entries[name].summary
        if summary is None:
            continue
        if summary.score is None and summary.reason is not None:
            without_score.setdefault(summary.reason, []).append(name)
        for code in summary.notices:
            notices.setdefault(code, []).append(name)
    unmatched = run.manifest.unmatched() if run.manifest is not None else ()
    matched = len(run.manifest) - len(unmatched) if run.manifest is not None else report.listed
    return replace(
        report,
        without_score={code: tuple(names) for code, names in without_score.items()},
        notices={code: tuple(names) for code, names in notices.items()},
        duplicates=duplicates(run.ledger.entries[name] for name in sorted(run.holds)),
        rows_unmatched=tuple(map(name_of_path, unmatched)),
        without_row=max(0, report.listed - matched),
    )
