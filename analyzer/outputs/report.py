"""Writing the pages: a call's from scorecard and recording, those of a whole result folder, the team's."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from analyzer.call.types import CallAudio
from analyzer.call.wav import read_call
from analyzer.errors import AnalyzerError, AudioError, OutputError, UsageError
from analyzer.outputs.call_page import render_call_page
from analyzer.outputs.encode import Unreadable, read_or_note
from analyzer.outputs.export import scratch, write_tables
from analyzer.outputs.files import SCORECARD_SUFFIX, scorecard_name, scorecards_below, write_atomic
from analyzer.outputs.labels import Language, say
from analyzer.outputs.page_mark import PAGE_OF_TEAM, TAKEN, is_team_page, read_mark
from analyzer.outputs.problems import explain
from analyzer.outputs.redact import redact, redact_all
from analyzer.outputs.sound import EmbeddedSound, LinkedSound, embed_sound
from analyzer.outputs.table_set import check_tables
from analyzer.outputs.tables import call_row, read_results
from analyzer.outputs.team_page import names_people, read_fingerprints, read_stamps, render_team_page
from analyzer.outputs.terminal import printable
from analyzer.rules.standard import Standard
from analyzer.rules.types import Scorecard
from analyzer.spans import Timeline

SoundMode = Literal["embed", "link", "none"]
Silent = tuple[str, AnalyzerError]  # a call whose page has no sound, and why
_LOOKED_AT = 20  # scorecards, to see whether tables still say the same


def write_call_page(
    scorecard: Scorecard,
    page: Path,
    *,
    recording: Path | None = None,
    sound: SoundMode = "embed",
    redacted: bool = False,
    language: Language = "zh",
    clauses: Mapping[str, str] | None = None,
) -> None:
    """Writes the page of one call.

    Args:
        scorecard: as it was scored, or redacted already.
        page: the file to write.
        recording: the call's audio; None makes a page without sound and waveforms.
        sound: put the audio into the page, link to it, or leave it out.
        redacted: mask private signs in every text and mute them in the audio.
        language: of the page.
        clauses: what each clause says, by number.

    Raises:
        UsageError: the recording is another one than the scorecard's, or a redacted page would link to it.
        AudioError: the recording can't be read.
        OutputError: the page can't be written; `output.page_of_team`, it would be over one of all calls.
    """
    if is_team_page(page):
        raise OutputError(
            PAGE_OF_TEAM, f"{page.name} is the page over all calls", "Move it away, or name another place with -o"
        )
    if redacted:
        scorecard = redact(scorecard)
    if sound == "link" and (redacted or scorecard.redaction):
        raise UsageError("usage.redacted_link", "a redacted page linked to the recording", "Use --sound embed or none.")
    samples = played = None
    if recording is not None:
        audio = read_call(recording)
        if audio.facts.sha256 != scorecard.call.facts.sha256:
            raise UsageError(
                "usage.other_recording", f"{recording.name} is not the recording this scorecard is of", "Give that one."
            )
        samples = audio.samples
        played = _sound(audio, recording, page, sound, Timeline(scorecard.muted))
    html = render_call_page(scorecard, samples=samples, sound=played, language=language, clauses=clauses)
    write_atomic(page, html)


@dataclass(frozen=True, slots=True)
class PagesWritten:
    """What became of the pages.

    Args:
        pages: how many were written.
        silent: the calls whose recording could not be used, with why.
        passed_over: scorecards that can't be read, or in whose page's place the team's or a folder stands.
        judged_by: the standards of calls that the given one did not judge, and how many by each.
    """

    pages: int
    silent: tuple[Silent, ...]
    passed_over: tuple[Unreadable, ...] = ()
    judged_by: tuple[tuple[OtherJudge, int], ...] = ()


def without_sound(silent: Sequence[Silent], language: Language = "zh", most: int = 20) -> Iterator[str]:
    """The calls whose page has no sound, with why, a line each; those above `most` are counted."""
    for place, error in silent[:most]:
        why = explain(error.code, printable(error.seen), error.todo, language)
        yield say(
            f"{printable(place)}：页面没有声音：{why}", f"{printable(place)}: page without sound: {why}", language
        )
    if more := max(0, len(silent) - most):
        yield say(f"… 另有 {more} 个页面没有声音", f"… and {more} more pages without sound", language)


def write_call_pages(
    folder: Path,
    pages: Path,
    *,
    recordings: Path | None = None,
    sound: SoundMode = "embed",
    redacted: bool = False,
    language: Language = "zh",
    clauses: Mapping[str, str] | None = None,
    standard: Standard | None = None,
    show: Callable[[str], None] | None = None,
) -> PagesWritten:
    """Writes a page for every scorecard below a folder, at the scorecard's own place below `pages`.

    A call whose recording is missing, unreadable or another one gets a page without sound. A scorecard that can't be
    read gets none.

    Args:
        folder: with the scorecards.
        pages: folder for the pages.
        recordings: folder with the WAV files, laid out as when they were scored; None makes pages without sound.
        sound: as `write_call_page` takes it.
        redacted: as there.
        language: as there.
        clauses: as there.
        standard: that the clauses are of.
        show: told of each page's place when it is written.

    Raises:
        UsageError: no scorecard there, or redacted pages would link to recordings.
        OutputError: a page can't be written, or no scorecard can be read.
    """
    count, silent, passed_over = 0, list[Silent](), list[Unreadable]()
    judged_by: Counter[OtherJudge] = Counter()
    for place, scorecard in read_results(folder, passed_over):
        page = pages / f"{place}.html"

        def write(recording: Path | None, scorecard: Scorecard = scorecard, page: Path = page) -> None:
            write_call_page(
                scorecard, page, recording=recording, sound=sound, redacted=redacted, language=language, clauses=clauses
            )

        recording = find_recording(recordings, place, scorecard)
        if recording is None and recordings is not None:
            seen = f"no recording of this name below {recordings.name}"
            silent.append((place, AudioError("audio.not_found", seen, "Give the folder the calls were scored from")))
        try:
            write(recording)
        except (AudioError, UsageError) as error:
            if isinstance(error, UsageError) and error.code != "usage.other_recording":
                raise
            silent.append((place, error))
            write(None)
        except OutputError as error:
            if error.code not in TAKEN:
                raise
            passed_over.append(Unreadable(place + SCORECARD_SUFFIX, error))
            continue
        count += 1
        if standard is not None and (judge := other_judge(scorecard, standard)):
            judged_by[judge] += 1
        if show is not None:
            show(place)
    return PagesWritten(count, tuple(silent), tuple(passed_over), tuple(sorted(judged_by.items())))


def find_recording(folder: Path | None, place: str, scorecard: Scorecard) -> Path | None:
    """The call's WAV file, inside the folder and nowhere else; None when it isn't there."""
    if folder is None:
        return None
    *folders, name = place.split("/")
    root = here = folder.resolve()
    for part in folders:
        here = _written_as(here, part, part, lambda found: scorecard_name(f"{found}/_").partition("/")[0])
    recording = _written_as(here, f"{name}.wav", name + SCORECARD_SUFFIX, scorecard_name)
    for named in (recording, here / scorecard.call.name):
        with suppress(OSError, ValueError):  # a name that no file can have
            if (path := named.resolve()).is_relative_to(root) and path.is_file():
                return path
    return None


def _written_as(folder: Path, plain: str, part: str, written: Callable[[str], str]) -> Path:
    """What is called `plain` in a folder, else what has a name that results write as `part`."""
    if (folder / plain).exists() or not folder.is_dir():
        return folder / plain
    return next((found for found in sorted(folder.iterdir()) if written(found.name) == part), folder / plain)


@dataclass(frozen=True, slots=True)
class TeamWritten:
    """What to say of the page that was written.

    Args:
        more: scorecards there are more than calls in the tables, 0 where these were made now.
        passed_over: scorecards that can't be read.
        outdated: linked pages that were made of another scorecard than is there now.
    """

    more: int
    passed_over: tuple[Unreadable, ...]
    outdated: int = 0


def write_team_page(
    folder: Path,
    page: Path,
    *,
    tables: Path | None = None,
    calls: Path | None = None,
    redacted: bool = False,
    language: Language = "zh",
    gone: int = 0,
) -> TeamWritten:
    """Writes the team's page over a result folder.

    Args:
        folder: with the scorecards.
        page: the file to write.
        tables: Parquet tables exported from the folder earlier; None exports them for the while.
        calls: folder with the calls' pages; None looks beside the scorecards. Calls that have a page are linked.
        redacted: mask names of calls and agents that give people away.
        language: of the page.
        gone: how many of the results have no recording any more: the page says so.

    Raises:
        UsageError: no scorecard or tables there, tables that would have to be masked only now or don't say what the
            scorecards say any more (a few are looked at) or are of two exports, `page` is that of a call, or pyarrow is
            not installed.
        OutputError: the page can't be written, no scorecard can be read, or `output.temporary_space`.
    """
    if tables is not None:
        check_tables(tables, "parquet")
    if redacted and tables is not None and names_people(tables):
        raise UsageError("usage.redacted_tables", "tables that are there already", "Export them with --redact instead")
    pages = calls or folder
    for place in (folder, pages):  # a recording called team.wav has the page team.html
        if page.parent.resolve() == place.resolve() and (folder / (page.stem + SCORECARD_SUFFIX)).exists():
            raise _is_of_a_call(page)
    if read_mark(page):
        raise _is_of_a_call(page)
    links = os.path.relpath(pages.resolve(), page.resolve().parent)
    more, passed_over = 0, list[Unreadable]()
    with scratch() as folder_of_tables:
        if tables is not None:
            more = _compare(folder, tables, passed_over)
        else:
            tables = folder_of_tables
            results = read_results(folder, passed_over)
            write_tables(redact_all(results) if redacted else results, tables, "parquet")
        outdated = {}
        for call, now in read_fingerprints(tables).items() if (tables / "calls.parquet").is_file() else ():
            if (mark := read_mark(pages / f"{call}.html")) is not None:
                outdated[call] = mark != now
        html = render_team_page(
            tables, language=language, links="" if links == "." else links, outdated=outdated, gone=gone
        )
    write_atomic(page, html)
    return TeamWritten(more, tuple(passed_over), sum(outdated.values()))


def _is_of_a_call(page: Path) -> UsageError:
    return UsageError("usage.page_of_call", f"{page.name} is the page of a call", "Name another file with -o")


def _compare(folder: Path, tables: Path, passed_over: list[Unreadable]) -> int:
    """How many scorecards more than calls of the tables there are; raises where a call's standard or score differs.

    Of those looked at, the unreadable ones are passed over and are no more than the tables have.
    """
    if not (tables / "calls.parquet").is_file():
        return 0  # the page says what is missing
    paths = scorecards_below(folder)
    known = read_stamps(tables)
    unknown = [place for place in paths if place not in known]
    unread = 0
    for place in dict.fromkeys([*list(paths)[:: max(1, len(paths) // _LOOKED_AT)], *unknown[:_LOOKED_AT]]):
        scorecard = read_or_note(paths[place], place + SCORECARD_SUFFIX, passed_over)
        if scorecard is None:
            unread += place not in known
            continue
        row = call_row(place, scorecard)
        stamp = tuple(row[name] for name in ("standard", "standard_sha256", "profile", "score"))
        if known.get(place, stamp) != stamp:
            was, now = (f"{s[0]} ({(s[1] or '')[:12]}) {s[2]}, score {s[3]}" for s in (known[place], stamp))
            raise UsageError(
                "usage.stale_tables", f"{place}: the tables say {was}; its scorecard says {now}",
                "Run `analyzer export` again",
            )  # fmt: skip
    return len(paths) - unread - len(known) if paths else 0


class OtherJudge(NamedTuple):
    """What judged a call where the given standard did not.

    Args:
        name: of the pack, with version and profile.
        sha256: of its content.
        same_name: the given one is called the same, and its content is another.
    """

    name: str
    sha256: str
    same_name: bool


def other_judge(scorecard: Scorecard, standard: Standard) -> OtherJudge | None:
    """The standard that judged a call, where the given one may word clauses otherwise; else None.

    Another profile of the same version has the same clauses.
    """
    made = scorecard.provenance
    same = (made.standard_id, made.standard_version) == (standard.id, standard.version)
    if made.standard_sha256 == standard.sha256 or (same and made.profile != standard.profile):
        return None
    return OtherJudge(made.judge, made.standard_sha256, same)


def clause_texts(standard: Standard, language: Language = "zh") -> dict[str, str]:
    """What each clause says, by number, for the page; in English its title, where the pack has one."""
    return {c.id: say(f"{c.title}：{c.summary}", c.title_en, language) for c in standard.clauses}


def _sound(
    audio: CallAudio, recording: Path, page: Path, mode: SoundMode, muted: Timeline
) -> EmbeddedSound | LinkedSound | None:
    if mode == "embed":
        return embed_sound(audio.samples, audio.rate_hz, muted=muted)
    if mode == "link":
        return LinkedSound(os.path.relpath(recording.resolve(), page.resolve().parent))
    return None
