"""A written call, judged, in words: what was found in each turn, what comes near, and what the rules say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from analyzer.call.types import PARTIES
from analyzer.outputs.labels import Language, clock, label, say, who
from analyzer.outputs.standard_text import rule_of
from analyzer.outputs.summary import finding_lines
from analyzer.outputs.terminal import printable
from analyzer.rules.asked import rules_by_family
from analyzer.rules.checks.hits import Hit
from analyzer.rules.notation import ExampleCall
from analyzer.rules.standard import Standard
from analyzer.rules.types import Finding, Verdict
from analyzer.rules.written import Near, WrittenTurn, judge_written, nearest, turns_with_hits

_WORDS = {
    "read": ("读作", "read as"),
    "found": ("找到", "found"),
    "doubted": ("存疑", "in doubt"),
    "pattern": ("句式", "a frame"),
    "near": ("相近", "near"),
    "needs": ("读音相似度 {0:.2f}，达到 {1:.2f} 才可能算", "sounds alike by {0:.2f}, counts perhaps from {1:.2f} on"),
    "enough": (
        "读音相似度 {0:.2f}，够像：但听清的字、前后的话或位置说明不是这个意思",
        "sounds alike by {0:.2f}, enough, but its characters, the words around it or its place speak against it",
    ),
    "nothing": ("没有找到任何说法", "no phrase was found"),
    "none": ("没有规则因这句话判为不符合或待确认", "no rule fails or is in doubt for these words"),
}


def _word(name: str, language: Language, *values: object) -> str:
    return _WORDS[name][language == "en"].format(*values)


def sentence_text(
    standard: Standard, call: ExampleCall, rules: Sequence[str] = (), language: Language = "zh"
) -> Iterator[str]:
    """One sentence: what was found, what comes near, and the rules that its words decide. Lines of text.

    Args:
        standard: by which it is judged.
        call: of the one turn.
        rules: that are shown whatever they say.
        language: of the text.

    Raises:
        UsageError: when there is no such rule.
    """
    _refuse_unknown(standard, rules)
    (turn,) = turns_with_hits(standard, call.conversation)
    yield from _turn(turn, standard, rules_by_family(standard, turn.turn.role), language)
    if not turn.hits:
        yield f"    {_word('nothing', language)}"
    yield from (_near(near, standard, language) for near in nearest(standard, turn))
    findings = (replace(f, deduction=0.0) for f in judge_written(standard, call))  # what it costs, a whole call tells
    shown = [f for f in findings if f.rule in rules or _decided_by_words(f)]
    yield ""
    yield from _findings(shown, language)
    if not shown:
        yield _word("none", language)


def call_text(
    standard: Standard, call: ExampleCall, rules: Sequence[str] = (), language: Language = "zh"
) -> Iterator[str]:
    """A written call: every turn with what was found in it, then what fails or is unsure. Lines of text.

    Args:
        standard: by which it is judged.
        call: as it was written.
        rules: only these are shown, whatever they say.
        language: of the text.

    Raises:
        UsageError: when there is no such rule.
    """
    _refuse_unknown(standard, rules)
    asking = {role: rules_by_family(standard, role) for role in PARTIES}
    for turn in turns_with_hits(standard, call.conversation):
        yield from _turn(turn, standard, asking.get(turn.turn.role, {}), language)
    findings = judge_written(standard, call)
    to_hear = Verdict.FAIL, Verdict.UNSURE
    shown = [f for f in findings if (f.rule in rules if rules else f.verdict in to_hear)]
    yield ""
    yield from _findings(shown, language)
    counts = Counter(f.verdict for f in findings)
    yield " · ".join(f"{label('verdict', verdict, language)} {counts[verdict]}" for verdict in Verdict)


def _refuse_unknown(standard: Standard, rules: Sequence[str]) -> None:
    for rule in rules:
        rule_of(standard, rule)


def _decided_by_words(finding: Finding) -> bool:
    """Whether a verdict rests on what was said, not on what is missing: one sentence lacks nearly all of a call."""
    return finding.verdict is not Verdict.NOT_APPLICABLE and any(e.quote and not e.context for e in finding.evidence)


def _turn(
    one: WrittenTurn, standard: Standard, asking: Mapping[str, Sequence[str]], language: Language
) -> Iterator[str]:
    """A turn, how it is read where that differs, and what was found in it."""
    turn = one.turn
    yield f"{clock(turn.span.start_ms)} {who(turn.role, turn.speaker, language)}  {printable(turn.text)}"
    if one.read != "".join(sign for sign in turn.text if sign.isalnum()):
        yield f"    {_word('read', language)}  {printable(one.read)}"
    yield from (f"    {_found(hit, standard, asking.get(hit.family, ()), language)}" for hit in one.hits)


def _near(one: Near, standard: Standard, language: Language) -> str:
    alike = _word("needs" if one.score < one.needed else "enough", language, one.score, one.needed)
    family = _family(one.family, standard, language)
    return f"    {_word('near', language)}  {family}: {one.phrase} ↔ {printable(one.quote)}  {alike}"


def _findings(findings: Sequence[Finding], language: Language) -> Iterator[str]:
    """What rules say, the failed first."""
    order = Verdict.FAIL, Verdict.UNSURE, Verdict.PASS, Verdict.NOT_APPLICABLE
    for finding in sorted(findings, key=lambda f: order.index(f.verdict)):
        yield from (line.plain for line in finding_lines(finding, language))


def _found(hit: Hit, standard: Standard, rules: Sequence[str], language: Language) -> str:
    """One hit: how sure, the family, the words and the phrase, and who listens for it."""
    phrase = f"{hit.phrase} {hit.score:.2f}" if hit.parts else _word("pattern", language)
    why = "；".join(w.zh for w in hit.why) if language == "zh" else "; ".join(w.en for w in hit.why)
    found = _word("found" if hit.sure else "doubted", language)
    line = f"{found}  {_family(hit.family, standard, language)}: “{printable(hit.quote)}” = {phrase}"
    if rules:
        line += f"  ← {' '.join(rules)}"
    return f"{line}  ({why})" if why else line


def _family(family_id: str, standard: Standard, language: Language) -> str:
    """A family's id, by which packs name it, and its name."""
    family = standard.families[family_id]
    return f"{family_id} ({say(family.name, family.name_en, language)})"
