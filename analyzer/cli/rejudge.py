"""`analyzer rejudge`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from analyzer.cli.options import (
    Output,
    hearing_options,
    kept_standard_options,
    language_option,
    redact_option,
    settle_run,
    store_options,
)


@click.command("rejudge")
@click.argument("folder", type=Output(path_type=Path, file_okay=False, exists=True))
@click.option("--workers", type=click.IntRange(0, 256), default=0, show_default=True, help="0: in this process.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
@store_options
@language_option
@redact_option
@hearing_options
@kept_standard_options
def command(
    folder: Path | str,
    workers: int,
    quiet: bool,
    state: Path | None,
    break_lock: bool,
    lang: Literal["zh", "en"],
    redacted: bool | None,
    model: str | None,
    threads: int | None,
    pack: str | None,
    profile: str | None,
    organisation: str | None,
) -> int:
    """Judge the calls of a batch's output FOLDER again, by another standard or profile, without listening again.

    FOLDER may be s3://bucket/prefix.
    """
    from analyzer.archive.batch import rejudge
    from analyzer.archive.local import LocalFactory
    from analyzer.archive.terms import Said
    from analyzer.cli.progress import ProgressBar, name_outdated, print_report

    judged_by = settle_run(folder, state, Said(pack, profile, organisation, redacted), lang).judged_by
    with ProgressBar(quiet, lang) as bar:
        factory = LocalFactory(model, judged_by)
        report = rejudge(folder, factory, workers, bar.show, redacted, state, break_lock, judged_by)
    print_report(report, folder, lang)
    name_outdated(folder, report.made, lang)
    return report.exit_code
