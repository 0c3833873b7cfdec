# ruff: noqa: E501  (a table is read by its rows)
"""The closed list of measures: name, unit, rounding, labels, and what a proxy stands for.

Every published figure is made by `measure()`, so that a name, its unit and its digits can't differ between calls.
`docs/measures/` holds one page for each `page`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analyzer.measure.types import Measure
from analyzer.spans import Span
from analyzer.speech.types import Speaker

MAX_EVIDENCE = 20  # places to listen per measure: the gravest come first, then the list is put in order of time


@dataclass(frozen=True, slots=True)
class MeasureKind:
    """One measure of the catalogue.

    Args:
        name: stable, part of the published contract.
        unit: of the value.
        digits: after the decimal point; what is published is rounded to it.
        zh: label for QA staff.
        en: label in English.
        page: its page in `docs/measures/`.
        proxy_for: what it only stands for; None when the figure is the thing itself.
        of_call: of the whole call, not of one party.
        components: every name that its value may be made from.
    """

    name: str
    unit: str
    digits: int
    zh: str
    en: str
    page: str
    proxy_for: str | None = None
    of_call: bool = False
    components: tuple[str, ...] = ()


_KINDS = (
    # who talks how long
    MeasureKind("talk_time", "ms", 0, "说话时长", "talk time", "talk"),
    MeasureKind("talk_share", "%", 1, "说话占比", "share of the talk", "talk"),
    MeasureKind("turn_count", "1", 0, "话轮数", "turns", "talk"),
    MeasureKind("turn_longest", "ms", 0, "最长话轮", "longest turn", "talk"),
    MeasureKind("response_delay", "ms", 0, "应答延迟(中位)", "response delay, median", "silence", components=("answers", "p90_ms", "mean_ms")),
    MeasureKind("response_delay_longest", "ms", 0, "最长应答延迟", "longest response delay", "silence"),
    MeasureKind("dead_air_total", "ms", 0, "冷场总时长", "dead air, total", "silence", of_call=True),
    MeasureKind("dead_air_longest", "ms", 0, "最长冷场", "longest dead air", "silence", of_call=True),
    MeasureKind("dead_air_count", "1", 0, "冷场次数", "dead airs", "silence", of_call=True),
    MeasureKind("hold_total", "ms", 0, "等待总时长", "hold, total", "silence", of_call=True),
    MeasureKind("hold_longest", "ms", 0, "最长等待", "longest hold", "silence", of_call=True),
    MeasureKind("hold_count", "1", 0, "等待次数", "holds", "silence", of_call=True),
    MeasureKind("silence_share", "%", 1, "静音占比", "share of silence", "silence", of_call=True),
    MeasureKind("opening_delay", "ms", 0, "接通到首句", "start to the first word", "silence", of_call=True),
    MeasureKind("closing_delay", "ms", 0, "末句到结束", "last word to the end", "silence", of_call=True),
    MeasureKind("overlap_total", "ms", 0, "重叠总时长", "overlap, total", "overlaps", of_call=True),
    MeasureKind("interruptions", "1", 0, "插话抢话次数", "interruptions made", "overlaps", components=("total_ms",)),
    MeasureKind("interruptions_successful", "1", 0, "抢话成功次数", "interruptions that took the floor", "overlaps", components=("total_ms",)),
    MeasureKind("interruptions_attempted", "1", 0, "插话未成次数", "interruptions that did not", "overlaps", components=("total_ms",)),
    MeasureKind("interruption_longest", "ms", 0, "最长抢话重叠", "longest interrupting overlap", "overlaps"),
    MeasureKind("backchannels", "1", 0, "附和次数", "backchannels in overlap", "overlaps", components=("total_ms",)),
    MeasureKind("simultaneous_starts", "1", 0, "同时开口次数", "simultaneous starts", "overlaps", components=("total_ms",)),
    MeasureKind("terminal_overlaps", "1", 0, "话尾重叠次数", "terminal overlaps", "overlaps", components=("total_ms",)),
    # level
    MeasureKind("active_level", "dBFS", 1, "有效语音电平", "active speech level", "level", components=("activity_factor",)),
    MeasureKind("level_difference", "dB", 1, "坐席与客户电平差", "agent's level above the customer's", "level", of_call=True, components=("agent", "customer")),
    MeasureKind("level_span", "dB", 1, "话轮电平跨度", "span of turn levels", "level", components=("turns",)),
    MeasureKind("level_drift", "dB", 1, "电平走势", "level drift over the call", "level"),
    MeasureKind("level_jumps", "1", 0, "音量突变次数", "level jumps between turns", "level", components=("largest_db",)),
    MeasureKind("level_bursts", "1", 0, "音量爆发次数", "loud bursts", "level"),
    MeasureKind("clipping_share", "%", 3, "削波占比", "share of clipped samples in speech", "level"),
    MeasureKind("noise_floor", "dBFS", 1, "本底噪声", "noise floor", "level"),
    MeasureKind("snr", "dB", 1, "信噪比", "signal-to-noise ratio", "level"),
    # rate
    MeasureKind("speaking_rate", "字/分钟", 0, "语速(含停顿)", "speaking rate", "rate", components=("chars", "turns", "time_ms")),
    MeasureKind("articulation_rate", "字/分钟", 0, "净语速(去停顿)", "articulation rate", "rate", components=("chars", "turns", "speech_ms", "fastest_turn")),
    MeasureKind("rate_peak", "字/分钟", 0, "10秒最快语速", "fastest 10 s", "rate"),
    MeasureKind("acoustic_rate", "音节/分钟", 0, "声学音节率", "syllable rate by sound alone", "rate"),
    MeasureKind("rate_agreement", "1", 2, "文字与声学语速比", "text rate over acoustic rate", "rate"),
    MeasureKind("pause_share", "%", 1, "话轮内停顿占比", "share of pauses inside turns", "rate"),
    MeasureKind("figures_rate_ratio", "1", 2, "数字费用处语速比", "rate on figures over own rate elsewhere", "rate", components=("figures_rate", "other_rate", "figures_ms")),
    MeasureKind("rate_ratio", "1", 2, "坐席与客户语速比", "agent's rate over the customer's", "rate", of_call=True, components=("agent", "customer")),
    # pitch
    MeasureKind("pitch_median", "Hz", 1, "基频中位数", "median pitch", "pitch", components=("voiced_ms",)),
    MeasureKind("pitch_span", "半音", 1, "音高跨度(5–95%)", "pitch span, 5 to 95 %", "pitch", components=("voiced_ms",)),
    MeasureKind("pitch_variation", "半音", 2, "音高起伏", "pitch variation", "pitch", components=("voiced_ms",)),
    MeasureKind("monotone_share", "%", 1, "平调占比", "share of speech in monotone stretches", "pitch", components=("longest_ms",)),
    # voice standard
    MeasureKind("greeting_pitch_lift", "半音", 1, "问候语音高抬升", "greeting's pitch above the rest", "greeting", "问候语有精神"),
    MeasureKind("greeting_level_lift", "dB", 1, "问候语音量抬升", "greeting's level above the rest", "greeting", "问候语有精神"),
    MeasureKind("greeting_rate_ratio", "1", 2, "问候语语速比", "greeting's rate over the rest", "greeting", "问候语有精神"),
    MeasureKind("greeting_span_ratio", "1", 2, "问候语音高跨度比", "greeting's pitch span over the rest", "greeting", "问候语不僵硬"),
    MeasureKind("greeting_slope", "半音/秒", 2, "问候语音高斜率", "pitch slope over the greeting", "greeting", "接听时语调上扬"),
    MeasureKind("greeting_end_rise", "半音", 1, "问候语句尾上扬", "pitch rise at the greeting's end", "greeting", "接听时语调上扬"),
    MeasureKind("shouting_time", "ms", 0, "大声喊叫时长", "time in a shouted voice", "shouting", "声嘶力竭", components=("most_level_db", "most_pitch_st", "most_tilt_db")),
    MeasureKind("listless_index", "1", 2, "懒散指数", "listlessness index", "listless", "精神萎靡、态度懒散", components=("slow", "flat", "pauses", "falling_level")),
    MeasureKind("smile_index", "1", 2, "微笑语音指数", "smiling-voice index", "smile", "带微笑的声音", components=("span", "brightness", "brightness_span")),
    MeasureKind("mouthpiece_pops", "次/分钟", 1, "喷麦次数", "plosive pops", "mouthpiece", "话筒离嘴太近", components=("count",)),
    MeasureKind("mouthpiece_low_end", "dB", 1, "低频占比", "low end against the mid band", "mouthpiece", "话筒离嘴太近"),
    MeasureKind("mouthpiece_decay", "ms", 0, "句尾衰减时间", "time the voice takes to fall away", "mouthpiece", "话筒离嘴太远", components=("ends",)),
    MeasureKind("lengthened_syllables", "次/分钟", 1, "拖腔次数", "lengthened syllables", "lengthening", "拖腔", components=("count", "fillers", "longest_ms")),
    MeasureKind("pronunciation_clarity", "1", 2, "发音清晰度", "recogniser's confidence", "clarity", "发音清楚、标准普通话", components=("words", "below_half", "snr_db")),
    MeasureKind("nonspeech_sounds", "1", 0, "非语音声响次数", "non-speech sounds", "nonspeech", "打呵欠、吃东西"),
    MeasureKind("laughter_candidates", "1", 0, "疑似笑声次数", "possible laughter", "nonspeech", "笑声"),
    MeasureKind("yawn_candidates", "1", 0, "疑似呵欠次数", "possible yawns", "nonspeech", "打呵欠"),
    MeasureKind("chewing_candidates", "1", 0, "疑似咀嚼次数", "possible chewing", "nonspeech", "吃东西或嚼口香糖"),
    # words
    MeasureKind("words_understood", "%", 1, "听懂的占比", "share of the speech that was understood", "understood", components=("words", "trusted", "speech_ms")),
    # recording
    MeasureKind("bandwidth", "Hz", 0, "有效带宽", "bandwidth", "quality"),
    MeasureKind("dropouts", "次/分钟", 1, "断音次数", "dropouts inside speech", "quality", components=("count",)),
    MeasureKind("recording_quality", "1", 2, "录音质量", "recording quality", "quality", components=("clipping_grade", "dropout_grade", "snr_grade")),
)  # fmt: skip

CATALOGUE: Mapping[str, MeasureKind] = {kind.name: kind for kind in _KINDS}
_UNITS_EN = {
    "字/分钟": "chars/min", "音节/分钟": "syllables/min", "次/分钟": "a minute", "半音": "semitones",
    "半音/秒": "semitones/s", "次": "times", "字": "chars", "秒": "s", "分钟": "min",
}  # fmt: skip
_UNITS = {"ms": "ms", "db": "dB", "st": "半音"}  # of components, by the ends of their names
CURVES = ("level", "pitch", "articulation_rate")  # what `measures` draws over time

# Why a figure is weak: `Measure.doubt` in words.
DOUBTS: Mapping[str, tuple[str, str]] = {
    "always_at_once": (
        "双方声音大量重叠，可能混入了别的声音",
        "both sound at once too often: somebody else may be heard",
    ),
    "band_limited": ("录音频带太窄", "the recording's band is too narrow"),
    "clipped": ("有削波", "clipped"),
    "few_answers": ("应答次数太少", "too few answers"),
    "legs_shifted": ("两个声道可能没有对齐", "the two channels are perhaps not aligned"),
    "low_snr": ("噪声大", "noisy"),
    "one_channel": ("只有一个声道", "one channel only"),
    "separated_voices": ("声音是从单声道分离出来的", "voices separated from one channel"),
    "text_and_sound_disagree": ("文字与声音不一致", "text and sound disagree"),
    "too_little_speech": ("说得太少", "too little speech"),
    "weak_by_nature": ("只是间接的迹象", "weak by nature"),
}


def measure(
    name: str,
    value: float | None,
    speaker: Speaker | None = None,
    *,
    reason: str | None = None,
    doubt: str | None = None,
    evidence: Iterable[Span] = (),
    components: Mapping[str, float] | None = None,
) -> Measure:
    """A measure of the catalogue, rounded.

    Args:
        name: in `CATALOGUE`.
        value: the figure; None (or not finite) when undefined, and then `reason` says why.
        speaker: whose figure it is; None for the whole call.
        reason: why there is no value.
        doubt: why the value is weak.
        evidence: where to listen, gravest first.
        components: what the value was made from.

    Raises:
        KeyError: when the catalogue has no such measure.
        ValueError: when a value is undefined and nobody says why, or a component is not in the catalogue.
    """
    kind = CATALOGUE[name]
    if value is not None and not math.isfinite(value):
        value, reason = None, reason or "not_finite"
    if value is None and reason is None:
        raise ValueError(f"{name} has neither a value nor a reason")
    if unknown := sorted(set(components or ()) - set(kind.components)):
        raise ValueError(f"{name} has no component {', '.join(unknown)}")
    return Measure(
        name=name,
        value=None if value is None else tidy(value, kind.digits),
        unit=kind.unit,
        role=None if speaker is None else speaker.role,
        speaker=None if speaker is None else speaker.index,
        reason=reason if value is None else None,
        proxy_for=kind.proxy_for,
        doubt=doubt if value is not None else None,
        components={k: tidy(v, 3) for k, v in (components or {}).items() if math.isfinite(v)},
        evidence=tuple(sorted(list(evidence)[:MAX_EVIDENCE])),
    )


def unit_names(unit: str) -> tuple[str, str]:
    """A unit as people read it, Chinese and English; a bare number has none."""
    return ("", "") if unit == "1" else (unit, _UNITS_EN.get(unit, unit))


def component_unit(name: str) -> str:
    """The unit of a component: the one its name ends in, or none."""
    return _UNITS.get(name.rpartition("_")[2], "")


def tidy(value: float, digits: int) -> float:
    """Rounded for publication; never minus zero."""
    return round(float(value), digits) + 0.0
