"""The words people read, in Chinese and in English: one place for the summary, the pages and the tables."""

from __future__ import annotations

import re
from typing import Literal

from analyzer.call.types import Role
from analyzer.measure.catalogue import CATALOGUE, DOUBTS, unit_names

Language = Literal["zh", "en"]

_LABELS: dict[str, tuple[str, str]] = {
    **{f"why.{doubt}": words for doubt, words in DOUBTS.items()},
    "verdict.pass": ("通过", "pass"),
    "verdict.fail": ("不符合", "fail"),
    "verdict.unsure": ("待人工确认", "unsure"),
    "verdict.not_applicable": ("不适用", "not applicable"),
    "severity.info": ("提示", "info"),
    "severity.minor": ("轻微", "minor"),
    "severity.major": ("重要", "major"),
    "severity.critical": ("严重", "critical"),
    "profile.default": ("默认", "default"),
    "profile.lenient": ("宽松", "lenient"),
    "profile.strict": ("严格", "strict"),
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
    "pause.queue": ("排队", "queue"),
    "pause.opening": ("开头静音", "opening silence"),
    "pause.closing": ("结尾静音", "closing silence"),
    "pause.announcement": ("系统语音", "recorded announcement"),
    "layout.stereo": ("双声道", "stereo"),
    "layout.mono": ("单声道", "mono"),
    "layout.dual_mono": ("双声道同声", "dual mono"),
    "doubt.loop": ("重复识别", "loop"),
    "doubt.stock_line": ("套话", "stock line"),
    "doubt.text_without_speech": ("无声有字", "text without speech"),
    "doubt.speech_without_text": ("有声无字", "speech without text"),
    "doubt.low_probability": ("把握低", "low probability"),
    "evidence.cdr_field": ("话单字段", "call record field"),
    "evidence.busy_tone": ("忙音", "busy tone"),
    "evidence.congestion_tone": ("拥塞音", "congestion tone"),
    "evidence.leg_went_dead": ("一方先断开", "leg went dead"),
    "evidence.hook_click": ("挂机声", "hook click"),
    "evidence.cut_off": ("话未说完", "cut off"),
    "evidence.goodbye_order": ("道别顺序", "order of goodbyes"),
    "evidence.spoke_on": ("一方继续说话", "the other party spoke on"),
    "evidence.line_gone": ("一方底噪消失", "one line's noise is gone"),
    "why.dead_leg": ("这一路没有声音", "this leg is dead"),
    "why.no_10_s_with_enough_speech": ("没有说话足够多的 10 秒", "no 10 s with enough speech"),
    "why.no_later_turn": ("之后没有话轮", "no later turn"),
    "why.fewer_than_two_turns": ("话轮少于两个", "fewer than two turns"),
    "why.greeting_too_short": ("问候语太短", "the greeting is too short"),
    "why.no_answer": ("没有应答", "nobody answered"),
    "why.no_countable_turn": ("没有可计数的话轮", "no turn that counts"),
    "why.no_figures": ("没有提到数字和费用", "no figures were named"),
    "why.no_free_end_of_speech": ("没有清楚的句尾", "no free end of speech"),
    "why.no_noise_heard": ("听不到底噪", "no noise to be heard"),
    "why.no_roles": ("分不清坐席和客户", "roles unknown"),
    "why.no_sound": ("没有声音", "no sound"),
    "why.no_speech": ("没有说话", "no speech"),
    "why.no_syllable_heard": ("听不到音节", "no syllable to be heard"),
    "why.no_text_of_the_greeting": ("问候语没有文字", "no text of the greeting"),
    "why.no_turn": ("没有话轮", "no turn"),
    "why.too_few_words": ("字数太少", "too few words"),
    "why.only_shouted_later": ("之后只有喊叫的话轮，无从比较", "only shouted turns later: nothing to compare with"),
    "why.too_little_later_speech": ("问候语之后说得太少", "too little speech after the greeting"),
    "why.too_little_other_speech": ("数字费用之外说得太少", "too little speech besides figures and fees"),
    "why.too_little_voiced_speech": ("浊音太少", "too little voiced speech"),
    "why.voices_not_separated": ("说话人没有分开", "voices not separated"),
    "why.too_few_rules_apply": ("适用的规则太少，不足以评分", "too few rules apply for a score"),
    "why.no_rule_applies": ("没有适用的评分规则", "no rule that scores applies"),
    "why.only_unsure": ("适用的规则都待人工确认", "all rules that apply are unsure"),
    "why.role_in_metadata": ("随录音提供的通道角色", "by the metadata"),
    "why.roles_contradicted": ("坐席和客户可能弄反了", "agent and customer may be mixed up"),
    "why.words_not_understood": ("坐席的话大多没有听懂", "most of what the agent says was not understood"),
    "why.nobody_speaks": ("整段录音没有人说话", "nobody speaks in this recording"),
    "why.agent_not_heard": ("录音里没有听到坐席说话", "the agent is not heard in the recording"),
    "why.words_contradict": ("通话内容却与此相反：", "but the words say the reverse:"),
    "why.role_not_in_metadata": (
        "随录音提供的信息没有说明这一通道的角色",
        "the metadata do not name this channel's role",
    ),
    "why.words_do_not_tell": ("对话内容不足以判断谁是客服", "the words do not tell who is the agent"),
    "why.said": ("说了", "said"),
    "why.by_the_other_party": ("另一方的用语表明其角色", "by the other party's words"),
    "why.not_finite": ("算不出", "not finite"),
    "why.no_evidence": ("录音里没有痕迹", "no trace in the sound"),
    "why.weak_evidence_alone": ("只有微弱的痕迹", "only weak traces"),
    "why.roles_uncertain": ("角色不确定", "the roles are uncertain"),
    "why.evidence_disagrees": ("痕迹互相矛盾", "evidence disagrees"),
    "defect.bleed": ("两路串音", "bleed between the legs"),
    "defect.dead_leg": ("一路没有声音", "a dead leg"),
    "defect.hum": ("直流偏移或工频哼声，已滤除", "a constant part or hum, taken out"),
    "defect.dual_mono": ("两路内容相同", "both channels hold the same"),
    "defect.data_truncated": ("录音不完整", "cut short"),
    "defect.partial_frame": ("末尾不完整", "partial last frame"),
    "defect.nan_samples": ("有非数值样本", "samples that are no numbers"),
    "defect.over_full_scale": ("样本超过满幅", "samples over full scale"),
    "defect.wild_samples": ("有异常样本", "wild samples"),
    "defect.too_many_chunks": ("文件里的块太多", "too many chunks"),
    "defect.trailing_junk": ("文件末尾有多余数据", "left-over bytes at the end"),
    "defect.riff_size_unknown": ("文件头没有写明大小", "no size in the header"),
    "defect.riff_size_wrong": ("文件头写的大小不对", "wrong size in the header"),
    "defect.chunk_unpadded": ("块没有补齐", "a chunk without its pad byte"),
    "defect.chunk_damaged": ("文件中有损坏的块", "a damaged chunk"),
    "defect.second_format": ("有两份格式说明", "two format chunks"),
    "defect.format_after_data": ("格式说明在声音之后", "the format stands after the sound"),
    "defect.second_data": ("有两段声音数据", "two data chunks"),
    "defect.data_size_zero": ("文件头写声音长度为零", "the header claims no sound"),
    "defect.data_size_unknown": ("文件头没有写明声音长度", "no length of the sound in the header"),
    "defect.data_size_short": ("声音之后有不明数据，可能未分析", "bytes after the sound, perhaps sound"),
    "defect.fact_wrong": ("帧数说明与声音不符", "the stated number of frames is wrong"),
    "defect.block_size_wrong": ("每帧字节数写错", "wrong bytes a frame in the header"),
    "defect.byte_rate_wrong": ("每秒字节数写错", "wrong bytes a second in the header"),
    "defect.block_frames_wrong": ("每块帧数写错", "wrong frames a block in the header"),
    "notice.roles_contradicted": (
        "坐席和客户可能弄反了，没有给分：随录音提供的声道角色与通话内容相反，请核对左右声道",
        "no score, agent and customer may be mixed up: the given roles contradict the words, check left and right",
    ),
    "notice.words_not_understood": (
        "坐席的话大多没有听懂，没有给分：说的可能不是普通话，或者线路太差，请人工听",
        "no score, most of what the agent says was not understood: perhaps no Mandarin, or a bad line; listen",
    ),
    "notice.nobody_speaks": (
        "整段录音没有人说话，没有给分：可能没有接通，或者声音没有录上",
        "no score, nobody speaks in this recording: perhaps nobody answered, or no sound was recorded",
    ),
    "notice.agent_not_heard": (
        "录音里没有听到坐席说话，没有给分：可能没有接通，或者坐席的声道没有录上",
        "no score, the agent is not heard: perhaps nobody answered, or the agent's channel was not recorded",
    ),
    "notice.hangup_contradicted": (
        "话单的挂机方与录音里的痕迹不一致",
        "the sound contradicts who hung up by the record",
    ),
    "notice.roles_unknown": ("分不清坐席和客户", "agent and customer could not be told apart"),
    "notice.metadata_unclear": (
        "随录音提供的信息有没看懂的",
        "something that came with the recording was not understood",
    ),
    "notice.metadata_conflict": ("清单和录音旁的文件说法不一", "manifest and sidecar contradict each other"),
    "error.usage.empty": ("请先写明内容或理由", "Write something first"),
    "error.usage.reviewer": ("请先填写复核人", "Say who you are first"),
    "error.usage.page_outdated": (
        "没有保存：打开页面之后，这通电话重新评过分。请刷新页面再提交",
        "Not saved: the call was judged again since this page was opened. Reload it",
    ),
    "error.usage.no_appeal": ("这条申诉已经处理过了，请刷新页面", "This appeal is settled already: reload the page"),
    "field.roles": ("声道角色", "roles"),
    "field.released_by": ("挂机方", "who released the call"),
    "cause.standard": ("标准", "standard"),
    "cause.model": ("模型", "model"),
    "cause.settings": ("设置", "settings"),
    "cause.code": ("程序", "code"),
    "cause.recording": ("录音", "recording"),
    "cause.metadata": ("元数据", "metadata"),
    "cause.unexplained": ("原因不明", "unexplained"),
    "series.level": ("音量", "level"),
    "series.pitch": ("音高", "pitch"),
    "series.articulation_rate": ("语速", "rate"),
    "word.score": ("得分", "Score"),
    "word.fatal": ("致命项", "Fatal"),
    "word.sections": ("分项", "Sections"),
    "word.findings": ("检查结果", "Findings"),
    "word.measures": ("主要指标", "Key measures"),
    "word.hangup": ("先挂机", "Ended by"),
    "word.advice": ("建议", "advice"),
    "word.counted_in": ("同一处，已计入", "the same place, counted in"),
    "word.clause": ("条款", "clause"),
    "word.no_score": ("没有得分", "no score"),
    "word.not_scored": ("未计分", "not scored"),
    "word.nothing": ("没有不符合或待确认的项目", "nothing failed and nothing is unsure"),
}


def label(kind: str, name: str, language: Language = "zh") -> str:
    """What people call `name`; the name itself where nobody gave it a word.

    Args:
        kind: "verdict", "severity", "role", "overlap", "pause", "measure" …
        name: the value in the scorecard.
        language: "zh" or "en".
    """
    if kind == "measure" and name in CATALOGUE:
        return CATALOGUE[name].en if language == "en" else CATALOGUE[name].zh
    words = _LABELS.get(f"{kind}.{name}")
    return name.replace("_", " ") if words is None else words[language == "en"]


def profile_name(profile: str, language: Language = "zh") -> str:
    """A profile as people read it; one that only its pack names as it is typed."""
    words = _LABELS.get(f"profile.{profile}")
    return profile if words is None else words[language == "en"]


def say(zh: str, en: str, language: Language) -> str:
    """What a scorecard says in both languages; the Chinese where there is no English (a house pack may have none)."""
    return en if language == "en" and en else zh


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


_START = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::00)?(:\d\d)?(?:\.\d+)?(.*)")


def when(start: str) -> str:
    """A date and time as people write it, of ISO 8601: no T, no seconds that are 0; anything else as it is."""
    found = _START.fullmatch(start)
    return start if found is None else f"{found[1]} {found[2]}{found[3] or ''} {found[4]}".rstrip()


def unit_name(unit: str, language: Language = "zh") -> str:
    """A unit as people read it; a bare number has none."""
    return unit_names(unit)[language == "en"]


def figure(value: float, unit: str, language: Language = "zh") -> str:
    """A number as people read it, with its unit: times in seconds, from a minute on as m:ss."""
    if unit == "ms":
        value, unit = value / 1000, "s"
    if unit == "s" and value >= 60:
        return clock(round(value * 1000))
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 1 else 2
    return f"{value:.{digits}f} {unit_name(unit, language)}".rstrip()
