"""Made-up scorecards for tests and demonstrations: rich, plausible, and the same for the same seed.

No recording stands behind them. They hold every verdict, every kind of overlap and pause, evidence, curves and
doubtful words, so that whatever reads scorecards can be tried without the recogniser.
"""

from __future__ import annotations

import math
from random import Random

import numpy as np

from analyzer.call.types import CallMetadata, Defect, Layout, Role, Samples, WavFacts
from analyzer.measure.catalogue import measure
from analyzer.measure.types import (
    Hangup,
    HangupEvidence,
    Measure,
    Overlap,
    OverlapKind,
    OverlapOutcome,
    Pause,
    PauseKind,
    Series,
    Turn,
)
from analyzer.rules.types import (
    SCHEMA_VERSION,
    CallFacts,
    Evidence,
    Finding,
    Observation,
    Provenance,
    Score,
    Scorecard,
    SectionScore,
    Severity,
    Verdict,
)
from analyzer.spans import Span
from analyzer.speech.types import Doubt, Recognizer, Speaker, Word

SECTIONS = (
    ("courtesy", "礼貌用语", "Courtesy", 30.0),
    ("voice", "声音表现", "Voice", 20.0),
    ("conduct", "服务行为", "Conduct", 30.0),
    ("handling", "问题处理", "Handling", 20.0),
)

# id, Chinese name, English name, section, clauses, severity, weight, fatal, advice, advice in English
RULES: tuple[tuple[str, str, str, str, tuple[str, ...], Severity, float, bool, str, str], ...] = (
    ("S1", "开头问候语", "Opening greeting", "courtesy", ("D1-S1",), Severity.MINOR, 5, False,
     "接通后先说“您好”,报出客服中心名称,再表示很高兴为客户服务。", "Greet, name the centre, offer help."),
    ("C8", "结束语", "Closing phrase", "courtesy", ("D0-C8",), Severity.MINOR, 5, False,
     "感谢来电,欢迎再次拨打,再说再见。", "Thank the caller, invite another call, then say goodbye."),
    ("P7", "禁语:我怎么知道", "Prohibited: how would I know", "courtesy", ("D1-P7",), Severity.CRITICAL, 20, True,
     "改说“我马上帮您核实”,不要把问题推回给客户。", "Offer to check at once instead."),
    ("P15", "禁语:都说是正常的", "Prohibited: I told you it is normal", "courtesy", ("D1-P15",), Severity.MAJOR, 10,
     False, "先认可客户的感受,再解释原因。", "Acknowledge the feeling first, then explain."),
    ("V2", "音量适中", "Moderate volume", "voice", ("D1-V2", "D1-V11"), Severity.MINOR, 5, False,
     "请把音量保持在客户听得清的范围。", "Keep the level where the customer hears well."),
    ("V5", "语速适中", "Moderate rate", "voice", ("D1-V5",), Severity.MINOR, 5, False,
     "讲费用和步骤时放慢语速。", "Slow down for fees and steps."),
    ("V8", "语调有变化", "Lively intonation", "voice", ("D1-V8",), Severity.INFO, 3, False,
     "避免一个调子说到底。", "Avoid one flat tone."),
    ("T1", "不打断客户", "No interrupting", "conduct", ("D1-T1", "D2-E9"), Severity.MAJOR, 10, False,
     "等客户说完再回应,可用“嗯”“好的”表示在听。", "Let the customer finish; use short tokens to show you listen."),
    ("T2", "不先于客户挂机", "No hanging up first", "conduct", ("D1-T2", "D0-C8"), Severity.MAJOR, 10, False,
     "道别后等客户先挂机。", "Wait for the customer to hang up."),
    ("T7", "不责问、反问客户", "No blaming or retorting", "conduct", ("D1-T7",), Severity.CRITICAL, 15, False,
     "不要反问,改用陈述和建议。", "State and propose instead of asking back."),
    ("C4", "查询时不让客户干等", "No dead air while looking up", "handling", ("D0-C4",), Severity.MINOR, 5, False,
     "每隔十五秒左右告知进展。", "Report progress about every fifteen seconds."),
    ("E1", "及时道歉安抚", "Prompt apology", "handling", ("D2-E1",), Severity.MAJOR, 8, False,
     "客户投诉后的第一句话先道歉。", "Apologise in the first sentence after a complaint."),
    ("W6", "表达同理心", "Empathy", "handling", ("D3-W6",), Severity.MINOR, 6, False,
     "可以说“我理解您的心情”。", "Say that you understand how the customer feels."),
)  # fmt: skip

DIALOGUE: tuple[tuple[Role, str], ...] = (
    (Role.AGENT, "您好,齐派送客服中心,很高兴为您服务,请问有什么可以帮您的?"),
    (Role.CUSTOMER, "你们上个月怎么多扣了我三十块钱,我打了好几次电话了。"),
    (Role.AGENT, "很抱歉给您带来不便,请问您贵姓?"),
    (Role.CUSTOMER, "我姓王,电话是幺三八零零幺三八零零零。"),
    (Role.AGENT, "王先生,我帮您查询一下,请您稍等片刻,谢谢!"),
    (Role.CUSTOMER, "快点吧,我还有事。"),
    (Role.AGENT, "让您久等了,系统显示上个月您多订了一个流量包,都说是正常的,您还要怎样?"),
    (Role.CUSTOMER, "我根本没有订过,你们这是乱扣钱,我要投诉。"),
    (Role.AGENT, "我怎么知道是谁订的,您自己看一下短信。"),
    (Role.CUSTOMER, "短信我早就删了,那现在怎么办?"),
    (Role.AGENT, "我理解您的心情,我帮您登记退订,三个工作日之内把费用退回,好吗?"),
    (Role.CUSTOMER, "好的,那就这样吧。"),
    (Role.AGENT, "请问还有其他可以帮您的吗?"),
    (Role.CUSTOMER, "没有了,再见。"),
    (Role.AGENT, "谢谢您的来电,以后有什么问题可以再给我们打电话,再见。"),
)

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\"'`</div>{{7*7}}${7*7}"
"""A text that must never do anything but be read."""


def make_scorecard(
    seed: int = 0,
    duration_ms: int = 120_000,
    *,
    agent_id: str = "A001",
    team: str = "一组",
    start_time: str = "2026-03-02T09:30:00+08:00",
    hostile: bool = False,
) -> Scorecard:
    """A scorecard that could have come from a call.

    Args:
        seed: decides everything that varies.
        duration_ms: about how long the call is; the dialogue repeats until it is full.
        agent_id: of the metadata.
        team: of the metadata.
        start_time: of the metadata, ISO 8601.
        hostile: fills names, quotes and metadata with HTML, scripts and path tricks.
    """
    dice = Random(seed)
    speakers = (
        Speaker(0, 0, Role.AGENT, "speech", 0.93, "说了开头问候语和客服中心名称"),
        Speaker(1, 1, Role.CUSTOMER, "speech", 0.93, "另一条腿是坐席"),
    )
    turns, overlaps, pauses, length = _talk(dice, duration_ms, hostile)
    findings = _findings(dice, turns, overlaps, pauses, hostile)
    hangup = _hangup(dice, turns, length)
    name = "../../etc/passwd<b>.wav" if hostile else f"call-{seed:05d}.wav"
    facts = WavFacts(
        sha256=f"{seed:064x}", size_bytes=44 + length * 32, container="RIFF", codec="pcm_s16le", rate_hz=8000,
        channels=2, frames_claimed=length * 8, frames_present=length * 8, duration_ms=length,
        defects=(Defect("data_truncated", "the header claims 12 frames more", None),) if seed % 7 == 3 else (),
    )  # fmt: skip
    metadata = CallMetadata(
        call_id=HOSTILE if hostile else f"C{seed:07d}", agent_id=HOSTILE if hostile else agent_id,
        team=HOSTILE if hostile else team, direction="inbound", start_time=start_time, is_callback=False,
        released_by=hangup.party if hangup.method == "metadata" else None, source="manifest",
        extra={"note": HOSTILE} if hostile else {},
    )  # fmt: skip
    return Scorecard(
        schema_version=SCHEMA_VERSION,
        call=CallFacts(name, facts, Layout.STEREO, (), metadata),
        provenance=Provenance(
            "0.1.0", "5e77196500000000", "general", "1.0", "ab" * 32, "default",
            Recognizer("base", "905e5bf8" * 8, "made up", "0" * 16), "silero 6.0", None,
            True,
        ),
        speakers=speakers,
        score=_score(findings),
        findings=findings,
        observations=(
            Observation("complaint_level", "demanding", "要求型客户", 0.7,
                        (Evidence(turns[1].span, Role.CUSTOMER, "提出赔偿", "asks for compensation", turns[1].text),),
                        "requesting"),
        ),
        measures=_measures(dice, turns, pauses, hangup, speakers),
        turns=turns,
        overlaps=overlaps,
        pauses=pauses,
        hangup=hangup,
        doubts=(Doubt("low_probability", turns[3].speaker, turns[3].span, "识别把握低", "unsure words"),),
        series=_series(dice, turns, length),
    )  # fmt: skip


def make_audio(scorecard: Scorecard, rate_hz: int = 8000, seed: int = 0) -> Samples:
    """Two legs of hum and hiss that are loud where the scorecard's turns are.

    Returns:
        float32 of shape (2, frames).
    """
    frames = scorecard.call.facts.duration_ms * rate_hz // 1000
    noise = np.random.default_rng(seed)
    out = (noise.standard_normal((2, frames)) * 0.0015).astype(np.float32)
    for turn in scorecard.turns:
        a, b = turn.span.start_ms * rate_hz // 1000, min(frames, turn.span.end_ms * rate_hz // 1000)
        t = np.arange(b - a) / rate_hz
        pitch = 190 if turn.speaker == 0 else 120
        syllables = 0.25 + 0.75 * np.abs(np.sin(math.pi * 4.3 * t)) ** 1.5
        phrase = 0.6 + 0.4 * np.sin(2 * math.pi * 0.31 * t + turn.index)
        voice = sum(np.sin(2 * math.pi * pitch * k * t) / k for k in range(1, 6))
        out[turn.speaker, a:b] += (0.14 * voice * syllables * phrase).astype(np.float32)
    return out


def _talk(
    dice: Random, duration_ms: int, hostile: bool
) -> tuple[tuple[Turn, ...], tuple[Overlap, ...], tuple[Pause, ...], int]:
    """Turns with words, the overlaps between them and the pauses around them."""
    turns: list[Turn] = []
    overlaps: list[Overlap] = []
    pauses = [Pause(Span(0, 1200), PauseKind.OPENING, None, None, 0, Role.AGENT)]
    at, n = 1200, 0
    while n < len(DIALOGUE) or at < duration_ms - 6000:
        role, text = DIALOGUE[n % len(DIALOGUE)]
        if hostile and n % 4 == 1:
            text = HOSTILE + text
        speaker = 0 if role is Role.AGENT else 1
        words, end = _say(dice, text, at)
        turn = Turn(n, speaker, role, Span(at, end), round((end - at) * 0.92), text, words)
        turns.append(turn)
        n += 1
        if n >= len(DIALOGUE) and end >= duration_ms - 6000:
            at = end
            break
        other = role.other
        kind = dice.random()
        if n % len(DIALOGUE) == 5:
            hold = dice.choice((9_000, 16_000, 24_000))
            pauses.append(Pause(Span(end, end + hold), PauseKind.HOLD, speaker, role, 1 - speaker, other, music=True))
            at = end + hold
        elif n % len(DIALOGUE) == 9:
            quiet = dice.choice((4_000, 7_500, 11_000))
            pauses.append(Pause(Span(end, end + quiet), PauseKind.DEAD_AIR, speaker, role, 1 - speaker, other))
            at = end + quiet
        elif kind < 0.3:
            lasts = dice.choice((320, 480, 900, 2300))
            lasts = min(lasts, (end - turn.span.start_ms) // 2)
            what, outcome = dice.choice(
                (
                    (OverlapKind.TERMINAL, OverlapOutcome.NONE),
                    (OverlapKind.INTERRUPTION, OverlapOutcome.SUCCESSFUL),
                    (OverlapKind.INTERRUPTION, OverlapOutcome.ATTEMPTED),
                    (OverlapKind.SIMULTANEOUS_START, OverlapOutcome.NONE),
                    (OverlapKind.BACKCHANNEL, OverlapOutcome.NONE),
                )
            )
            token = "嗯" if what is OverlapKind.BACKCHANNEL else DIALOGUE[n % len(DIALOGUE)][1][:8]
            overlaps.append(
                Overlap(
                    Span(end - lasts, end), what, outcome, 1 - speaker, other, speaker, role, len(token), token, 0.85
                )
            )
            at = end - lasts
        else:
            gap = dice.randint(180, 1100)
            pauses.append(Pause(Span(end, end + gap), PauseKind.RESPONSE, speaker, role, 1 - speaker, other))
            at = end + gap
    length = at + 2400
    pauses.append(Pause(Span(at, length), PauseKind.CLOSING, turns[-1].speaker, turns[-1].role, None, None))
    return tuple(turns), tuple(overlaps), tuple(pauses), length  # fmt: skip


def _say(dice: Random, text: str, at: int) -> tuple[tuple[Word, ...], int]:
    """Words of a text from a time on, a character each, and when the last one ends."""
    pace = dice.randint(190, 260)
    words = []
    for sign in text:
        if sign in ",。!?、:“” ":
            at += 150
            continue
        probability = round(dice.choice((0.98, 0.95, 0.9, 0.85, 0.42 if dice.random() < 0.15 else 0.8)), 2)
        words.append(Word(sign, Span(at, at + pace), probability))
        at += pace
    return tuple(words), at


def _findings(
    dice: Random, turns: tuple[Turn, ...], overlaps: tuple[Overlap, ...], pauses: tuple[Pause, ...], hostile: bool
) -> tuple[Finding, ...]:
    """Every rule once; the odds lean to passing, and each verdict occurs in most calls."""
    agent = [t for t in turns if t.role is Role.AGENT]
    interruptions = [o for o in overlaps if o.kind is OverlapKind.INTERRUPTION and o.by_role is Role.AGENT]
    waits = [p for p in pauses if p.kind in (PauseKind.DEAD_AIR, PauseKind.HOLD)]
    said = {
        "S1": (agent[0], "您好"), "C8": (agent[-1], "谢谢您的来电"), "P7": (agent[4], "我怎么知道"),
        "P15": (agent[3], "都说是正常的,你还要怎样"), "T7": (agent[4], "您自己看"), "E1": (agent[1], "很抱歉"),
        "W6": (agent[5], "我理解您的心情"),
    }  # fmt: skip
    out = []
    for rule, name, name_en, section, clauses, severity, weight, fatal, advice, advice_en in RULES:
        verdict = dice.choices(
            (Verdict.PASS, Verdict.FAIL, Verdict.UNSURE, Verdict.NOT_APPLICABLE), (0.58, 0.24, 0.1, 0.08)
        )[0]
        if fatal and verdict is Verdict.FAIL and dice.random() < 0.8:
            verdict = Verdict.PASS
        evidence: tuple[Evidence, ...] = ()
        if rule in said:
            turn, phrase = said[rule]
            quote = HOSTILE if hostile else turn.text
            evidence = (
                Evidence(
                    turn.span,
                    Role.AGENT,
                    f"坐席说了与“{phrase}”相近的话",
                    "said something like it",
                    quote,
                    phrase,
                    round(dice.uniform(0.78, 1.0), 2),
                ),
            )
        elif rule == "T1":
            evidence = tuple(
                Evidence(
                    o.span,
                    Role.AGENT,
                    "坐席在客户说话时插话",
                    "came in while the customer spoke",
                    o.text,
                    value=o.span.duration_ms / 1000,
                    unit="s",
                )
                for o in interruptions
            )
        elif rule == "C4":
            evidence = tuple(
                Evidence(p.span, None, "双方都没有说话", "nobody spoke", value=p.span.duration_ms / 1000, unit="s")
                for p in waits
            )
        elif rule.startswith("V"):
            turn = dice.choice(agent)
            evidence = (
                Evidence(
                    turn.span,
                    Role.AGENT,
                    "这一段偏离了范围",
                    "out of the band here",
                    value=round(dice.uniform(120, 330), 1),
                    unit="字/分钟",
                ),
            )
        reason = {
            Verdict.PASS: "符合要求", Verdict.FAIL: f"未做到:{name}", Verdict.UNSURE: "这一段识别把握低,需要人工听一下",
            Verdict.NOT_APPLICABLE: "这通电话没有出现需要检查的情形",
        }[verdict]  # fmt: skip
        reason_en = {
            Verdict.PASS: "as required", Verdict.FAIL: f"not done: {name_en}",
            Verdict.UNSURE: "the words here are doubtful: please listen",
            Verdict.NOT_APPLICABLE: "nothing to check came up in this call",
        }[verdict]  # fmt: skip
        if verdict is Verdict.NOT_APPLICABLE:
            evidence = ()
        out.append(
            Finding(
                rule,
                name,
                name_en,
                section,
                clauses,
                severity,
                verdict,
                round(dice.uniform(0.55, 0.99), 2),
                reason,
                evidence,
                advice,
                advice_en,
                reason_en,
                float(weight),
                float(weight) if verdict is Verdict.FAIL else 0.0,
                fatal,
                proxy_for="语调优美" if rule == "V8" else None,
            )
        )
    return tuple(out)  # fmt: skip


def _score(findings: tuple[Finding, ...]) -> Score:
    """A score that adds up: each section keeps what its failed rules did not take."""
    sections = []
    total = weights = 0.0
    for id_, name, name_en, weight in SECTIONS:
        inside = [f for f in findings if f.section == id_]
        counted = [f for f in inside if f.verdict in (Verdict.PASS, Verdict.FAIL)]
        full = sum(f.weight for f in counted)
        lost = sum(f.deduction for f in counted)
        score = round(100 * (1 - lost / full), 1) if full else None
        if score is not None:
            total, weights = total + weight * score, weights + weight
        tally = [sum(f.verdict is v for f in inside) for v in (Verdict.FAIL, Verdict.UNSURE, Verdict.NOT_APPLICABLE)]
        sections.append(SectionScore(id_, name, name_en, weight, score, lost, len(counted), *tally))
    fatal = tuple(f.rule for f in findings if f.fatal and f.verdict is Verdict.FAIL)
    overall = None if not weights else 0.0 if fatal else round(total / weights, 1)
    counts = {v: sum(f.verdict is v for f in findings) for v in Verdict}
    return Score(
        overall, None if weights else "没有适用的规则", tuple(sections), fatal, counts[Verdict.FAIL],
        counts[Verdict.PASS], counts[Verdict.UNSURE], counts[Verdict.NOT_APPLICABLE],
    )  # fmt: skip


def _hangup(dice: Random, turns: tuple[Turn, ...], length: int) -> Hangup:
    party = dice.choice(("customer", "customer", "agent", "unknown"))
    end = turns[-1].span.end_ms
    evidence = (
        HangupEvidence(
            "busy_tone",
            party,
            0.7,
            Span(end + 600, length),
            "最后一句话之后出现忙音",
            "a busy tone after the last words",
        ),
        HangupEvidence(
            "goodbye_order",
            party,
            0.2,
            Span(turns[-1].span.start_ms, end),
            "坐席最后道别",
            "the agent said goodbye last",
        ),
    )
    known = party != "unknown"
    return Hangup(
        party, "audio" if known else "none", 0.8 if known else 0.0, evidence if known else (), end,
        turns[-2].span.end_ms, 600 if known else length - end, "" if known else "one_channel",
    )  # fmt: skip


def _measures(
    dice: Random, turns: tuple[Turn, ...], pauses: tuple[Pause, ...], hangup: Hangup, speakers: tuple[Speaker, ...]
) -> tuple[Measure, ...]:
    out = []
    for who in speakers:
        own = [t for t in turns if t.role is who.role]
        chars, speech = sum(len(t.words) for t in own), sum(t.speech_ms for t in own)
        doubt = "low_snr" if dice.random() < 0.2 else None
        out += [
            measure("talk_time", speech, who),
            measure("talk_share", 100 * speech / sum(t.speech_ms for t in turns), who),
            measure("articulation_rate", chars * 60_000 / speech, who, evidence=[own[0].span],
                    components={"chars": chars, "speech_ms": speech}),
            measure("active_level", dice.uniform(-32, -16), who),
            measure("pitch_median", dice.uniform(110, 230), who, doubt=doubt),
            measure("interruptions", dice.randint(0, 3), who),
        ]  # fmt: skip
    waits = sorted((p.span for p in pauses if p.kind is PauseKind.DEAD_AIR), key=lambda s: -s.duration_ms)
    holds = [p.span for p in pauses if p.kind is PauseKind.HOLD]
    out += [
        measure("dead_air_total", sum(s.duration_ms for s in waits), evidence=waits),
        measure("dead_air_longest", waits[0].duration_ms if waits else 0, evidence=waits[:1]),
        measure("hold_longest", max((s.duration_ms for s in holds), default=0), evidence=holds[:1]),
        measure("closing_delay", hangup.delay_ms),
        measure("mouthpiece_pops", None, speakers[0], reason="too_little_speech"),
    ]
    return tuple(out)


def _series(dice: Random, turns: tuple[Turn, ...], length: int) -> tuple[Series, ...]:
    out = []
    for speaker, role in ((0, Role.AGENT), (1, Role.CUSTOMER)):
        own = [t for t in turns if t.role is role]
        times = tuple(range(0, length, 500))
        level: list[float | None] = [None] * len(times)
        pitch: list[float | None] = [None] * len(times)
        for turn in own:
            for i in range(-(-turn.span.start_ms // 500), turn.span.end_ms // 500 + 1):
                if i < len(times):
                    level[i] = round(-24 + 4 * math.sin(i / 3) + dice.uniform(-2, 2), 1)
                    pitch[i] = round((190 if speaker == 0 else 125) * (1 + 0.2 * math.sin(i / 2.1)), 1)
        rate = tuple(round(len(t.words) * 60_000 / t.speech_ms, 1) for t in own)
        middle = tuple(t.span.middle_ms for t in own)
        out += [
            Series("level", "dBFS", speaker, role, times, tuple(level)),
            Series("pitch", "Hz", speaker, role, times, tuple(pitch)),
            Series("articulation_rate", "字/分钟", speaker, role, middle, rate),
        ]
    return tuple(out)
