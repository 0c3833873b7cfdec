"""What the docs tell a reader to type exists: commands, options, the README's own commands, the command reference."""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from analyzer.cli.main import cli
from analyzer.cli.reference import commands_page, walk
from analyzer.outputs.encode import encode_scorecard
from analyzer.rules.checks import KINDS
from analyzer.rules.types import Scorecard, Verdict
from analyzer.testing.scorecards import make_scorecard

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
SOURCES = sorted((ROOT / "analyzer").rglob("*.py"))
WRITTEN = [page for page in [ROOT / "CHANGELOG.md", *PAGES] if page.name not in {"commands.md", "standards.md"}]


def blocks(page: Path) -> Iterator[str]:
    """The lines of a page's code blocks that are commands of ours."""
    for block in re.findall(r"^```(?:\w*)\n(.*?)^```", page.read_text("utf-8"), re.S | re.M):
        for line in block.splitlines():
            for part in re.split(r" && | \| ", line):
                if part.strip().startswith("analyzer "):
                    yield part.strip()


def mentions(page: Path) -> Iterator[str]:
    """Commands of ours named inside a sentence."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.S | re.M)
    for found in re.findall(r"`(analyzer [a-z][^`]*)`", text):
        yield found.replace("[", "").replace("]", "").replace("…", "")


IN_BLOCKS = [(page, line) for page in PAGES for line in blocks(page)]
IN_SENTENCES = [(page, line) for page in [*PAGES, *SOURCES] for line in mentions(page)]


def understand(line: str, whole: bool) -> None:
    """Reads a command line as the program would, without running it.

    Raises:
        click.UsageError: no such command or option, a value that isn't one, or (in a whole command) an argument lacks.
    """
    words = shlex.split(line.partition(" > ")[0], comments=True)[1:]
    command: click.Command = cli
    while isinstance(command, click.Group) and words:
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            raise click.UsageError(f"no command {words[0]}")
        command, words = found, words[1:]
    context = click.Context(command)
    given, rest, _ = command.make_parser(context).parse_args(list(words))
    if rest and not isinstance(command, click.Group):
        raise click.UsageError(f"one argument too many: {rest}")
    for parameter in command.params:
        value = given.get(parameter.name or "")
        if whole and parameter.required and not (isinstance(value, str | tuple) and value):
            raise click.UsageError(f"lacks {parameter.name}")
        if isinstance(parameter.type, click.Choice) and isinstance(value, str) and not value.isupper():
            parameter.type.convert(value, parameter, context)


def ids(found: list[tuple[Path, str]]) -> list[str]:
    return [f"{page.name}: {line}" for page, line in found]


@pytest.mark.parametrize(("page", "line"), IN_BLOCKS, ids=ids(IN_BLOCKS))
def test_a_command_to_copy_is_one(page: Path, line: str) -> None:
    understand(line, whole=True)


@pytest.mark.parametrize(("page", "line"), IN_SENTENCES, ids=ids(IN_SENTENCES))
def test_a_command_that_is_mentioned_exists(page: Path, line: str) -> None:
    understand(line, whole=False)


def test_there_is_something_to_check() -> None:
    assert len(IN_BLOCKS) >= 10 and len(IN_SENTENCES) >= 20


@pytest.mark.parametrize(
    "line", ["analyzer sing", "analyzer score", "analyzer score a.wav --colour", "analyzer report team x --lang fr"]
)
def test_what_does_not_exist_is_noticed(line: str) -> None:
    with pytest.raises(click.UsageError):
        understand(line, whole=True)


def test_the_command_reference_is_the_commands() -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert page == commands_page(), "python -m analyzer.cli.reference > docs/commands.md"


def test_every_option_says_what_it_does() -> None:
    silent = [
        f"{name} {option.opts[0]}"
        for name, command in walk()
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert silent == []


def readme_commands() -> list[str]:
    return re.findall(r"^```\n(.*?)\n```", (ROOT / "README.md").read_text("utf-8"), re.S | re.M)


def test_the_readmes_second_command_is_the_one_that_is_run_before_anything_lands() -> None:
    second = readme_commands()[1]
    assert "\n" not in second
    assert second in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()


def test_the_readmes_first_command_scores_files_that_are_there() -> None:
    first = readme_commands()[0]
    files = re.findall(r"fixtures/\S+\.wav", first)
    assert len(files) == 3 and all((ROOT / f).is_file() for f in files)
    understand(first.rpartition("&& ")[2], whole=True)


def test_the_example_of_reading_a_scorecard_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = re.search(r"^```python\n(.*?)^```", (ROOT / "docs" / "json.md").read_text("utf-8"), re.S | re.M)
    assert code
    card = make_scorecard(3)
    (tmp_path / "call.scorecard.json").write_bytes(encode_scorecard(card))
    monkeypatch.chdir(tmp_path)
    exec(compile(code[1], "json.md", "exec"), {})
    printed = capsys.readouterr().out.split("\n")
    assert [line.split()[0] for line in printed if line] == [f.rule for f in card.findings if f.verdict is Verdict.FAIL]


def test_every_field_of_a_scorecard_is_named() -> None:
    named = re.findall(r"^\| (`[^|]*) \|", (ROOT / "docs" / "json.md").read_text("utf-8"), re.M)
    fields = re.findall(r"`(\w+)`", " ".join(named))
    assert [field.name for field in dataclasses.fields(Scorecard) if field.name not in fields] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_pages_that_are_named_exist(page: Path) -> None:
    for target in re.findall(
        r"`((?:docs|fixtures|benchmarks|tests)/[\w./-]+\.(?:md|py|json))`", page.read_text("utf-8")
    ):
        assert (ROOT / target).exists(), target


def outside_code(page: Path) -> list[str]:
    return re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.S | re.M).splitlines()


@pytest.mark.parametrize("page", WRITTEN, ids=lambda p: p.name)
def test_nothing_is_said_twice_in_the_same_words(page: Path) -> None:
    """As a merge leaves both versions of a sentence."""
    words = " ".join(line for line in outside_code(page) if not line.startswith("|")).split()
    runs = Counter(" ".join(words[at : at + 11]) for at in range(len(words) - 10))
    assert [run for run, times in runs.items() if times > 1] == []


@pytest.mark.parametrize("page", WRITTEN, ids=lambda p: p.name)
def test_a_table_is_whole(page: Path) -> None:
    rows: list[str] = []
    for line in [*outside_code(page), ""]:
        if line.startswith("|"):
            rows.append(re.sub(r"`[^`]*`", "", line))
        elif rows:
            assert len(rows) > 2 and re.fullmatch(r"[|: -]+", rows[1]), rows[0]
            assert {row.count("|") for row in rows} == {rows[0].count("|")}, rows[0]
            rows = []


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_a_check_is_named(kind: str) -> None:
    """Those without a default in bold."""
    page = (ROOT / "docs" / "house-packs.md").read_text("utf-8")
    (row,) = re.findall(rf"^\| [^|]*`{kind}`[^|]* \|[^|]*\| (.*) \|$", page, re.M)
    for field in msgspec.structs.fields(KINDS[kind]):
        name = field.encode_name
        assert re.search(rf"`{name}\b", row) and (f"**`{name}`**" in row) == field.required, name
