"""`analyzer report`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from analyzer.cli.exits import Exit
from analyzer.cli.options import (
    ResultsFolder,
    kept_standard_options,
    language_option,
    redact_option,
    settle_masking,
    settle_pages,
)

if TYPE_CHECKING:
    from analyzer.outputs.report import OtherJudge
    from analyzer.rules.standard import Standard

_folder = click.Path(path_type=Path, file_okay=False)
_folder_there = ResultsFolder(path_type=Path, file_okay=False, exists=True)
_sound = click.option("--sound", type=click.Choice(["embed", "link", "none"]), default="embed", show_default=True,
                      help="Put the audio into the page, link to it, or leave it out.")  # fmt: skip


class _Pages(click.Group):
    """Says which command is meant where only a path is given."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As `click.Group`; raises `click.UsageError` with the commands for a file or a folder."""
        if args[0] not in self.commands and (path := Path(args[0])).exists():
            kinds = ("calls", "team") if path.is_dir() else ("call",)
            meant = " or ".join(f"analyzer report {kind} {path}" for kind in kinds)
            raise click.UsageError(f"which page of {path}? Say {meant}", ctx)
        return super().resolve_command(ctx, args)


def _name_judges(
    judged_by: Sequence[tuple[OtherJudge, int]], standard: Standard, language: Literal["zh", "en"]
) -> None:
    """Says which calls another standard judged than the one whose clauses stand on the pages, and what to do."""
    from analyzer.outputs.labels import say
    from analyzer.outputs.terminal import printable

    ours = f"{standard.id} {standard.version} {standard.profile}"
    for judge, count in judged_by:
        theirs, given = judge.name, ours
        zh, en = (
            "请用评分时的 --standard、--profile、--organisation",
            "give the --standard, --profile and --organisation they were judged with",
        )
        if judge.same_name:  # the names say nothing of what differs
            theirs, given = f"{theirs} ({judge.sha256[:12]})", f"{ours} ({standard.sha256[:12]})"
            zh = (
                "两者同名同版本，内容不同：或者 --organisation 不同，请用评分时的；或者规则包后来改过，"
                "请用 analyzer rejudge 重新评判"
            )
            en = (
                "name and version are the same, the content is not: either --organisation differs, then give the one "
                "they were judged with, or the pack was changed since, then run `analyzer rejudge`"
            )
        zh = f"注意：{count} 通是按 {theirs} 评的，页面上条款的文字取自 {given}，可能缺少或不同；{zh}"
        en = (
            f"note: {count} calls were judged by {theirs}; the clauses on their pages are of {given}, missing or "
            f"others; {en}"
        )
        click.echo(printable(say(zh, en, language)), err=True)


@click.group("report", cls=_Pages)
def command() -> None:
    """Write the page of a call, of many calls, or of a team."""


@command.command("call")
@click.argument("scorecard", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--recording", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="The call's WAV file.")
@_sound
@redact_option
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="The page (else beside the scorecard)."
)
@language_option
@kept_standard_options
def call(
    scorecard: Path,
    recording: Path | None,
    sound: Literal["embed", "link", "none"],
    redacted: bool | None,
    out: Path | None,
    lang: Literal["zh", "en"],
    pack: str | None,
    profile: str | None,
    organisation: str | None,
) -> None:
    """Write the page of one call from its SCORECARD."""
    from analyzer.archive.terms import Said
    from analyzer.outputs.encode import read_scorecard
    from analyzer.outputs.page_mark import page_beside
    from analyzer.outputs.report import clause_texts, other_judge, write_call_page

    page, card = out or page_beside(scorecard), read_scorecard(scorecard)
    standard, masked = settle_pages(scorecard.parent, Said(pack, profile, organisation, redacted), lang)
    write_call_page(
        card, page, recording=recording, sound=sound, redacted=masked, language=lang,
        clauses=clause_texts(standard, lang),
    )  # fmt: skip
    if judge := other_judge(card, standard):
        _name_judges([(judge, 1)], standard, lang)
    click.echo(page)


@command.command("calls")
@click.argument("folder", type=_folder_there)
@click.option("--recordings", type=_folder_there,
              help="Folder with the WAV files, as they lay when they were scored (else no sound).")  # fmt: skip
@_sound
@redact_option
@click.option("-o", "--out", type=_folder, help="Folder for the pages (else beside the scorecards).")
@language_option
@kept_standard_options
def calls(
    folder: Path,
    recordings: Path | None,
    sound: Literal["embed", "link", "none"],
    redacted: bool | None,
    out: Path | None,
    lang: Literal["zh", "en"],
    pack: str | None,
    profile: str | None,
    organisation: str | None,
) -> int:
    """Write a page for every scorecard below FOLDER.

    A call whose recording is missing or another one gets a page without sound and is named, a scorecard that can't be
    read is named, and so is a call where the team's page stands in its page's place; the exit code is then 5.
    """
    from analyzer.archive.terms import Said
    from analyzer.cli.progress import counting, name_unreadable
    from analyzer.outputs.report import clause_texts, without_sound, write_call_pages

    standard, masked = settle_pages(folder, Said(pack, profile, organisation, redacted), lang)
    with counting("页面" if lang == "zh" else "pages") as show:
        done = write_call_pages(
            folder, out or folder, recordings=recordings, sound=sound, redacted=masked, language=lang,
            clauses=clause_texts(standard, lang), standard=standard, show=show,
        )  # fmt: skip
    _name_judges(done.judged_by, standard, lang)
    for line in without_sound(done.silent, lang):
        click.echo(line, err=True)
    click.echo(f"{done.pages} {'个页面：' if lang == 'zh' else 'pages: '}{out or folder}")
    unreadable = name_unreadable(done.passed_over, lang)
    return Exit.SOME_NOT_SCORED if done.silent else unreadable


@command.command("team")
@click.argument("folder", type=_folder_there)
@click.option("--tables", type=_folder_there, help="Parquet tables of `analyzer export` (else made for the while).")
@click.option("--calls", "pages", type=_folder_there, help="Folder with the calls' pages (else beside the scorecards).")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="The page (else FOLDER/team.html).")
@redact_option
@language_option
def team(
    folder: Path,
    tables: Path | None,
    pages: Path | None,
    out: Path | None,
    redacted: bool | None,
    lang: Literal["zh", "en"],
) -> int:
    """Write the page over all scorecards below FOLDER: agents, teams, periods, rules, the calls to listen to first.

    Calls that have a page are linked; one made of an earlier scorecard is marked, and how many is said. Tables that say
    something else than the scorecards do now are refused. A scorecard that can't be read is named; the exit code is
    then 5.
    """
    from analyzer.archive.gone import count_gone
    from analyzer.cli.progress import name_unreadable, outdated_line
    from analyzer.outputs.labels import say
    from analyzer.outputs.report import write_team_page

    page, masked = out or folder / "team.html", settle_masking(folder, redacted, lang)
    done = write_team_page(
        folder, page, tables=tables, calls=pages, redacted=masked, language=lang, gone=count_gone(folder)
    )
    if more := done.more:
        zh = f"注意：评分结果比表里的通话{'多' if more > 0 else '少'} {abs(more)} 个，请重新运行 analyzer export"
        en = f"note: {abs(more)} scorecards {'more' if more > 0 else 'fewer'} than calls in the tables: export again"
        click.echo(say(zh, en, lang), err=True)
    if done.outdated:
        click.echo(outdated_line(done.outdated, folder, pages, lang), err=True)
    click.echo(page)
    return name_unreadable(done.passed_over, lang)
