"""The reference of all commands, from the commands themselves: `docs/commands.md`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from analyzer.cli.main import COMMANDS, cli

_HEAD = """# Commands

Made from the commands themselves by `python -m analyzer.cli.reference > docs/commands.md`; `analyzer COMMAND --help`
prints the same.
"""


def commands_page() -> str:
    """The page as Markdown."""
    return "\n".join([_HEAD, *_about(cli), "", *(line for name, c in walk() for line in _section(name, c))])


def walk() -> Iterator[tuple[str, click.Command]]:
    """Every command with what one types for it, groups before their commands."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        yield f"analyzer {name}", command
        if isinstance(command, click.Group):
            for sub in command.commands:
                yield f"analyzer {name} {sub}", command.commands[sub]


def _section(name: str, command: click.Command) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    if not isinstance(command, click.Group):
        yield f"    {usage(name, command)}"
        yield ""
    yield from _about(command)
    yield ""
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    if options:
        yield "| option | what |"
        yield "| --- | --- |"
        for option in options:
            yield f"| `{_named(option)}` | {_said(option)} |"
        yield ""


def usage(name: str, command: click.Command) -> str:
    """The command line with its arguments."""
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    shown = [
        text if p.required else f"[{text}]"
        for p in arguments
        for text in [(p.name or "").upper() + ("..." if p.nargs == -1 else "")]
    ]
    return " ".join([name, "[OPTIONS]", *shown])


def _about(command: click.Command) -> list[str]:
    return inspect.cleandoc(command.help or "").splitlines()


def _named(option: click.Option) -> str:
    names = ", ".join((*option.opts, *option.secondary_opts))
    if option.is_flag:
        return names
    if isinstance(option.type, click.Choice):
        return f"{names} {'/'.join(map(str, option.type.choices))}"
    kind = option.metavar or {"directory": "FOLDER", "file": "FILE", "text": "TEXT"}.get(option.type.name, "NUMBER")
    return f"{names} {kind}"


def _said(option: click.Option) -> str:
    notes = []
    if option.multiple:
        notes.append("may be given again")
    if option.show_default and option.default is not None and not option.is_flag:
        notes.append(f"default `{option.default}`")
    if option.envvar:
        notes.append(f"or the variable `{option.envvar}`")
    return (option.help or "").replace("|", "\\|") + (f" ({'; '.join(notes)})" if notes else "")


if __name__ == "__main__":
    print(commands_page(), end="")
