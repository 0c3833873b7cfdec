"""`analyzer review`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from analyzer.cli.options import ResultsFolder, kept_standard_options, language_option, redact_option, settle_pages


@click.command("review")
@click.argument("folder", type=ResultsFolder(path_type=Path, file_okay=False, exists=True))
@click.option("--recordings", type=click.Path(path_type=Path, file_okay=False, exists=True),
              help="Folder with the WAV files, as they lay when they were scored (else no sound).")  # fmt: skip
@click.option("--db", "database", type=click.Path(path_type=Path, dir_okay=False),
              help="The reviewers' words, one SQLite file (else FOLDER/review.db).")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True,
              help="Address to listen on; any but loopback needs --token.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes a free one.")
@click.option("--token", envvar="ANALYZER_REVIEW_TOKEN", help="Asked of every visitor.", show_envvar=True)
@redact_option
@language_option
@kept_standard_options
def command(
    folder: Path,
    recordings: Path | None,
    database: Path | None,
    host: str,
    port: int,
    token: str | None,
    redacted: bool | None,
    lang: Literal["zh", "en"],
    pack: str | None,
    profile: str | None,
    organisation: str | None,
) -> None:
    """Serve the calls' pages of FOLDER for reviewers to agree, disagree, correct and comment.

    Scorecards are never changed: what people say goes into the database. Ctrl-C ends it.
    """
    from analyzer.archive.terms import Said
    from analyzer.outputs.report import clause_texts
    from analyzer.review.server import serve

    standard, masked = settle_pages(folder, Said(pack, profile, organisation, redacted), lang)
    serve(folder, database, recordings=recordings, language=lang, clauses=clause_texts(standard, lang),
          redacted=masked, host=host, port=port, token=token, ready=click.echo)  # fmt: skip
