"""`analyzer schema`."""

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of a scorecard."""
    import json

    from analyzer.outputs.encode import schema

    click.echo(json.dumps(schema(), ensure_ascii=False, indent=2))
