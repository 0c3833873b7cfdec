"""The `analyzer` command: each subcommand is loaded only when it is called, so that help is instant."""

from __future__ import annotations

import importlib
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click

from analyzer import __version__
from analyzer.cli.exits import Exit
from analyzer.cli.streams import open_streams
from analyzer.errors import AnalyzerError, OutputError, UsageError

if TYPE_CHECKING:
    from analyzer.outputs.labels import Language

COMMANDS = {
    "score": "Score recordings and print what was found.",
    "batch": "Score every recording below a folder.",
    "rejudge": "Judge calls heard earlier again, by another standard.",
    "watch": "Score recordings as they arrive in a folder.",
    "report": "Write the page of a call, or of a team.",
    "review": "Serve the pages for reviewers to agree, disagree and correct.",
    "export": "Write scorecards as Parquet, CSV or Excel tables.",
    "compare": "Say what changed between two result folders.",
    "standard": "List, check, test, explain and scaffold rule packs.",
    "schema": "Print the JSON Schema of a scorecard.",
    "model": "Fetch the models that separate the voices of mono calls.",
    "doctor": "Say what is missing on this machine and how to get it.",
}


class LazyGroup(click.Group):
    """Finds a subcommand in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of a user's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command object; None when there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"analyzer.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Help without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="analyzer")
def cli() -> None:
    """Score Mandarin contact-centre recordings against a service standard.

    Exit codes: 0 done, 1 a check you asked for did not hold, 2 wrong usage, 3 can't start (model or standard),
    4 could not write, 5 some recordings were refused or failed, or a scorecard could not be read.
    """


_CODES = {UsageError: Exit.USAGE, OutputError: Exit.CANNOT_WRITE}


def _explain(error: AnalyzerError, known: Mapping[str, Language]) -> None:
    """One line on standard error, in the reader's language."""
    from analyzer.outputs.problems import explain_error

    click.echo(f"{error.code}: {explain_error(error, known.get('language', 'zh'))}", err=True)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM stops a command as Ctrl-C does, also before a run is there to finish what is begun."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield  # somebody else decides what it means
        return
    signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def main() -> None:
    """Runs the command; errors of ours are one line and an exit code, never a traceback."""
    known: dict[str, Language] = {}  # the language, once it is read
    open_streams()
    try:
        with _ended_by_sigterm():
            code = cli.main(standalone_mode=False, obj=known)
            sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = Exit.USAGE
    except click.Abort:
        from analyzer.outputs.labels import say

        click.echo(say("已停止", "stopped", known.get("language", "zh")), err=True)
        code = 130
    except AnalyzerError as error:
        _explain(error, known)
        code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), Exit.CANNOT_START)
    except OSError as error:  # of a file or folder that no command speaks of by itself
        seen = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        _explain(AnalyzerError("file.not_usable", seen, "Check the path, its permissions and the disk"), known)
        code = Exit.CANNOT_START
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
