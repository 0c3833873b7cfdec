"""`analyzer export`."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import Literal

import click

from analyzer.cli.options import ResultsFolder, language_option, redact_option, settle_masking


@click.command("export")
@click.argument("folder", type=ResultsFolder(path_type=Path, file_okay=False, exists=True))
@click.option("--format", "kind", type=click.Choice(["parquet", "csv", "xlsx"]), default="parquet", show_default=True,
              help="Of the tables; xlsx is one workbook.")  # fmt: skip
@click.option("-o", "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("tables"),
              show_default=True, help="Folder for the tables.")  # fmt: skip
@click.option("--db", "database", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="Of `analyzer review` on FOLDER: adds the table reviews, what people said.")  # fmt: skip
@redact_option
@language_option
def command(
    folder: Path,
    kind: Literal["parquet", "csv", "xlsx"],
    out: Path,
    database: Path | None,
    redacted: bool | None,
    lang: Literal["zh", "en"],
) -> int:
    """Write the scorecards below FOLDER as tables: calls, findings, events; and people's verdicts, if asked.

    A scorecard that can't be read is named; the exit code is then 5.
    """
    from analyzer.cli.progress import name_unreadable
    from analyzer.outputs.encode import Unreadable
    from analyzer.outputs.export import export
    from analyzer.outputs.files import scorecards_below
    from analyzer.outputs.labels import say
    from analyzer.outputs.page_words import page_labels
    from analyzer.outputs.redact import redact_all
    from analyzer.outputs.tables import read_results
    from analyzer.review.rows import KnownCalls, review_rows, under_masked_names
    from analyzer.review.store import Reviews

    masked = settle_masking(folder, redacted, lang)
    passed_over: list[Unreadable] = []
    known = KnownCalls(scorecards_below(folder) if database is not None else ())
    results = known.noting(read_results(folder, passed_over))
    became: dict[str, str] = {}
    with ExitStack() as stack:
        reviews = None
        if database is not None:
            reviewed = stack.enter_context(closing(Reviews(database)))
            if odd := reviewed.odd_rows():
                click.echo(f"{database.name}: {odd} {page_labels(lang)['page.odd_rows']}", err=True)
            reviews = known.counting(review_rows(reviewed, masked))
            reviews = under_masked_names(reviews, became) if masked else reviews
        made = export(redact_all(results, became) if masked else results, out, kind, reviews)
    if database is not None and known.strays:
        zh = f"{database.name}：有 {known.strays} 条意见说的不是 {folder} 里的通话（通话不在，或是同名的另一个录音）"
        en = f"{database.name}: {known.strays} rows are of no call in {folder} (not there, or another recording's)"
        click.echo(say(zh, en, lang), err=True)
    for table, rows in made.items():
        click.echo(say(f"{table}：{rows} 行", f"{table}: {rows} rows", lang))
    return name_unreadable(passed_over, lang)
