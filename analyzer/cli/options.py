"""Options that several commands share, and the objects they stand for."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from analyzer.call.names import printable_name
from analyzer.call.switches import channel_roles
from analyzer.call.types import CallMetadata
from analyzer.errors import UsageError

if TYPE_CHECKING:
    from analyzer.archive.terms import Said, Terms
    from analyzer.outputs.labels import Language
    from analyzer.pipeline import Analyzer
    from analyzer.rules.standard import Standard

DAY_S, WEEK_MIN = 86_400, 7 * 24 * 60  # the longest that anything waits
F = TypeVar("F", bound=Callable[..., Any])


def _chain(*options: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


class Text(click.types.StringParamType):
    """Words that are kept, sent or looked up: UTF-8, since nothing else can be written down."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """As it is; refused where it holds bytes that are no UTF-8."""
        text = super().convert(value, param, ctx)
        if any("\ud800" <= sign <= "\udfff" for sign in text):
            self.fail(f"{printable_name(text)!r} is not UTF-8", param, ctx)
        return text


class Number(click.FloatRange):
    """A finite number in a range: nan compares with nothing, so that no range keeps it out."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """As `click.FloatRange`; refused where it is nan or infinite."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


standard_options = _chain(
    click.option("--standard", "pack", default="base", show_default=True, help="Rule pack: a name or a folder."),
    click.option("--profile", default="default", show_default=True, help="Thresholds: default, lenient, strict, …"),
    click.option(
        "--organisation", type=Text(), default=None, help="The organisation's name in the greeting (else the pack's)."
    ),
)

# The same where a folder of results notes what it was judged by: what is left out stays as it was.
kept_standard_options = _chain(
    click.option("--standard", "pack", help="Rule pack: a name or a folder (else the folder's, at first base)."),
    click.option("--profile", help="Thresholds: default, lenient, strict, … (else the folder's)."),
    click.option("--organisation", type=Text(),
                 help='The organisation\'s name in the greeting; "" for the pack\'s own (else the folder\'s).'),
)  # fmt: skip

hearing_options = _chain(
    click.option("--model", default=None, help="Whisper model: a faster-whisper folder, or a size already on disk."),
    click.option("--threads", type=click.IntRange(1, 64), default=None, help="Recogniser threads (else all cores)."),
)


def _tell_language(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Tells `main`, before any other option can be wrong, in which language to say so."""
    if ctx.obj is not None:
        ctx.obj["language"] = value
    return value


language_option = click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of what people read.",
    is_eager=True, callback=_tell_language,
)  # fmt: skip

redact_option = click.option(
    "--redact/--no-redact", "redacted", default=None,
    help="Mask phone, card and order numbers, names and addresses in every text (and mute them in audio). "
         "Left out: as the folder's results are.",
)  # fmt: skip


def _workers(_: click.Context, __: click.Parameter, value: str) -> int | None:
    """What `--workers` stands for; None chooses."""
    if value == "auto":
        return None
    try:
        number = int(value)
    except ValueError:
        number = -1
    if 0 <= number <= 256:
        return number
    raise click.BadParameter("say auto, or a number from 0 (in this process) to 256")


workers_option = click.option(
    "--workers", default="auto", callback=_workers, show_default=True, help="Processes: auto, or a number."
)

call_timeout_option = click.option(
    "--call-timeout", type=Number(0, WEEK_MIN, min_open=True), default=60, show_default=True, metavar="MINUTES",
    help="A recording that takes a worker longer has failed.",
)  # fmt: skip


class ResultsFolder(click.Path):
    """A folder of results, which must be on this machine."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """As `click.Path`; raises `UsageError` for an address."""
        if _is_address(value):
            raise UsageError("usage.remote_results", f"this command can't read {value}", "Copy the results here first")
        return super().convert(value, param, ctx)


class Output(click.Path):
    """A folder, or an address in a store, which stays text."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """As `click.Path`, unless it is an address."""
        return Text().convert(value, param, ctx) if _is_address(value) else super().convert(value, param, ctx)


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and "://" in value


store_options = _chain(
    click.option("--state", type=click.Path(path_type=Path, file_okay=False),
                 help="For results in a store: where ledger and cache lie (else in the user's cache)."),
    click.option("--break-lock", is_flag=True, help="Write to a store though another run seems to be at work there."),
)  # fmt: skip


def load(pack: str, profile: str, organisation: str | None) -> Standard:
    """The standard that the options name."""
    from analyzer.rules.pack import load_standard

    return load_standard(pack, organisation=organisation, profile=profile)


def settle_run(out: Path | str, state: Path | None, said: Said, language: Language) -> Terms:
    """What a run into an output goes by; says what it keeps from before, and what it changes."""
    from analyzer.archive.place import look
    from analyzer.archive.terms import recalled, settled
    from analyzer.cli.progress import print_terms

    terms = settled(said, recalled(look(out, state).results))
    print_terms(terms, language)
    return terms.now


def settle_masking(folder: Path, redacted: bool | None, language: Language) -> bool:
    """Whether what is made of a folder's results is masked; says so where nobody asked for it."""
    from analyzer.archive.terms import recalled_above

    return redacted if redacted is not None else _kept_masking(recalled_above(folder), language)


def settle_pages(folder: Path, said: Said, language: Language) -> tuple[Standard, bool]:
    """The standard whose clauses pages of a folder's results quote, and whether they are masked."""
    from analyzer.archive.terms import recalled_above, settled

    before = recalled_above(folder)
    judged_by = settled(said, before).now.judged_by
    standard = load(judged_by.standard, judged_by.profile, judged_by.organisation)
    return standard, said.redacted if said.redacted is not None else _kept_masking(before, language)


def _kept_masking(before: Terms | None, language: Language) -> bool:
    """Whether results are masked, which is said."""
    from analyzer.cli.progress import print_kept_masking

    if before is None or not before.redacted:
        return False
    print_kept_masking(language)
    return True


def make_analyzer(model: str | None, threads: int | None, organisation: str) -> Analyzer:
    """The analyser that the options ask for, loaded."""
    from analyzer.archive.local import load_analyzer
    from analyzer.archive.machine import cores

    return load_analyzer(model, threads or cores(), organisation)


def roles_from(text: str | None) -> CallMetadata | None:
    """Metadata from `--roles agent,customer`; None when the option isn't used.

    Raises:
        UsageError: `usage.roles`, it doesn't say one party per channel.
    """
    if text is None:
        return None
    roles = channel_roles(text)
    if roles is None:
        raise UsageError("usage.roles", f"--roles {text!r}", "Name one party per channel: agent,customer.")
    return CallMetadata(roles=roles, source="options")
