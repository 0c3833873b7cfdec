"""`analyzer compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from analyzer.cli.exits import Exit
from analyzer.cli.options import Number, ResultsFolder, language_option

_folder = ResultsFolder(path_type=Path, file_okay=False, exists=True)


@click.command("compare")
@click.argument("old", type=_folder)
@click.argument("new", type=_folder)
@click.option("--scale", type=Number(0), default=1.0, show_default=True, help="Widens every tolerance.")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
@language_option
def command(old: Path, new: Path, scale: float, as_json: bool, lang: Literal["zh", "en"]) -> int:
    """Say which calls, measures and verdicts changed between two result folders, and why.

    Exit code 0 when nothing did, 1 when something did, 5 when a scorecard could not be read; it is named.
    """
    from rich.console import Console

    from analyzer.cli.progress import name_unreadable
    from analyzer.outputs.compare import Tolerance, compare_folders, encode_comparison, print_comparison

    comparison = compare_folders(old, new, Tolerance(scale=scale), lang)
    if as_json:
        click.echo(encode_comparison(comparison).decode(), nl=False)
    else:
        print_comparison(comparison, Console(), lang)
    if unreadable := name_unreadable(comparison.unreadable, lang):
        return unreadable
    return Exit.OK if comparison.same else Exit.GATE
