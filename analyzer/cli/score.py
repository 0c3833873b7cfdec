"""`analyzer score`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from analyzer.cli.exits import Exit
from analyzer.cli.options import (
    hearing_options,
    language_option,
    load,
    make_analyzer,
    redact_option,
    roles_from,
    settle_masking,
    standard_options,
)


@click.command("score")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the scorecards, laid out as the files are.",
)
@click.option("--html", is_flag=True, help="Write each call's page beside its scorecard (with --out).")
@click.option("--json", "as_json", is_flag=True, help="Print the scorecards as JSON lines instead of the summary.")
@click.option("--baseline", type=click.Path(path_type=Path, file_okay=False, exists=True),
              help="Folder of earlier scorecards: say what changed, and exit with 1 when something did.")  # fmt: skip
@redact_option
@click.option("--roles", help="Who is on which channel, e.g. agent,customer (else metadata, else what is said).")
@click.option("--manifest", type=click.Path(path_type=Path, dir_okay=False), help="The calls' metadata: CSV or JSONL.")
@language_option
@hearing_options
@standard_options
def command(
    files: tuple[Path, ...],
    out: Path | None,
    html: bool,
    as_json: bool,
    baseline: Path | None,
    redacted: bool | None,
    roles: str | None,
    manifest: Path | None,
    lang: Literal["zh", "en"],
    model: str | None,
    threads: int | None,
    pack: str,
    profile: str,
    organisation: str | None,
) -> int:
    """Score recordings and print what was found.

    Every FILE ends as scored, refused (its code says what to do) or failed; one bad file never stops the others.
    """
    from analyzer.archive.ledger import refuse_batch_folder
    from analyzer.call.metadata import Manifest, merge
    from analyzer.cli.progress import name_unreadable
    from analyzer.outputs.labels import say
    from analyzer.outputs.present import Keeper, Presenter
    from analyzer.outputs.report import clause_texts, without_sound
    from analyzer.outputs.terminal import printable
    from analyzer.pipeline import analyze_call

    if html and out is None:
        zh, en = "--html 需要 --out：页面放在评分结果旁边", "--html needs --out: the pages stand beside the scorecards"
        raise click.UsageError(say(zh, en, lang))
    if out is not None:
        refuse_batch_folder(out)
    masked = bool(redacted) if out is None else settle_masking(out, redacted, lang)
    standard = load(pack, profile, organisation)
    rows = Manifest.load(manifest) if manifest else None
    clauses = clause_texts(standard, lang)
    keeper = Keeper(out, files=files, html=html, baseline=baseline, redacted=masked, language=lang, clauses=clauses)
    analyzer = make_analyzer(model, threads, standard.organisation)
    presenter = Presenter(as_json, lang)
    for path in files:
        row = rows.for_call(path) if rows else None
        if rows is not None and row is None:
            named = printable(str(path))
            zh = f"清单 {rows.name} 里没有 {named}（路径从清单所在的文件夹算起，或写绝对路径）"
            en = f"{rows.name} has no row for {named} (paths count from the manifest's folder, or are absolute)"
            click.echo(say(zh, en, lang), err=True)
        known = merge(roles_from(roles), row)
        presenter.show(keeper.keep(path, analyze_call(path, analyzer, standard, known)))
    changed = presenter.show_changes(keeper.comparison())
    for line in without_sound(keeper.silent, lang):
        click.echo(line, err=True)
    without_page = name_unreadable(keeper.without_page, lang)
    if without_page or keeper.silent or not presenter.all_scored:
        return Exit.SOME_NOT_SCORED
    return Exit.GATE if changed else Exit.OK
