"""`analyzer standard`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from analyzer.cli.exits import Exit
from analyzer.cli.options import language_option, load

_pack = click.option("--standard", "pack", default="base", show_default=True, help="Rule pack: a name or a folder.")
_profile = click.option("--profile", default="default", show_default=True, help="Named set of thresholds.")


@click.group("standard")
def command() -> None:
    """List, check, test, explain and scaffold rule packs."""


@command.command("list")
@_pack
@_profile
@click.option("--markdown", is_flag=True, help="As the page that stands in docs/standards.md.")
@click.option("--families", is_flag=True, help="The phrase families, each with the rules that listen for it.")
@language_option
def list_(pack: str, profile: str, markdown: bool, families: bool, lang: Literal["zh", "en"]) -> None:
    """Every clause with the rules that check it, and every rule with its clauses."""
    from analyzer.outputs.standard_text import families_text, list_text
    from analyzer.outputs.standards_page import standards_page

    standard = load(pack, profile, None)
    if families:
        click.echo(families_text(standard, lang))
    else:
        click.echo(standards_page(standard) if markdown else list_text(standard, lang))


@command.command("check")
@click.argument("pack", default="base")
@language_option
def check(pack: str, lang: Literal["zh", "en"]) -> int:
    """Validate a pack: every mistake with file, line, and what to mend; of one without, what it still lacks."""
    from analyzer.outputs.problems import mistakes_of
    from analyzer.outputs.standard_text import checked_text
    from analyzer.rules.pack import load_standard
    from analyzer.rules.told import PackError
    from analyzer.rules.trace import cautions, check_pack

    try:
        lacking = check_pack(pack)
    except PackError as error:
        for line in mistakes_of(error, lang):
            click.echo(line, err=True)
        return Exit.CANNOT_START
    click.echo(checked_text(pack, list(cautions(load_standard(pack))), lacking, lang))
    return Exit.GATE if lacking else Exit.OK


@command.command("test")
@click.argument("pack", default="base")
@_profile
@click.option("--own", is_flag=True, help="Not those of the standard that it extends.")
@language_option
def test(pack: str, profile: str, own: bool, lang: Literal["zh", "en"]) -> int:
    """Run the example calls of a pack and of what it extends: those that come out otherwise, and why."""
    from analyzer.outputs.standard_text import results_text
    from analyzer.rules.examples import run_examples

    standard = load(pack, profile, None)
    results = run_examples(standard, own=own)
    click.echo(results_text(results, standard.id, lang))
    return Exit.OK if all(r.holds for r in results) else Exit.GATE


@command.command("explain")
@click.argument("name")
@_pack
@_profile
@click.option("--all", "all_forms", is_flag=True, help="List every phrase and example, not the first of each list.")
@language_option
def explain(name: str, pack: str, profile: str, all_forms: bool, lang: Literal["zh", "en"]) -> None:
    """Explain the rule NAME: its clauses, parameters, phrases, advice and examples; or the phrase family."""
    from analyzer.outputs.standard_text import explain as text_of

    click.echo(text_of(load(pack, profile, None), name, lang, all_forms=all_forms))


@command.command("judge")
@click.argument("sentence", required=False)
@click.option("--call", "file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
              help="Instead: a file with a call in the notation of example calls; - is standard input.")  # fmt: skip
@click.option("--by", default="agent", type=click.Choice(["agent", "customer"]), help="Who says the sentence.")
@click.option("--rule", "rules", multiple=True, help="Show this rule, whatever it says (several times for several).")
@_pack
@_profile
@language_option
def judge(
    sentence: str | None,
    file: Path | None,
    by: str,
    rules: tuple[str, ...],
    pack: str,
    profile: str,
    lang: Literal["zh", "en"],
) -> int:
    """Judge SENTENCE, or a call written in a file, without sound: the phrases found, and what the rules say.

    Of a sentence the rules that its own words decide are shown, and the phrases that it comes nearest to without any of
    their family being found.
    """
    from analyzer.call.types import Role
    from analyzer.outputs.problems import mistakes_of
    from analyzer.outputs.written_text import call_text, sentence_text
    from analyzer.rules.told import PackError
    from analyzer.rules.written import read_sentence, read_written

    if (sentence is None) == (file is None):
        raise click.UsageError("one of SENTENCE and --call")
    standard = load(pack, profile, None)
    if file is None:
        lines = sentence_text(standard, read_sentence(sentence or "", Role(by)), rules, lang)
    else:
        try:
            call = read_written(file)
        except PackError as error:
            for line in mistakes_of(error, lang):
                click.echo(line, err=True)
            return Exit.USAGE
        lines = call_text(standard, call, rules, lang)
    for line in lines:
        click.echo(line)
    return Exit.OK


@command.command("new")
@click.argument("folder", type=click.Path(path_type=Path))
def new(folder: Path) -> None:
    """Write a small house pack into FOLDER that extends ours."""
    from analyzer.rules.scaffold import scaffold

    for path in scaffold(folder):
        click.echo(path)
