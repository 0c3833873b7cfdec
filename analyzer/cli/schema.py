"""`analyzer schema`."""

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of a scorecard."""
    from analyzer.outputs.encode import encode_schema

    click.echo(encode_schema(), nl=False)
