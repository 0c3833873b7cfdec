"""How a batch is shown on a terminal: a bar with rate and time left, and what came of it. No customer's words."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from analyzer.archive.batch import BatchReport, Outlook, Status
from analyzer.archive.batch import Progress as State
from analyzer.archive.ledger import SCORED
from analyzer.archive.terms import Settled
from analyzer.cli.exits import Exit
from analyzer.outputs.encode import Unreadable
from analyzer.outputs.labels import Language, label, say
from analyzer.outputs.notices import ALARMING
from analyzer.outputs.page_mark import count_outdated
from analyzer.outputs.problems import OUTCOMES, meaning, passed_over
from analyzer.outputs.terminal import printable

_CODES_SHOWN = 12
_NAMES_SHOWN = 3
_DUE_SHOWN = 20
_DUE = {
    "not_done": ("还有 {} 个录音没有完成：", "{} recordings are still due:"),
    "retry": ("{} 个录音要重试：", "{} recordings are to be tried again:"),
    "recording": (
        "{} 个录音的文件有变化，内容不同的要重做：",
        "{} recordings were touched, and are done again where they differ:",
    ),
    "metadata": ("{} 个录音要重做，随录音信息有变化：", "{} recordings are due again, what came with them changed:"),
    "hearing": (
        "{} 个录音要重做，设置、模型或程序有变化：",
        "{} recordings are due again, settings, model or program changed:",
    ),
    "judging": (
        "{} 个录音要重新评判，标准或评判程序有变化：",
        "{} recordings are to be judged again, standard or judging changed:",
    ),
    "scorecard": ("{} 个录音的评分结果不在了，要重写：", "{} recordings have lost their scorecard:"),
}


@contextmanager
def counting(what: str) -> Iterator[Callable[[str], None]]:
    """Counts on standard error what is done, told of each; for work of which nobody knows how much there is.

    Args:
        what: is being done, for people.
    """
    columns = (TextColumn("{task.description}"), TextColumn("{task.completed:.0f}"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda _: bar.advance(task)


def name_unreadable(files: Sequence[Unreadable], language: Language = "zh") -> int:
    """Names the scorecards that were passed over on standard error; returns the exit code."""
    for line in passed_over(files, language):
        click.echo(line, err=True)
    return Exit.SOME_NOT_SCORED if files else Exit.OK


def outdated_line(count: int, folder: Path, pages: Path | None = None, language: Language = "zh") -> str:
    """That pages of calls were made of earlier scorecards, and which command makes them anew.

    Args:
        count: of the pages.
        folder: with the scorecards.
        pages: where the pages stand; None for beside the scorecards.
        language: of the line.
    """
    where = shlex.join(str(part) for part in ((folder,) if pages is None else (folder, "-o", pages)))
    command = f"analyzer report calls {where} --standard … --recordings …"
    return say(
        f"{count} 个通话页面已过期（页面生成之后评分结果变了），重新生成：{command}",
        f"{count} pages of calls are older than the scorecard; make them anew: {command}",
        language,
    )


def name_outdated(out: Path | str, made: Mapping[str, str], language: Language = "zh") -> None:
    """Says how many pages beside the scorecards of a batch are of earlier ones; nothing of results in a store."""
    if isinstance(out, Path) and (count := count_outdated(out, made)):
        click.echo(outdated_line(count, out, None, language), err=True)


def print_terms(terms: Settled, language: Language = "zh") -> None:
    """Says what a run keeps from the runs before it, and what it changes of them."""
    before, now = terms.before, terms.now
    if terms.kept:
        kept, masked = printable(shlex.join(terms.kept)), "--redact" in terms.kept
        zh = f"沿用这个文件夹以前的设定：{kept}（要改请写出来{'，不再隐去写 --no-redact' if masked else ''}）"
        en = f"as before in this folder: {kept} (say otherwise to change it{', --no-redact unmasks' if masked else ''})"
        click.echo(say(zh, en, language), err=True)
    if before is not None and before.judged_by != now.judged_by:
        old, new = (printable(shlex.join(judged_by.options)) for judged_by in (before.judged_by, now.judged_by))
        zh = f"注意：这里的结果以前按 {old} 评，这条命令改按 {new}，以前的也重新评判"
        en = f"note: results here were judged by {old}; this command judges all of them by {new}"
        click.echo(say(zh, en, language), err=True)
    if before is not None and now.redacted and not before.redacted:
        zh = "注意：这条命令隐去这里以前没有隐去的个人信息；以前生成的页面和导出的表不会跟着改，请删除或重新生成"
        en = "note: this command masks what was not masked; pages and tables made before stay: delete or remake them"
        click.echo(say(zh, en, language), err=True)
    if before is not None and before.redacted and not now.redacted:
        zh = "注意：这里的结果以前隐去了个人信息，这条命令不再隐去"
        en = "note: personal details were masked here; by this command they are no longer masked"
        click.echo(say(zh, en, language), err=True)


def print_kept_masking(language: Language = "zh") -> None:
    """Says that what is made of masked results is masked, too, though nobody asked for it."""
    zh = "这个文件夹的结果隐去了个人信息，这里也隐去（文件名要照原样请写 --no-redact）"
    en = "results here are masked, so is what is made of them (--no-redact leaves the names of files as they are)"
    click.echo(say(zh, en, language), err=True)


def name_columns(manifests: Sequence[str], language: Language = "zh") -> None:
    """Says of which manifests only the paths are taken, and how their columns are taken, too."""
    if manifests:
        named = say("、", ", ", language).join(map(printable, manifests))
        zh = f"注意：{named} 不止一份清单，只取其中的路径，其他列没有用；要用，请合成一份并用 --manifest 给出"
        en = f"note: {named}: of several manifests only the paths are taken, other columns are not used; to use them, "
        click.echo(say(zh, en + "join them into one and give it with --manifest", language), err=True)


class ProgressBar:
    """A bar on standard error; nothing when quiet, or where that is no terminal: a log would get an empty line.

    Args:
        quiet: show nothing.
        language: to say it in.
    """

    def __init__(self, quiet: bool = False, language: Language = "zh") -> None:
        self._say = partial(say, language=language)
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("{task.fields[rate]}"), console=console, disable=quiet or not console.is_terminal,
            transient=True,
        )  # fmt: skip
        self._task = self._bar.add_task(self._say("评分", "scoring"), total=None, rate="")

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def replaced(self, count: int) -> None:
        """Says above the bar what `print_replaced` says."""
        self._bar.console.print(_replaced(count, self._say), highlight=False, markup=False, soft_wrap=True)

    def show(self, state: State) -> None:
        """Takes in how far the run is."""
        notes = []
        if state.elapsed_s > 0:
            times = f"{state.audio_ms / 1000 / state.elapsed_s:.1f}"
            notes.append(self._say(f"{times} 倍实时", f"{times} × real time"))
        if state.left_s is not None:
            left = _length(state.left_s)
            notes.append(self._say(f"还需 {left}", f"{left} left"))
        if trouble := state.refused + state.failed:
            notes.append(self._say(f"{trouble} 个未评分", f"{trouble} not scored"))
        self._bar.update(
            self._task, total=state.total, completed=state.skipped + state.done, rate=self._say("，", ", ").join(notes)
        )


def print_replaced(count: int, language: Language = "zh") -> None:
    """Says, before a run begins, that results of other sources are there which it replaces.

    Args:
        count: of the scorecards in the places of its recordings.
        language: to say it in.
    """
    click.echo(_replaced(count, partial(say, language=language)), err=True)


def _replaced(count: int, said: Callable[[str, str], str]) -> str:
    zh = (
        f"⚠ 输出文件夹里有另一处录音的结果：这次有 {count} 个录音的位置上已有那里的评分结果，录音不同的会被替换；"
        "要都保留，请停下并用 -o 给出另一个文件夹"
    )
    en = (
        f"⚠ the output holds results of another source: {count} scorecards stand in the places of this run's "
        "recordings, and are replaced where those differ; to keep both, stop and name another folder with -o"
    )
    return said(zh, en)


def print_ended(state: State, language: Language = "zh") -> None:
    """One line for a recording that ended."""
    none = f" {label('word', 'no_score', language)}" if state.outcome == SCORED else ""
    score = none if state.score is None else f" {state.score:.1f}"
    outcome = say(OUTCOMES.get(state.outcome, state.outcome), state.outcome, language)
    Console(highlight=False, markup=False).print(f"{outcome}{score}  {printable(state.name)}", soft_wrap=True)


def print_report(report: BatchReport, out: Path | str, language: Language = "zh") -> None:
    """What a run did and how the archive stands."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    bare = sum(map(len, report.without_score.values()))
    of_them = say(f"（其中 {bare} 通没有得分）", f" ({bare} without a score)", language) if bare else ""
    console.print(_counted(report.listed, report.outcomes, language) + of_them)
    console.print(
        say(
            f"本次完成 {report.done} 个，之前已完成 {report.skipped} 个，未完成 {report.not_done} 个",
            f"this run: {report.done} done, {report.skipped} were done before, {report.not_done} not done",
            language,
        )
    )
    for code, count in sorted(report.codes.items(), key=lambda item: (-item[1], item[0]))[:_CODES_SHOWN]:
        console.print(f"  {count} × {code} {meaning(code, language)}".rstrip())
    for code, names in report.without_score.items():
        if code in report.notices:
            continue
        why = label("why", code, language)
        console.print(
            "  " + say(f"{len(names)} 通没有得分：{why}", f"{len(names)} calls without a score: {why}", language)
        )
        console.print(f"    {_named(names, language)}")
    for code, names in sorted(report.notices.items(), key=lambda item: (item[0] not in ALARMING, item[0])):
        loud = "⚠ " if code in ALARMING else ""
        counted = say(f"{len(names)} 通：", f"{len(names)} calls: ", language)
        console.print(f"  {loud}{counted}{label('notice', code, language)}")
        console.print(f"    {_named(names, language)}")
    if report.duplicates:
        count = sum(len(same) - 1 for same in report.duplicates)
        zh = f"  {count} 个录音与另一个内容相同，只是名字不同；班组页只算一次"
        en = f"  {count} recordings are another one under another name; the team's page counts it once"
        console.print(say(zh, en, language))
        for first, *others in report.duplicates[:_NAMES_SHOWN]:
            console.print(f"    {printable(first)} = {_named(others, language)}")
        if len(report.duplicates) > _NAMES_SHOWN:
            console.print("    …")
    if rows := report.rows_unmatched:
        count = len(rows)
        console.print(
            say(f"  清单有 {count} 行没有对应的录音", f"  {count} rows of the manifest match no recording", language)
        )
        console.print(f"    {_named(rows, language)}")
    if count := report.without_row:
        console.print(say(f"  {count} 个录音不在清单里", f"  {count} recordings are not in the manifest", language))
    _print_gone(report.gone, console, language)
    if removed := report.removed:
        zh, en = f"  已按要求移除 {len(removed)} 个结果", f"  {len(removed)} results were removed, as asked"
        console.print(say(zh, en, language))
        console.print(f"    {_named(removed, language)}")
    _print_not_wav(report.not_wav, console, language)
    _print_damaged(report.damaged, console, language)
    if missed := report.missed:
        zh, en = f"  {len(missed)} 通没有重新评判：", f"  {len(missed)} calls were not judged again:"
        console.print(say(zh, en, language))
        _print_names(missed, console, language)
    if report.rejudged and (report.missed or report.damaged):
        console.print(say("  请再运行一次 analyzer batch", "  run `analyzer batch` again", language))
    if count := len(report.unreadable):
        console.print(say(f"  {count} 个文件夹打不开", f"  {count} folders could not be listed", language))
    if below := report.below_gate:
        zh, en = f"  {len(below)} 通没有达到门槛，或有致命项", f"  {len(below)} calls do not pass the gate"
        console.print(say(zh, en, language))
        _print_names(below, console, language)
    if bare_ones := report.gate_without_score:
        zh = f"  {len(bare_ones)} 通没有得分（拒绝、失败或不能评分），也不算达到门槛"
        en = f"  {len(bare_ones)} calls without a score (refused, failed, or none could be given) don't pass the gate"
        console.print(say(zh, en, language))
        _print_names(bare_ones, console, language)
    if report.interrupted:
        console.print(
            say("已按要求停止；同一命令会接着做", "stopped on request; the same command goes on from here", language)
        )
    console.print(say(f"结果和索引：{out}", f"results and index: {out}", language))


def print_status(status: Status, due: Mapping[str, Sequence[str]], language: Language = "zh") -> None:
    """How an archive stands, by its ledger, and what is due, by why."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(_counted(sum(status.outcomes.values()), status.outcomes, language))
    hours = f"{status.audio_ms / 3_600_000:.2f}"
    console.print(say(f"已评分录音共 {hours} 小时", f"{hours} hours of audio scored", language))
    for path, code, seen in status.worst:
        said = f"{meaning(code, language)}（{printable(seen)}）" if meaning(code, language) else printable(seen)
        console.print(f"  {printable(path)}: {code}: {said}")
    _print_damaged(status.damaged, console, language)
    if not any(due.values()):
        console.print(say("没有要做的录音", "nothing is due", language))
    for why, (zh, en) in _DUE.items():
        names = due.get(why, ())
        if not (count := len(names)):
            continue
        console.print(say(zh.format(count), en.format(count), language))
        for path in names[:_DUE_SHOWN]:
            console.print(f"  {printable(path)}")
        if count > _DUE_SHOWN:
            console.print(say(f"  … 另有 {count - _DUE_SHOWN} 个", f"  … and {count - _DUE_SHOWN} more", language))


def print_stock(outlook: Outlook, language: Language = "zh") -> None:
    """What is to be known of the sources."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    _print_gone(outlook.gone, console, language)
    _print_not_wav(outlook.not_wav, console, language)


def _print_names(names: Sequence[str], console: Console, language: Language) -> None:
    """Calls to be looked at, a line each; of many the first."""
    for name in names[:_DUE_SHOWN]:
        console.print(f"    {printable(name)}")
    if (more := len(names) - _DUE_SHOWN) > 0:
        console.print(say(f"    … 另有 {more} 通", f"    … and {more} more", language))


def _print_gone(names: Sequence[str], console: Console, language: Language) -> None:
    """Results that are still counted, though their recording is not there."""
    if names:
        zh = f"  {len(names)} 个结果的录音已不在原处，结果还留着，班组页也算在内；要移除，请加 --remove-gone"
        en = (
            f"  {len(names)} results whose recording is not there any more; they stay, and count on the team's page; "
            "to remove them add --remove-gone"
        )
        console.print(say(zh, en, language))
        console.print(f"    {_named(names, language)}")


def _print_not_wav(counts: Mapping[str, int], console: Console, language: Language) -> None:
    """Sound that is passed over, since it is no WAV."""
    if counts:
        each = say("，", ", ", language).join(f"{ending} {count}" for ending, count in sorted(counts.items()))
        total = sum(counts.values())
        zh = f"  {total} 个录音不是 WAV（{each}），没有分析；请从录音系统导出为 PCM WAV，或先转换"
        en = f"  {total} recordings are no WAV ({each}), and were passed over: export or convert them to PCM WAV"
        console.print(say(zh, en, language))


def _print_damaged(lines: Sequence[int], console: Console, language: Language) -> None:
    """The lines of the ledger that were passed over."""
    if lines:
        numbers = ", ".join(map(str, lines[:_DUE_SHOWN])) + (" …" if len(lines) > _DUE_SHOWN else "")
        zh = f"  .analyzer/ledger.jsonl 有 {len(lines)} 行损坏，已跳过：第 {numbers} 行"
        en = f"  .analyzer/ledger.jsonl: damaged lines were passed over: {numbers}"
        console.print(say(zh, en, language))


def _counted(total: int, outcomes: Mapping[str, int], language: Language) -> str:
    counts = [
        say(f"{OUTCOMES.get(kind, kind)} {count}", f"{kind} {count}", language)
        for kind, count in sorted(outcomes.items())
    ]
    return say(f"{total} 个录音：", f"{total} recordings: ", language) + (
        say("，", ", ", language).join(counts) or say("没有完成的", "none done", language)
    )


def _named(names: Sequence[str], language: Language) -> str:
    """The first of many recordings."""
    more = say(f" 等 {len(names)} 个", f" and {len(names) - _NAMES_SHOWN} more", language)
    shown = say("、", ", ", language).join(map(printable, names[:_NAMES_SHOWN]))
    return shown + (more if len(names) > _NAMES_SHOWN else "")


def _length(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
