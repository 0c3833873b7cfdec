"""`analyzer doctor`."""

import click

from analyzer.cli.exits import Exit


@click.command("doctor")
@click.option("--model", default=None, help="The model to look at (else the packaged one).")
def command(model: str | None) -> int:
    """Say what is missing on this machine and how to get it."""
    from analyzer.speech.model import doctor

    checks = doctor(model)
    for check in checks:
        mark = "ok     " if check.ok else "MISSING"
        click.echo(f"{mark}  {check.name}: {check.seen}" + (f"  -> {check.todo}" if check.todo else ""))
    return Exit.OK if all(c.ok for c in checks) else Exit.CANNOT_START
