"""Two runs over the same calls: which scores, verdicts and measures changed, and what made them change.

A verdict counts as changed when it is another one; a score or a measure when it moved further than its tolerance or
came into or went out of being. Why is read from the provenance: standard, model, settings or code. A call that was
heard the same and judged otherwise was changed by the standard, whatever else differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from analyzer.call.names import printable_name
from analyzer.errors import OutputError, UsageError
from analyzer.measure.types import Measure
from analyzer.outputs.encode import Unreadable, encode_json, read_or_note, read_recording
from analyzer.outputs.files import SCORECARD_SUFFIX, scorecards_below
from analyzer.outputs.labels import Language, figure, label, say, who
from analyzer.outputs.terminal import printable
from analyzer.rules.types import Finding, Scorecard

MOST_SHOWN = 50  # calls; the rest are counted
_NAMES_SHOWN = 5
UNIT_TOLERANCE: Mapping[str, float] = {
    "ms": 50.0, "s": 0.05, "dB": 0.5, "dBFS": 0.5, "Hz": 3.0, "半音": 0.3, "半音/秒": 0.2, "字/分钟": 3.0,
    "音节/分钟": 5.0, "次/分钟": 0.2, "%": 1.0, "1": 0.05,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a figure may move before it has changed.

    Args:
        score: points of the total.
        measures: by measure name, in its unit; others by unit.
        scale: multiplies the score's and what is by unit; 0 asks for equality.
    """

    score: float = 0.5
    measures: Mapping[str, float] = field(default_factory=dict)
    scale: float = 1.0

    def of(self, measure: Measure) -> float:
        """In the measure's unit."""
        return self.measures.get(measure.name, UNIT_TOLERANCE.get(measure.unit, 0.0) * self.scale)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed in a call.

    `what` is "verdict", "measure" or "score"; `name` the rule, the measure or "total"; `label` that in the reader's
    language; before and after as text for verdicts and as numbers else, None where there was none.
    """

    what: str
    name: str
    label: str
    before: str | float | None
    after: str | float | None
    unit: str = ""
    role: str | None = None
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangedCall:
    """A call with its changes, and which parts of its provenance differ."""

    call: str
    causes: tuple[str, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All calls of two folders; what could not be read of either is not compared.

    `renamed` pairs those of `only_old` and `only_new` that are of the same recording.
    """

    compared: int
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    changed: tuple[ChangedCall, ...]
    unreadable: tuple[Unreadable, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing changed and no call is missing, new or unreadable."""
        return not (self.changed or self.only_old or self.only_new or self.unreadable)

    def by_rule(self, language: Language | None = None) -> dict[str, Counter[str]]:
        """Verdict changes as `before → after`, by rule; in a reader's language, else as a scorecard has them."""
        out: dict[str, Counter[str]] = {}
        for call in self.changed:
            for change in call.changes:
                if change.what == "verdict":
                    step = " → ".join(_verdict(v, language) for v in (change.before, change.after))
                    out.setdefault(change.name, Counter())[step] += 1
        return dict(sorted(out.items()))


def compare_folders(old: Path, new: Path, tolerance: Tolerance | None = None, language: Language = "zh") -> Comparison:
    """Compares the scorecards below two folders by place; one pair is in memory at a time.

    Raises:
        UsageError: a folder is missing or holds no scorecard.
        OutputError: no pair can be read.
    """
    places_old, places_new = _places(old), _places(new)
    compared, changed, unreadable = 0, [], list[Unreadable]()
    for place in sorted(places_old.keys() & places_new.keys()):
        before, after = (read_or_note(p[place], p[place].as_posix(), unreadable) for p in (places_old, places_new))
        if before is None or after is None:
            continue
        compared += 1
        changes = compare(before, after, tolerance, language)
        if changes:
            changed.append(ChangedCall(place, causes(before, after), changes))
    if unreadable and not compared:
        first = unreadable[0]
        raise OutputError(first.error.code, f"{first.file}: {first.error.seen}", first.error.todo)
    only_old = {place: places_old[place] for place in sorted(places_old.keys() - places_new.keys())}
    only_new = {place: places_new[place] for place in sorted(places_new.keys() - places_old.keys())}
    return Comparison(
        compared=compared,
        only_old=tuple(only_old),
        only_new=tuple(only_new),
        changed=tuple(changed),
        unreadable=tuple(unreadable),
        renamed=_renamed(only_old, only_new) if only_old and only_new else (),
    )


def _renamed(only_old: Mapping[str, Path], only_new: Mapping[str, Path]) -> tuple[tuple[str, str], ...]:
    """Places of the same recording, where it has one in either folder."""
    old, new = _by_recording(only_old), _by_recording(only_new)
    return tuple(sorted((old[sha][0], new[sha][0]) for sha in old.keys() & new if len(old[sha]) == len(new[sha]) == 1))


def _by_recording(places: Mapping[str, Path]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place, path in places.items():
        if sha := read_recording(path):
            found.setdefault(sha, []).append(place)
    return found


def compare_with(baseline: Path, place: str, after: Scorecard, language: Language = "zh") -> Comparison:
    """Compares a new scorecard with the one at its place below a folder; without one there the call is new."""
    path = baseline / f"{place}{SCORECARD_SUFFIX}"
    if not path.is_file():
        return Comparison(0, (), (place,), ())
    unreadable: list[Unreadable] = []
    before = read_or_note(path, path.as_posix(), unreadable)
    if before is None:
        return Comparison(0, (), (), (), tuple(unreadable))
    changes = compare(before, after, language=language)
    return Comparison(1, (), (), (ChangedCall(place, causes(before, after), changes),) if changes else ())


def join(parts: Iterable[Comparison]) -> Comparison:
    """Several comparisons as one."""
    parts = tuple(parts)
    return Comparison(
        sum(p.compared for p in parts),
        tuple(call for p in parts for call in p.only_old),
        tuple(call for p in parts for call in p.only_new),
        tuple(call for p in parts for call in p.changed),
        tuple(file for p in parts for file in p.unreadable),
        tuple(pair for p in parts for pair in p.renamed),
    )


def compare(
    before: Scorecard, after: Scorecard, tolerance: Tolerance | None = None, language: Language = "zh"
) -> tuple[Change, ...]:
    """What changed between two scorecards of one call, verdicts first, each with why."""
    tolerance = tolerance or Tolerance()
    why = causes(before, after)
    judged_only = "standard" in why and _heard_the_same(before, after)
    judging = ("standard",) if judged_only else why or ("unexplained",)
    hearing = tuple(c for c in why if c != "standard") or ("unexplained",)
    return (
        *_verdicts(before, after, judging, language),
        *_score(before, after, tolerance, judging, language),
        *_measures(before, after, tolerance, hearing, language),
    )


def causes(before: Scorecard, after: Scorecard) -> tuple[str, ...]:
    """Which inputs differ: recording, metadata, standard, model, code, settings."""
    a, b = before.provenance, after.provenance
    code = a.analyzer_version != b.analyzer_version
    model = (a.recognizer, a.activity_model, a.separation_model) != (b.recognizer, b.activity_model, b.separation_model)
    found = {
        "recording": before.call.facts.sha256 != after.call.facts.sha256,
        "metadata": before.call.metadata != after.call.metadata,
        "standard": (a.standard_id, a.standard_sha256, a.profile) != (b.standard_id, b.standard_sha256, b.profile),
        "model": model,
        "code": code,
        # the fingerprint covers version and model too: alone it tells of settings only where those are the same
        "settings": a.settings_fingerprint != b.settings_fingerprint and not (code or model),
    }
    return tuple(name for name, differs in found.items() if differs)


def _heard_the_same(a: Scorecard, b: Scorecard) -> bool:
    return (a.turns, a.overlaps, a.pauses, a.hangup, a.measures, a.speakers, a.doubts, a.call.metadata) == (
        b.turns, b.overlaps, b.pauses, b.hangup, b.measures, b.speakers, b.doubts, b.call.metadata,
    )  # fmt: skip


def _verdicts(before: Scorecard, after: Scorecard, why: tuple[str, ...], language: Language) -> Iterator[Change]:
    old, new = _by_rule(before), _by_rule(after)
    for rule in [*old, *(r for r in new if r not in old)]:
        a, b = old.get(rule), new.get(rule)
        if a is None or b is None or a.verdict is not b.verdict:
            named = b or a
            assert named is not None
            first, second = (str(found.verdict) if found else None for found in (a, b))
            said = say(named.name, named.name_en or named.name, language)
            yield Change("verdict", rule, said, first, second, because=why)


def _score(
    before: Scorecard, after: Scorecard, tolerance: Tolerance, why: tuple[str, ...], language: Language
) -> Iterator[Change]:
    a, b = before.score.total, after.score.total
    if _moved(a, b, tolerance.score * tolerance.scale):
        yield Change("score", "total", label("word", "score", language), a, b, because=why)


def _measures(
    before: Scorecard, after: Scorecard, tolerance: Tolerance, why: tuple[str, ...], language: Language
) -> Iterator[Change]:
    old = {(m.name, m.speaker): m for m in before.measures}
    new = {(m.name, m.speaker): m for m in after.measures}
    for key in [*old, *(k for k in new if k not in old)]:
        a, b = old.get(key), new.get(key)
        named = b or a
        assert named is not None
        first, second = a.value if a else None, b.value if b else None
        if _moved(first, second, tolerance.of(named)):
            yield Change("measure", named.name, label("measure", named.name, language), first, second, named.unit,
                         str(named.role) if named.role else None, why)  # fmt: skip


def _verdict(verdict: str | float | None, language: Language | None) -> str:
    """A verdict as it is written or, for a reader, as it is named; a dash where the rule was not there."""
    if verdict is None:
        return "–"
    return label("verdict", str(verdict), language) if language else str(verdict)


def _moved(a: float | None, b: float | None, by: float) -> bool:
    if a is None or b is None:
        return a is not b
    return abs(a - b) > by + 1e-9


def _by_rule(scorecard: Scorecard) -> dict[str, Finding]:
    return {finding.rule: finding for finding in scorecard.findings}


def _places(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise UsageError("usage.no_folder", f"{folder.name} is not a folder", "Give two folders with scorecards")
    found = scorecards_below(folder)
    if not found:
        raise UsageError("usage.no_scorecards", f"no scorecard below {folder.name}", "Run `analyzer batch` first")
    return found


def encode_comparison(comparison: Comparison) -> bytes:
    """The comparison as canonical JSON."""
    return encode_json({
        "compared": comparison.compared, "only_old": comparison.only_old, "only_new": comparison.only_new,
        "renamed": comparison.renamed,
        "by_rule": {rule: dict(changes) for rule, changes in comparison.by_rule().items()},
        "unreadable": [printable_name(one.file) for one in comparison.unreadable], "changed": comparison.changed,
    })  # fmt: skip


def print_comparison(comparison: Comparison, console: Console, language: Language = "zh") -> None:
    """Prints what changed, by rule and then by call.

    Args:
        comparison: of two folders.
        console: where to print.
        language: "zh" or "en".
    """
    chinese = language == "zh"

    def cut(more: int) -> str:
        return say(f"… 另有 {more} 通", f"… and {more} more calls", language)

    head = f"{comparison.compared} 通对比，{len(comparison.changed)} 通有变化" if chinese else (
        f"{comparison.compared} calls compared, {len(comparison.changed)} changed"
    )  # fmt: skip
    console.print(Text(head, style="bold"))
    alone = (
        (comparison.only_old, say("只在旧结果", "only old", language)),
        (comparison.only_new, say("只在新结果", "only new", language)),
        (
            [f"{old} → {new}" for old, new in comparison.renamed],
            say("同一录音，名字不同，没有对比", "same recording by another name, not compared", language),
        ),
    )
    for names, word in alone:
        if names:
            shown = ", ".join(map(printable, names[:_NAMES_SHOWN]))
            more = len(names) - _NAMES_SHOWN
            console.print(Text(f"{word}: {len(names)}  {shown}" + (f" {cut(more)}" if more > 0 else "")))
    if comparison.only_new and not (comparison.compared or comparison.unreadable):
        console.print(
            Text(
                say(
                    "两边没有同名的通话：评分结果按文件夹内的相对路径配对，请检查两个文件夹是否在同一层，文件名是否改过",
                    "No call has the same name in both: scorecards are paired by their path below each folder. Check "
                    "that the folders are of the same level and that no file was renamed",
                    language,
                )
            )
        )
    if rules := comparison.by_rule(language):
        table = Table(box=None, pad_edge=False)
        for column in ("规则", "变化", "通数") if chinese else ("rule", "change", "calls"):
            table.add_column(column)
        for rule, changes in rules.items():
            for step, count in sorted(changes.items()):
                table.add_row(Text(printable(rule)), step, str(count))
        console.print(table)
    for call in comparison.changed[:MOST_SHOWN]:
        console.print(Text(printable(call.call), style="bold"))
        for change in call.changes:
            console.print(Text("  ").append_text(_line(change, language)))
    if len(comparison.changed) > MOST_SHOWN:
        console.print(Text(cut(len(comparison.changed) - MOST_SHOWN)))


def _line(change: Change, language: Language) -> Text:
    def shown(value: str | float | None) -> str:
        if value is None or isinstance(value, str):
            return _verdict(value, language)
        return figure(value, change.unit, language)

    name = change.name if change.what == "verdict" else ""
    party = f" {label('role', change.role, language)}" if change.role else "" if change.what != "measure" else (
        f" {who(None, None, language)}"
    )  # fmt: skip
    because = ", ".join(label("cause", cause, language) for cause in change.because)
    return Text(f"{name} {change.label}{party}: {shown(change.before)} → {shown(change.after)}  ({because})".strip())
