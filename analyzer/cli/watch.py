"""`analyzer watch`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal

import click

from analyzer.cli.options import (
    DAY_S,
    Number,
    call_timeout_option,
    hearing_options,
    kept_standard_options,
    language_option,
    redact_option,
    roles_from,
    settle_run,
    workers_option,
)


@click.command("watch")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("-o", "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("scorecards"),
              show_default=True, help="Folder for scorecards, ledger and index.")  # fmt: skip
@click.option("--interval", type=Number(0.1, DAY_S), default=2.0, show_default=True, help="Seconds between looks.")
@click.option("--settle", type=Number(0, DAY_S), default=10.0, show_default=True,
              help="A recording is complete when it hasn't changed for so many seconds.")  # fmt: skip
@click.option("--once", is_flag=True, help="Score what is there, waiting for what is just arriving, and end.")
@click.option("--manifest", type=click.Path(path_type=Path, dir_okay=False), help="The calls' metadata: CSV or JSONL.")
@click.option("--roles", help="Who is on which channel of every call, e.g. agent,customer.")
@workers_option
@call_timeout_option
@click.option("--quiet", is_flag=True, help="No line for each recording.")
@language_option
@redact_option
@hearing_options
@kept_standard_options
def command(
    folder: Path,
    out: Path,
    interval: float,
    settle: float,
    once: bool,
    manifest: Path | None,
    roles: str | None,
    workers: int | None,
    call_timeout: float,
    quiet: bool,
    lang: Literal["zh", "en"],
    redacted: bool | None,
    model: str | None,
    threads: int | None,
    pack: str | None,
    profile: str | None,
    organisation: str | None,
) -> int:
    """Score the recordings in FOLDER, and those that arrive in it, until Ctrl-C.

    Results are those of `analyzer batch` on the same folder, and either goes on where the other stopped.
    """
    from analyzer.archive.batch import BatchOptions
    from analyzer.archive.local import LocalFactory
    from analyzer.archive.terms import Said
    from analyzer.archive.watch import WatchOptions, watch
    from analyzer.cli.progress import print_ended, print_replaced, print_report

    given = roles_from(roles)
    judged_by = settle_run(out, None, Said(pack, profile, organisation, redacted), lang).judged_by
    options = BatchOptions(
        sources=(folder,), out=out, manifest=manifest, roles=given.roles if given else None, workers=workers,
        threads=threads, redacted=redacted, judged_by=judged_by, call_timeout_s=60 * call_timeout,
    )  # fmt: skip
    watching = WatchOptions(interval_s=interval, settle_s=settle, once=once)
    factory = LocalFactory(model, judged_by)
    show, replaces = partial(print_ended, language=lang), partial(print_replaced, language=lang)
    report = watch(options, watching, factory, None if quiet else show, replaces)
    print_report(report, out, lang)
    return 0 if report.interrupted else report.exit_code
