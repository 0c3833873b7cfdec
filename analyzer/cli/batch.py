"""`analyzer batch`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from analyzer.cli.options import (
    Number,
    Output,
    Text,
    call_timeout_option,
    hearing_options,
    kept_standard_options,
    language_option,
    redact_option,
    roles_from,
    settle_run,
    store_options,
    workers_option,
)


@click.command("batch")
@click.argument("sources", nargs=-1, required=True)
@click.option("-o", "--out", type=Output(path_type=Path, file_okay=False), default=Path("scorecards"),
              show_default=True, help="Folder for scorecards, ledger and index, or s3://bucket/prefix.")  # fmt: skip
@click.option("--manifest", type=click.Path(path_type=Path, dir_okay=False), help="The calls' metadata: CSV or JSONL.")
@click.option("--roles", help="Who is on which channel of every call, e.g. agent,customer.")
@workers_option
@call_timeout_option
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True,
              help="Where workers run: on this machine, or on a Ray cluster.")  # fmt: skip
@click.option(
    "--address", type=Text(), help="Of the Ray cluster, host:port (else RAY_ADDRESS, else this machine alone)."
)
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True,
              help="What the recogniser computes on.")  # fmt: skip
@click.option("--retry", type=click.Choice(["failed", "refused"]), multiple=True, help="Try those again.")
@click.option("--limit", type=click.IntRange(1), help="Do at most so many recordings in this run.")
@click.option("--sample", type=click.IntRange(1), help="Score a random choice of so many recordings.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the random choice.")
@click.option(
    "--gate", type=Number(0, 100), help="Exit with 1 when a call scores less, breaks a fatal rule, or has no score."
)
@click.option(
    "--status", is_flag=True, help="Say how the archive stands and what this command would do, why, and do nothing."
)
@click.option(
    "--remove-gone",
    is_flag=True,
    help="Remove the results of recordings that are not there any more.",
)
@click.option("--quiet", is_flag=True, help="No progress bar.")
@store_options
@language_option
@redact_option
@hearing_options
@kept_standard_options
def command(
    sources: tuple[str, ...],
    out: Path | str,
    manifest: Path | None,
    roles: str | None,
    workers: int | None,
    call_timeout: float,
    engine: Literal["local", "ray"],
    address: str | None,
    device: str,
    retry: tuple[str, ...],
    limit: int | None,
    sample: int | None,
    seed: int,
    gate: float | None,
    status: bool,
    remove_gone: bool,
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
    """Score every recording below a folder (or in a pattern, or a manifest).

    With --redact scorecards and index are masked; names of files, and what is kept in .analyzer, are not.

    What is done already is skipped; a bad file is named and passed over; kill it at any time and run it again.
    """
    from analyzer.archive.batch import BatchOptions, columns_not_used, look_over, read_status, run_batch
    from analyzer.archive.local import LocalFactory
    from analyzer.archive.terms import Said
    from analyzer.cli.progress import (
        ProgressBar,
        name_columns,
        name_outdated,
        print_report,
        print_status,
        print_stock,
    )

    given = roles_from(roles)
    judged_by = settle_run(out, state, Said(pack, profile, organisation, redacted), lang).judged_by
    options = BatchOptions(
        sources=sources, out=out, state=state, break_lock=break_lock, manifest=manifest,
        roles=given.roles if given else None, workers=workers, threads=threads, retry=retry, limit=limit,
        sample=sample, seed=seed, gate=gate, redacted=redacted, judged_by=judged_by, remove_gone=remove_gone,
        call_timeout_s=60 * call_timeout, engine=engine, address=address,
        gpus=1.0 if engine == "ray" and device == "cuda" else 0.0,
    )  # fmt: skip
    name_columns(columns_not_used(options), lang)
    factory = LocalFactory(model, judged_by, device)
    if status:
        outlook = look_over(options, factory)
        print_status(read_status(out, state), outlook.due, lang)
        print_stock(outlook, lang)
        return 0
    with ProgressBar(quiet, lang) as bar:
        report = run_batch(options, factory, bar.show, bar.replaced)
    print_report(report, out, lang)
    name_outdated(out, report.made, lang)
    return report.exit_code
