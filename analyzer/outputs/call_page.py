"""The call's page: one HTML file to listen, read and discuss a call with."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from analyzer.call.types import Layout, Role, Sound
from analyzer.measure.catalogue import CATALOGUE
from analyzer.measure.types import Measure, Series, Turn
from analyzer.outputs.evidence_words import sought, stated
from analyzer.outputs.labels import Language, clock, figure, label, profile_name, say, unit_name, when, who
from analyzer.outputs.notices import ALARMING, Weight, ended_after, hangup_doubt, notices, section_why
from analyzer.outputs.page_mark import fingerprint, page_head
from analyzer.outputs.page_shell import page
from analyzer.outputs.page_words import page_labels
from analyzer.outputs.sound import EmbeddedSound, LinkedSound, outline
from analyzer.outputs.summary import KEY_MEASURES
from analyzer.rules.types import Evidence, Finding, Scorecard, Verdict

DOUBTFUL_BELOW = 0.5
"""Words the recogniser gave less than this are marked."""

_MOST_POINTS = 4000
_AGENTS_VOICE = frozenset(
    ["greeting", "lengthening", "listless", "mouthpiece", "nonspeech", "smile"]
)  # measures' pages


def render_call_page(
    scorecard: Scorecard,
    *,
    samples: Sequence[Sound] | None = None,
    sound: EmbeddedSound | LinkedSound | None = None,
    language: Language = "zh",
    clauses: Mapping[str, str] | None = None,
    review: Mapping[str, Any] | None = None,
) -> bytes:
    """The page as UTF-8 bytes; the same inputs give the same bytes.

    Args:
        scorecard: the call, redacted already if it is to be.
        samples: of each channel at the recording's own rate, for the waveforms; None draws turns only.
        sound: what the page plays; None makes a page that only shows.
        language: "zh" or "en".
        clauses: what each clause says, by its number, for the findings.
        review: what the review server adds: the call's place, the page's secret and what people said.
    """
    data = page_data(scorecard, samples, language, clauses or {})
    policy = {"img-src": "data:"}
    blocks = {}
    if isinstance(sound, EmbeddedSound):
        data["audio"] = {"kind": "embedded", "type": sound.media_type}
        blocks["sound"] = base64.b64encode(sound.data)
        policy["media-src"] = "blob:"
    elif isinstance(sound, LinkedSound):
        data["audio"] = {"kind": "linked", "url": sound.url}
        policy["media-src"] = "'self' file:"
    if review is not None:
        data["review"] = review
        policy["connect-src"] = "'self'"
    title = f"{scorecard.call.name} · {'–' if scorecard.score.total is None else f'{scorecard.score.total:.1f}'}"
    extra = ("review",) if review is not None else ()
    return page(
        title, language, data, body="call.html", policy=policy, blocks=blocks,
        styles=("base.css", "call.css", *(f"{name}.css" for name in extra)),
        scripts=("base.js", "call.js", *(f"{name}.js" for name in extra)), head=page_head(fingerprint(scorecard)),
    )  # fmt: skip


def standard_of(scorecard: Scorecard) -> str:
    """Name and version of the pack that judged the call."""
    return f"{scorecard.provenance.standard_id} {scorecard.provenance.standard_version}"


def page_data(
    scorecard: Scorecard, samples: Sequence[Sound] | None, language: Language, clauses: Mapping[str, str]
) -> dict[str, Any]:
    """What the page's script reads: plain values only."""
    words = page_labels(language)
    return {
        "labels": words,
        "doubtful_below": DOUBTFUL_BELOW,
        "call": {
            "name": scorecard.call.name,
            "duration_ms": max(1, scorecard.call.facts.duration_ms),
            "facts": _facts(scorecard, words, language),
        },
        "notices": _no_score(scorecard, language)
        + [(n.weight is not Weight.NOTE, n.text) for n in notices(scorecard, language)],
        "score": _score(scorecard, language),
        "speakers": [{"index": s.index, "name": who(s.role, s.index, language)} for s in scorecard.speakers],
        "peaks": _peaks(scorecard, samples),
        "turns": _turns(scorecard, language),
        "overlaps": [
            {"a": o.span.start_ms, "b": o.span.end_ms, "kind": o.kind, "outcome": o.outcome, "by": o.by, "over": o.over,
             "text": o.text}
            for o in scorecard.overlaps
        ],
        "pauses": [
            {"a": p.span.start_ms, "b": p.span.end_ms, "kind": p.kind, "music": p.music} for p in scorecard.pauses
        ],
        "announcements": [
            {"a": a.span.start_ms, "b": a.span.end_ms, "kind": "announcement", "text": a.text}
            for a in scorecard.announcements
        ],
        "hangup": {
            "party": scorecard.hangup.party, "method": scorecard.hangup.method,
            "reason": scorecard.hangup.reason and label("why", scorecard.hangup.reason, language),
            "confidence": scorecard.hangup.confidence,
            "after": ended_after(scorecard.hangup, scorecard.live.end_ms, language),
            "doubt": hangup_doubt(scorecard.hangup, language),
            "evidence": [
                {"a": e.span.start_ms, "b": e.span.end_ms, "name": e.name, "points_to": e.points_to,
                 "detail": stated(e.detail, e.detail_en, language)}
                for e in scorecard.hangup.evidence
            ],
        },
        "judged_by": standard_of(scorecard),
        "findings": [_finding(i, f, language, clauses) for i, f in enumerate(scorecard.findings)],
        "observations": [
            {"label": say(o.label, o.label_en, language), "evidence": [_evidence(e, language) for e in o.evidence]}
            for o in scorecard.observations
        ],
        "measures": [_measure(m, language) for m in scorecard.measures if not _is_asked_of_agents_only(m)],
        "series": [_series(s, language) for s in scorecard.series],
        "provenance": _provenance(scorecard, words, language),
        "audio": {"kind": "none"},
    }  # fmt: skip


def _no_score(scorecard: Scorecard, language: Language) -> list[tuple[bool, str]]:
    """Why the call has no score, unless an alarm says it."""
    score = scorecard.score
    if score.total is not None or score.reason is None or score.reason in ALARMING:
        return []
    title, why = label("word", "no_score", language), label("why", score.reason, language)
    return [(True, say(f"{title}：{why}", f"{title}: {why}", language))]


def _facts(scorecard: Scorecard, words: Mapping[str, str], language: Language) -> list[tuple[str, str]]:
    facts, meta = scorecard.call.facts, scorecard.call.metadata
    direction = words.get(f"page.{meta.direction}", meta.direction) if meta.direction else None
    found = [
        ("call_id", meta.call_id),
        ("agent", meta.agent_id),
        ("team", meta.team),
        ("start", meta.start_time and when(meta.start_time)),
        ("length", clock(facts.duration_ms)),
        ("direction", direction),
        ("callback", words["page.yes"] if meta.is_callback else None),
        ("recording", f"{label('layout', scorecard.call.layout, language)} {facts.rate_hz / 1000:g} kHz {facts.codec}"),
    ]
    return [(words[f"page.{name}"], value) for name, value in found if value]


def _score(scorecard: Scorecard, language: Language) -> dict[str, Any]:
    score = scorecard.score
    lost = {
        s.id: sum(f.deduction for f in scorecard.findings if f.scored and f.section == s.id) for s in score.sections
    }
    return {
        "total": score.total,
        "reason": score.reason and label("why", score.reason, language),
        "fatal": score.fatal,
        "counts": {"fail": score.failed, "unsure": score.unsure, "pass": score.passed,
                   "not_applicable": score.not_applicable},
        "sections": [
            {"id": s.id, "name": s.name if language == "zh" else s.name_en or s.name, "weight": s.weight,
             "score": s.score, "why": section_why(s, score, language), "deducted": round(s.deducted, 2),
             "capped": lost[s.id] > s.deducted + 0.05}
            for s in score.sections
        ],
    }  # fmt: skip


def _peaks(scorecard: Scorecard, samples: Sequence[Sound] | None) -> list[dict[str, Any]]:
    """One outline a leg, with the speakers heard on it; a recording with one sound has one."""
    if samples is None or len(samples[0]) == 0:
        return []
    if scorecard.call.layout is not Layout.STEREO:
        return [{**outline(samples[:1], scorecard.call.facts.rate_hz)[0],
                 "speakers": [s.index for s in scorecard.speakers]}]  # fmt: skip
    drawn = outline(samples[:2], scorecard.call.facts.rate_hz)
    return [
        {**leg, "speakers": [s.index for s in scorecard.speakers if s.channel == channel]}
        for channel, leg in enumerate(drawn)
    ]


def _turns(scorecard: Scorecard, language: Language) -> list[dict[str, Any]]:
    marked = [(i, f) for i, f in enumerate(scorecard.findings) if f.verdict in (Verdict.FAIL, Verdict.UNSURE)]
    out = []
    for turn in scorecard.turns:
        doubts = [d for d in scorecard.doubts if d.speaker == turn.speaker and d.span & turn.span]
        marks = [
            i for i, f in marked
            if any(_is_about(e, turn) for e in f.evidence)
        ]  # fmt: skip
        out.append({
            "s": turn.speaker, "a": turn.span.start_ms, "b": turn.span.end_ms, "text": turn.text,
            "runs": runs(turn), "marks": [(i,) for i in marks],
            "doubts": [(d.code, say(d.why, d.why_en, language)) for d in doubts],
        })  # fmt: skip
    return out


def _is_about(evidence: Evidence, turn: Turn) -> bool:
    """Whether evidence, other than of what is only the context, lies in this turn."""
    if evidence.context or evidence.role not in (turn.role, None):
        return False
    both = evidence.span & turn.span
    if evidence.span.duration_ms > max(15_000, 3 * turn.span.duration_ms):
        return False  # a stretch of the call in which something is missing, not this turn
    return both is not None and 2 * both.duration_ms >= min(evidence.span.duration_ms, turn.span.duration_ms)


def runs(turn: Turn) -> list[tuple[str, int, int, float]]:
    """A turn's text cut into words with times, and what lies between them with the time -1.

    Words that don't stand in the text in order are passed over; the text itself is always whole.
    """
    out: list[tuple[str, int, int, float]] = []
    at = 0
    for word in turn.words:
        text = word.text.strip()
        found = turn.text.find(text, at) if text else -1
        if found < 0 or found > at + 12:
            continue
        if found > at:
            out.append((turn.text[at:found], -1, -1, 1.0))
        out.append((text, word.span.start_ms, word.span.end_ms, word.probability))
        at = found + len(text)
    if at < len(turn.text):
        out.append((turn.text[at:], -1, -1, 1.0))
    return out


def _finding(place: int, finding: Finding, language: Language, clauses: Mapping[str, str]) -> dict[str, Any]:
    return {
        "i": place, "rule": finding.rule, "name": say(finding.name, finding.name_en, language),
        "section": finding.section,
        "clauses": [{"id": c, "text": clauses.get(c, "")} for c in finding.clauses], "severity": finding.severity,
        "verdict": finding.verdict, "confidence": finding.confidence,
        "reason": say(finding.reason, finding.reason_en, language),
        "evidence": [_evidence(e, language, finding.verdict) for e in finding.evidence], "fatal": finding.fatal,
        "advice": say(finding.advice, finding.advice_en, language), "deduction": round(finding.deduction, 2),
        "counted_in": finding.counted_in, "scored": finding.scored, "proxy_for": finding.proxy_for,
    }  # fmt: skip


def _evidence(evidence: Evidence, language: Language, verdict: Verdict = Verdict.PASS) -> dict[str, Any]:
    return {
        "a": evidence.span.start_ms, "b": evidence.span.end_ms, "context": evidence.context,
        "what": stated(evidence.what, evidence.what_en, language),
        "quote": evidence.quote, "sought": sought(evidence, verdict),
        "role": "" if evidence.role is None else who(evidence.role, None, language), "score": evidence.score,
        "value": "" if evidence.value is None else figure(evidence.value, evidence.unit, language),
    }  # fmt: skip


def _is_asked_of_agents_only(measure: Measure) -> bool:
    """A customer's figure that means something only where the standard asks for it: of the agent's voice."""
    known = CATALOGUE.get(measure.name)
    return measure.role is Role.CUSTOMER and known is not None and known.page in _AGENTS_VOICE


def _measure(measure: Measure, language: Language) -> dict[str, Any]:
    return {
        "key": KEY_MEASURES.index(measure.name) if measure.name in KEY_MEASURES else None,
        "label": label("measure", measure.name, language), "who": who(measure.role, measure.speaker, language),
        "value": None if measure.value is None else figure(measure.value, measure.unit, language),
        "reason": measure.reason and label("why", measure.reason, language),
        "doubt": measure.doubt and label("why", measure.doubt, language), "proxy_for": measure.proxy_for,
        "components": "  ".join(f"{k}={v:g}" for k, v in sorted(measure.components.items())),
        "evidence": [(s.start_ms, s.end_ms) for s in measure.evidence[:3]],
    }  # fmt: skip


def _series(series: Series, language: Language) -> dict[str, Any]:
    """A curve; long ones as means of neighbours, so that a page stays small."""
    times, values = list(series.times_ms), list(series.values)
    step = -(-len(times) // _MOST_POINTS)
    if step > 1:
        cut = [[v for v in values[i : i + step] if v is not None] for i in range(0, len(times), step)]
        times = [times[min(i + step // 2, len(times) - 1)] for i in range(0, len(times), step)]
        values = [round(sum(part) / len(part), 2) if part else None for part in cut]
    return {"name": series.name, "label": label("series", series.name, language), "speaker": series.speaker,
            "unit": unit_name(series.unit, language), "t": times, "v": values}  # fmt: skip


def _provenance(scorecard: Scorecard, words: Mapping[str, str], language: Language) -> list[tuple[str, str]]:
    made = scorecard.provenance
    model = "–"
    if made.recognizer is not None:
        model = f"{made.recognizer.name} ({made.recognizer.model_sha256[:12]}) {made.recognizer.engine}"
    roles = "; ".join(
        f"{who(s.role, s.index, language)}: {s.role_confidence:.0%} "
        f"{s.role_reason and label('why', s.role_reason, language)} "
        f"{s.role_doubt and label('why', s.role_doubt, language)} {'、'.join(s.role_cues)}".strip()
        for s in scorecard.speakers
    )
    found = [
        ("standard", f"{standard_of(scorecard)} ({made.standard_sha256[:12]})"),
        ("profile", profile_name(made.profile, language)),
        ("recognizer", model),
        ("activity", made.activity_model),
        ("separation", made.separation_model),
        ("version", made.analyzer_version),
        ("settings", made.settings_fingerprint),
        ("roles", roles),
        ("sha256", scorecard.call.facts.sha256),
    ]
    return [(words[f"page.{name}"], value) for name, value in found if value]
