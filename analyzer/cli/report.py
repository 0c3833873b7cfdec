"""`analyzer report`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from analyzer.cli.options import load, standard_options

_lang = click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Of the page.")


@click.group("report")
def command() -> None:
    """Write the page of a call, or of a team."""


@command.command("call")
@click.argument("scorecard", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--recording", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="The call's WAV file.")
@click.option("--sound", type=click.Choice(["embed", "link", "none"]), default="embed", show_default=True,
              help="Put the audio into the page, link to it, or leave it out.")  # fmt: skip
@click.option("--redact", is_flag=True, help="Mask numbers, names and addresses, and mute them.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="The page (else beside the scorecard)."
)
@_lang
@standard_options
def call(
    scorecard: Path,
    recording: Path | None,
    sound: Literal["embed", "link", "none"],
    redact: bool,
    out: Path | None,
    lang: Literal["zh", "en"],
    pack: str,
    profile: str,
    organisation: str | None,
) -> None:
    """Write the page of one call from its SCORECARD."""
    from analyzer.outputs.encode import decode_scorecard
    from analyzer.outputs.report import clause_texts, write_call_page

    page = out or scorecard.with_name(scorecard.name.removesuffix(".json").removesuffix(".scorecard") + ".html")
    write_call_page(
        decode_scorecard(scorecard.read_bytes()), page, recording=recording, sound=sound, redacted=redact,
        language=lang, clauses=clause_texts(load(pack, profile, organisation)),
    )  # fmt: skip
    click.echo(page)
