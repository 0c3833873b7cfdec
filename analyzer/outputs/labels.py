"""The words people read, in Chinese and in English: one place for the summary, the pages and the tables."""

from __future__ import annotations

from typing import Literal

from analyzer.call.types import Role

Language = Literal["zh", "en"]

_LABELS: dict[str, tuple[str, str]] = {
    "verdict.pass": ("通过", "pass"),
    "verdict.fail": ("不符合", "fail"),
    "verdict.unsure": ("待人工确认", "unsure"),
    "verdict.not_applicable": ("不适用", "not applicable"),
    "severity.info": ("提示", "info"),
    "severity.minor": ("一般", "minor"),
    "severity.major": ("严重", "major"),
    "severity.critical": ("致命", "critical"),
    "role.agent": ("坐席", "agent"),
    "role.customer": ("客户", "customer"),
    "role.unknown": ("未知", "unknown"),
    "party.agent": ("坐席", "agent"),
    "party.customer": ("客户", "customer"),
    "party.system": ("系统", "system"),
    "party.unknown": ("不能判断", "not known"),
    "method.metadata": ("话单字段", "call record"),
    "method.audio": ("录音里的痕迹", "traces in the sound"),
    "method.none": ("没有依据", "no evidence"),
    "overlap.backchannel": ("附和", "backchannel"),
    "overlap.simultaneous_start": ("同时开口", "simultaneous start"),
    "overlap.terminal": ("话尾重叠", "terminal overlap"),
    "overlap.interruption": ("打断", "interruption"),
    "outcome.successful": ("抢到话", "took the floor"),
    "outcome.attempted": ("没抢到话", "attempted"),
    "outcome.none": ("", ""),
    "pause.response": ("应答间隔", "response gap"),
    "pause.dead_air": ("冷场", "dead air"),
    "pause.hold": ("等待", "hold"),
    "pause.opening": ("开头静音", "opening silence"),
    "pause.closing": ("结尾静音", "closing silence"),
    "layout.stereo": ("双声道", "stereo"),
    "layout.mono": ("单声道", "mono"),
    "layout.dual_mono": ("双声道同声", "dual mono"),
    "doubt.loop": ("重复识别", "loop"),
    "doubt.stock_line": ("套话", "stock line"),
    "doubt.text_without_speech": ("无声有字", "text without speech"),
    "doubt.speech_without_text": ("有声无字", "speech without text"),
    "doubt.prompt_leak": ("提示词泄漏", "prompt leak"),
    "doubt.low_probability": ("把握低", "low probability"),
    "evidence.cdr_field": ("话单字段", "call record field"),
    "evidence.busy_tone": ("忙音", "busy tone"),
    "evidence.congestion_tone": ("拥塞音", "congestion tone"),
    "evidence.leg_went_dead": ("一方先断开", "leg went dead"),
    "evidence.hook_click": ("挂机声", "hook click"),
    "evidence.cut_off": ("话未说完", "cut off"),
    "evidence.goodbye_order": ("道别顺序", "order of goodbyes"),
    "measure.talk_time": ("说话时长", "talk time"),
    "measure.talk_share": ("说话占比", "talk share"),
    "measure.speaking_rate": ("语速", "speaking rate"),
    "measure.articulation_rate": ("发音速度", "articulation rate"),
    "measure.peak_rate": ("最快语速", "peak rate"),
    "measure.active_speech_level": ("音量", "active speech level"),
    "measure.level_difference": ("双方音量差", "level difference"),
    "measure.pitch_median": ("音高", "pitch median"),
    "measure.pitch_span": ("音高变化", "pitch span"),
    "measure.snr": ("信噪比", "signal-to-noise ratio"),
    "measure.dead_air_total": ("冷场合计", "dead air in all"),
    "measure.dead_air_longest": ("最长冷场", "longest dead air"),
    "measure.hold_total": ("等待合计", "holds in all"),
    "measure.response_delay_median": ("应答间隔中位数", "median response delay"),
    "measure.time_to_first_word": ("首句时间", "time to the first word"),
    "measure.closing_delay": ("末句到挂断", "last word to the end"),
    "measure.interruptions": ("打断次数", "interruptions"),
    "measure.mouth_distance": ("话筒距离", "mouthpiece distance"),
    "series.level": ("音量", "level"),
    "series.pitch": ("音高", "pitch"),
    "series.articulation_rate": ("语速", "rate"),
    "series.speaking_rate": ("语速", "rate"),
    "word.score": ("得分", "Score"),
    "word.fatal": ("致命项", "Fatal"),
    "word.sections": ("分项", "Sections"),
    "word.findings": ("检查结果", "Findings"),
    "word.measures": ("主要指标", "Key measures"),
    "word.hangup": ("先挂机", "Ended by"),
    "word.advice": ("建议", "advice"),
    "word.clause": ("条款", "clause"),
    "word.no_score": ("没有得分", "no score"),
    "word.nothing": ("没有不符合或待确认的项目", "nothing failed and nothing is unsure"),
}


def label(kind: str, name: str, language: Language = "zh") -> str:
    """What people call `name`; the name itself where nobody gave it a word.

    Args:
        kind: "verdict", "severity", "role", "overlap", "pause", "measure" …
        name: the value in the scorecard.
        language: "zh" or "en".
    """
    words = _LABELS.get(f"{kind}.{name}")
    return name.replace("_", " ") if words is None else words[language == "en"]


def labels(language: Language = "zh") -> dict[str, str]:
    """Every word of one language by `kind.name`, for the pages."""
    return {key: words[language == "en"] for key, words in _LABELS.items()}


def who(role: Role | None, speaker: int | None = None, language: Language = "zh") -> str:
    """How a party is called: by role, else by its number, else the whole call."""
    if role is None and speaker is None:
        return "全程" if language == "zh" else "call"
    if role is None or role is Role.UNKNOWN:
        number = "" if speaker is None else f" {speaker + 1}"
        return ("说话人" if language == "zh" else "speaker") + number
    return label("role", role, language)


def clock(ms: int) -> str:
    """A time in the call as m:ss, or h:mm:ss from an hour on."""
    seconds = max(0, ms) // 1000
    if seconds >= 3600:
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{seconds // 60}:{seconds % 60:02d}"


def figure(value: float, unit: str) -> str:
    """A number as people read it, with its unit; seconds from a minute on as m:ss."""
    if unit == "s" and value >= 60:
        return clock(round(value * 1000))
    text = f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.1f}"
    return f"{text} {unit}".rstrip()
