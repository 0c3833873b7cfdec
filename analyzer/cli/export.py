"""`analyzer export`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click


@click.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--format", "kind", type=click.Choice(["parquet", "csv", "xlsx"]), default="parquet", show_default=True)
@click.option("-o", "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("tables"),
              show_default=True, help="Folder for the tables.")  # fmt: skip
def command(folder: Path, kind: Literal["parquet", "csv", "xlsx"], out: Path) -> None:
    """Write the scorecards below FOLDER as tables: calls, findings, events."""
    from analyzer.outputs.export import export
    from analyzer.outputs.tables import read_results

    for table, rows in export(read_results(folder), out, kind).items():
        click.echo(f"{table}: {rows} rows")
