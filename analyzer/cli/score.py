"""`analyzer score`."""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.cli.exits import Exit
from analyzer.cli.options import existing, hearing_options, load, make_analyzer, roles_from, standard_options


@click.command("score")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the scorecards.")
@click.option("--json", "as_json", is_flag=True, help="Print the scorecards as JSON lines instead of the summary.")
@click.option("--roles", help="Who is on which channel, e.g. agent,customer (else metadata, else what is said).")
@click.option("--manifest", type=click.Path(path_type=Path, dir_okay=False), help="The calls' metadata: CSV or JSONL.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language to print in.")
@hearing_options
@standard_options
def command(
    files: tuple[Path, ...],
    out: Path | None,
    as_json: bool,
    roles: str | None,
    manifest: Path | None,
    lang: str,
    model: str | None,
    threads: int | None,
    pack: str,
    profile: str,
    organisation: str | None,
) -> int:
    """Score recordings and print what was found.

    Every FILE ends as scored, refused (its code says what to do) or failed; one bad file never stops the others.
    """
    from analyzer.call.metadata import Manifest, merge
    from analyzer.outputs.encode import encode_scorecard
    from analyzer.outputs.files import scorecard_name, write_atomic
    from analyzer.outputs.present import Presenter
    from analyzer.pipeline import analyze_call
    from analyzer.rules.types import Scored

    standard = load(pack, profile, organisation)
    rows = Manifest.load(manifest) if manifest else None
    analyzer = make_analyzer(model, threads, standard.organisation)
    presenter = Presenter(as_json, "en" if lang == "en" else "zh")
    for path in existing(files):
        known = merge(roles_from(roles), rows.for_call(path) if rows else None)
        outcome = analyze_call(path, analyzer, standard, known)
        presenter.show(outcome)
        if out is not None and isinstance(outcome, Scored):
            write_atomic(out / scorecard_name(path.name), encode_scorecard(outcome.scorecard))
    return Exit.OK if presenter.all_scored else Exit.SOME_NOT_SCORED
