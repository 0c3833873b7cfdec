"""The readable summary of a scorecard on a terminal: the score, what failed or is unsure, and where to listen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analyzer.outputs.evidence_words import sought, stated
from analyzer.outputs.labels import Language, clock, figure, label, say, who
from analyzer.outputs.notices import Weight, ended_after, hangup_doubt, notices, section_why
from analyzer.outputs.terminal import printable
from analyzer.outputs.wrap import fit
from analyzer.rules.checks.words import SUCH_WORDS
from analyzer.rules.types import Evidence, Finding, Score, Scorecard, Severity, Verdict

# Shown when they were made, in this order.
KEY_MEASURES = (
    "talk_share", "articulation_rate", "rate_peak", "active_level", "level_difference", "pitch_span", "interruptions",
    "dead_air_longest", "hold_longest", "response_delay", "opening_delay", "closing_delay",
)  # fmt: skip
_EVIDENCE_SHOWN = 3
_PHRASE_COLUMNS = 24  # of a phrase that is shown beside what was heard
_INDENT = 4
_SIGNS = {  # of a verdict, its style and that of the severity behind it
    Verdict.FAIL: ("✗", "bold red", "red"),
    Verdict.UNSURE: ("?", "bold yellow", "yellow"),
    Verdict.PASS: ("✓", "bold green", "dim"),
    Verdict.NOT_APPLICABLE: ("–", "dim", "dim"),
}
_GRAVEST_FIRST = {severity: -rank for rank, severity in enumerate(Severity)}


def print_summary(scorecard: Scorecard, console: Console, language: Language = "zh") -> None:
    """Prints one call's summary.

    Args:
        scorecard: the call.
        console: where to print; its width and colours are respected.
        language: "zh" or "en".
    """
    known = notices(scorecard, language)

    def tell(text: Text) -> None:
        console.print(fit(text, console.width))

    tell(_heading(scorecard, language))
    for notice in (n for n in known if n.weight is Weight.ALARM):
        tell(Text(f"⚠{printable(notice.text)}", style="bold red"))
    console.print(_sections(scorecard.score, language))
    shown = [f for f in scorecard.findings if f.verdict in (Verdict.FAIL, Verdict.UNSURE) and f.scored]
    if not shown:
        console.print(Text(label("word", "nothing", language), style="green"))
    order = {section.id: place for place, section in enumerate(scorecard.score.sections)}
    names = {section.id: section.name if language == "zh" else section.name_en for section in scorecard.score.sections}
    shown.sort(key=lambda f: order.get(f.section, len(order)))
    for section, inside in groupby(shown, key=lambda f: f.section):
        console.print()
        console.print(Text(names.get(section, section), style="bold underline"))
        for finding in sorted(inside, key=lambda f: (f.verdict is not Verdict.FAIL, _GRAVEST_FIRST[f.severity])):
            for line in finding_lines(finding, language):
                tell(line)
    console.print()
    console.print(_measures(scorecard, language))
    tell(_hangup(scorecard, language))
    for notice in (n for n in known if n.weight is not Weight.ALARM):
        tell(Text(printable(notice.text), style="yellow"))


def _heading(scorecard: Scorecard, language: Language) -> Text:
    call, score = scorecard.call, scorecard.score
    line = Text()
    line.append(printable(call.name), style="bold")
    line.append(f"  {clock(call.facts.duration_ms)}  {label('layout', call.layout, language)}")
    if call.metadata.agent_id:
        line.append(f"  {label('role', 'agent', language)} {printable(call.metadata.agent_id)}")
    line.append("\n")
    if score.total is None:
        why = printable(label("why", score.reason or "", language))
        line.append(f"{label('word', 'no_score', language)}: {why}", style="yellow")
    else:
        line.append(f"{label('word', 'score', language)} ")
        line.append(f"{score.total:.1f}", style=f"bold {_mark_style(score.total)}")
        line.append(" / 100")
    counts = ((Verdict.FAIL, score.failed), (Verdict.UNSURE, score.unsure), (Verdict.PASS, score.passed))
    for verdict, count in (*counts, (Verdict.NOT_APPLICABLE, score.not_applicable)):
        line.append(f"   {label('verdict', verdict, language)} {count}")
    if score.fatal:
        line.append(f"\n{label('word', 'fatal', language)}: {', '.join(score.fatal)}", style="bold red")
    return line


def _sections(score: Score, language: Language) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for section in score.sections:
        name = Text(printable(say(section.name, section.name_en, language)))
        if section.score is None:
            title, why = label("word", "not_scored", language), section_why(section, score, language)
            table.add_row(name, Text("–"), Text(say(f"{title}：{why}", f"{title}: {why}", language), style="dim"))
            continue
        filled = round(section.score / 10)
        bar = Text("█" * filled, style=_mark_style(section.score)) + Text("░" * (10 - filled), style="dim")
        table.add_row(name, Text(f"{section.score:5.1f}"), bar)
    return table


def finding_lines(finding: Finding, language: Language) -> Iterator[Text]:
    """The finding's head, and what is said of it, indented below."""
    sign, style, severity_style = _SIGNS[finding.verdict]
    name = say(finding.name, finding.name_en, language)
    reason = say(finding.reason, finding.reason_en, language)
    advice = say(finding.advice, finding.advice_en, language)
    line = Text()
    line.append(f"{sign} ", style=style)
    line.append(f"{finding.rule} {name}", style="bold")
    line.append(f"  {label('severity', finding.severity, language)}", style=severity_style)
    if finding.deduction:
        line.append(f"  −{finding.deduction:g}")
    elif finding.counted_in:
        line.append(f"  {label('word', 'counted_in', language)} {finding.counted_in}")
    line.append(f"  {label('word', 'clause', language)} {', '.join(finding.clauses)}", style="dim")
    below = [Text(printable(reason))] if reason else []
    below += [evidence_line(evidence, finding.verdict, language) for evidence in finding.evidence[:_EVIDENCE_SHOWN]]
    if len(finding.evidence) > _EVIDENCE_SHOWN:
        more = len(finding.evidence) - _EVIDENCE_SHOWN
        below.append(Text(f"… 另有 {more} 处" if language == "zh" else f"… and {more} more", style="dim"))
    if advice:
        below.append(Text(f"{label('word', 'advice', language)}: {printable(advice)}", style="cyan"))
    yield line
    yield from (Text(" " * _INDENT) + text for text in below)


def evidence_line(evidence: Evidence, verdict: Verdict, language: Language) -> Text:
    """Where to listen, who speaks, and what was heard or measured there."""
    line = Text(f"{clock(evidence.span.start_ms)}–{clock(evidence.span.end_ms)}", style="bold")
    if evidence.role is not None:
        line.append(f" {who(evidence.role, None, language)}")
    phrase, quote = sought(evidence, verdict), printable(evidence.quote)
    what = printable(stated(evidence.what, evidence.what_en, language))
    if phrase and cell_len(phrase) <= _PHRASE_COLUMNS:
        zh = f" 找的是“{printable(phrase)}”，听到的是“{quote}”"
        line.append(say(zh, f" looked for “{printable(phrase)}”, heard “{quote}”", language))
    elif quote:
        line.append(f" “{quote}”")
    elif what:
        line.append(f" {what}")
    if quote and what and evidence.what != SUCH_WORDS.zh:  # an event, an exception: not what speaks against somebody
        line.append(say(f"（{what}）", f" ({what})", language), style="dim")
    if evidence.value is not None:
        line.append(f" ({figure(evidence.value, evidence.unit, language)})")
    return line


def _measures(scorecard: Scorecard, language: Language) -> Table:
    table = Table(box=None, title=label("word", "measures", language), title_justify="left", show_header=False)
    table.title_style = "bold underline"
    for name in KEY_MEASURES:
        for measure in (m for m in scorecard.measures if m.name == name):
            if measure.value is None:
                shown = Text(f"– {printable(label('why', measure.reason or '', language))}", style="dim")
            else:
                shown = Text(
                    figure(measure.value, measure.unit, language)
                    + (f" ({label('why', measure.doubt, language)})" if measure.doubt else "")
                )
            table.add_row(label("measure", name, language), who(measure.role, measure.speaker, language), shown)
    return table


def _hangup(scorecard: Scorecard, language: Language) -> Text:
    hangup = scorecard.hangup
    line = Text(f"{label('word', 'hangup', language)}: ", style="bold")
    line.append(label("party", hangup.party, language))
    if hangup.method != "none":
        line.append(f" ({label('method', hangup.method, language)}, {hangup.confidence:.0%})")
    if after := ended_after(hangup, scorecard.live.end_ms, language):
        line.append(f"  {after}")
    for evidence in hangup.evidence:
        line.append(f"\n    {clock(evidence.span.start_ms)} {label('evidence', evidence.name, language)}: ")
        line.append(printable(stated(evidence.detail, evidence.detail_en, language)))
    if hangup.reason:
        line.append(f"\n    {printable(label('why', hangup.reason, language))}", style="dim")
    if doubt := hangup_doubt(hangup, language):
        line.append(f"\n    {doubt}", style="yellow")
    return line


def _mark_style(score: float) -> str:
    return "green" if score >= 85 else "yellow" if score >= 60 else "red"
