"""What a reader must know of a call before believing the rest, and how it ended: the same on terminal and page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any

from analyzer.call.types import Defect, Layout, Role
from analyzer.measure.going import NAMES_A_PARTY, going_ms
from analyzer.measure.types import Hangup
from analyzer.outputs.labels import Language, label, say, who
from analyzer.rules.types import Score, Scorecard, SectionScore
from analyzer.speech.types import Speaker

_SHOWN = 4  # of the values that were not understood
ALARMING = ("nobody_speaks", "roles_contradicted", "agent_not_heard", "words_not_understood")
"""The codes of notices that are alarms: such a call has no score."""


class Weight(IntEnum):
    """How much a notice changes what the rest is worth."""

    NOTE = 0
    BAD = 1
    ALARM = 2  # perhaps the wrong person is judged, or by words that nobody said


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence above a call's results.

    Args:
        code: what it is about; "nobody_speaks", "roles_contradicted", "agent_not_heard", "words_not_understood",
            "hangup_contradicted", "roles_unknown", "metadata_unclear", "metadata_conflict", "defect", "announcements",
            "words_doubtful", "redacted".
        text: for people.
        weight: how grave it is.
    """

    code: str
    text: str
    weight: Weight


def notices(scorecard: Scorecard, language: Language = "zh") -> tuple[Notice, ...]:
    """The gravest first, each once."""
    found = sorted(_found(scorecard, partial(say, language=language), language), key=lambda n: -n.weight)
    return tuple(dict.fromkeys(found))


def notice_codes(scorecard: Scorecard) -> tuple[str, ...]:
    """What an archive counts: whatever is graver than a note and no defect of the recording, which has its own code."""
    codes = {n.code for n in notices(scorecard) if n.weight > Weight.NOTE and n.code != "defect"}
    if hangup_doubt(scorecard.hangup):
        codes.add("hangup_contradicted")
    return tuple(sorted(codes))


def section_why(section: SectionScore, score: Score, language: Language = "zh") -> str:
    """Why a section of a score has none itself; empty where it has one."""
    if section.score is not None:
        return ""
    if not section.applicable:
        reason = "no_rule_applies"
    elif section.applicable == section.unsure:
        reason = "only_unsure"
    else:
        reason = score.reason or "only_unsure"
    return label("why", reason, language)


def hangup_doubt(hangup: Hangup, language: Language = "zh") -> str:
    """That strong traces in the sound name another party than the call record, which decides; else empty."""
    against = [e for e in hangup.evidence if e.weight >= NAMES_A_PARTY and e.points_to in ("agent", "customer")]
    against = [e for e in against if e.points_to != hangup.party]
    if hangup.method != "metadata" or hangup.party not in ("agent", "customer") or not against:
        return ""
    first = against[0]
    trace, points_to = label("evidence", first.name, language), label("party", first.points_to, language)
    party = label("party", hangup.party, language)
    return say(
        f"话单说是{party}，录音里的痕迹（{trace}）却指向{points_to}；以话单为准，请人工听一下结尾",
        f"the call record says {party}, but a trace in the sound ({trace}) points to {points_to}; the record decides, "
        "listen to the end",
        language,
    )


def ended_after(hangup: Hangup, end_ms: int, language: Language = "zh") -> str:
    """How long after the last goodbye the party went; without one before that, after the last word. Perhaps empty.

    Args:
        hangup: as it was judged.
        end_ms: of the call, or when a survey begins.
        language: to say it in.
    """
    delay = hangup.delay_ms
    if delay is None:
        return ""
    going = going_ms(hangup.evidence, hangup.party, end_ms)
    ends = [e.span.end_ms for e in hangup.evidence if e.name == "goodbye_order"]  # whoever said it
    ends += [end for end in (hangup.goodbye_agent_ms, hangup.goodbye_customer_ms) if end is not None]
    goodbye = any(max(0, going - end) == delay for end in ends if end <= going or delay == 0)
    seconds = f"{delay / 1000:.1f} s"
    return say(
        f"{'道别' if goodbye else '末句'}后 {seconds}",
        f"{seconds} after the {'goodbye' if goodbye else 'last word'}",
        language,
    )


def _found(scorecard: Scorecard, words: Any, language: Language) -> Iterator[Notice]:
    speakers, extra = scorecard.speakers, scorecard.call.metadata.extra
    doubted = [s for s in speakers if s.role_doubt]
    if doubted:
        said = words("；", "; ").join(_contradicted(s, language) for s in doubted)
        yield Notice(
            "roles_contradicted",
            words(
                f"坐席和客户可能弄反了：{said}。请核对随录音提供的声道角色；涉及角色的不符合项改为待人工确认，也不给得分。",
                f"agent and customer may be mixed up: {said}. Check the channel roles that came with the recording; "
                "what would fail by a role is unsure, and there is no score.",
            ),
            Weight.ALARM,
        )
    nobody = scorecard.score.reason == "nobody_speaks"
    if nobody:
        yield Notice(
            "nobody_speaks",
            words(
                "整段录音没有人说话，不给得分：可能没有接通，或者声音没有录上，请核对录音。",
                "Nobody speaks in this recording, and there is no score: perhaps nobody answered, or no sound was "
                "recorded. Check the recording.",
            ),
            Weight.ALARM,
        )
    if scorecard.score.reason == "agent_not_heard":
        yield Notice(
            "agent_not_heard",
            words(
                "录音里没有听到坐席说话，不给得分：可能没有接通，或者坐席的声道没有录上，请核对录音和声道角色。",
                "The agent is not heard in the recording, and there is no score: perhaps nobody answered, or the "
                "agent's channel was not recorded. Check the recording and the channel roles.",
            ),
            Weight.ALARM,
        )
    if scorecard.score.reason == "words_not_understood":
        yield Notice("words_not_understood", _not_understood(scorecard, language), Weight.ALARM)
    for defect in scorecard.call.facts.defects:
        title = words("录音缺陷：", "Defect of the recording: ")
        yield Notice("defect", title + _defect(defect, scorecard, language), Weight.BAD)
    if not nobody and (not speakers or any(s.role is Role.UNKNOWN for s in speakers)):
        yield Notice(
            "roles_unknown",
            words(
                "分不清坐席和客户，涉及角色的规则不适用。",
                "Agent and customer could not be told apart: rules on a role do not apply.",
            ),
            Weight.BAD,
        )
    if unclear := unclear_parts(extra):
        yield Notice("metadata_unclear", _unclear(unclear, language), Weight.BAD)
    if conflicts := extra.get("conflicts"):
        names = words("、", ", ").join(label("field", name, language) for name in sorted(conflicts))
        yield Notice(
            "metadata_conflict",
            words(
                f"清单和录音旁的文件说法不一，都没有采用：{names}",
                f"manifest and sidecar contradict each other, neither was believed: {names}",
            ),
            Weight.BAD,
        )
    if count := len(scorecard.announcements):
        yield Notice(
            "announcements",
            words(
                f"{count} 段系统语音（导航、排队、报工号、满意度评价）不算任何人说的话，时间轴上另行标出。",
                f"{count} recorded announcements (menu, queue, number, survey) count as nobody's speech; the time line "
                "marks them.",
            ),
            Weight.NOTE,
        )
    if count := len(scorecard.doubts):
        yield Notice(
            "words_doubtful",
            words(
                f"{count} 处文字不可靠（页面上用波浪线标出），落在其中的检查结果为待人工确认。",
                f"{count} stretches of words are doubtful (wavy-lined on the page): results in them are unsure.",
            ),
            Weight.NOTE,
        )
    if count := sum(scorecard.redaction.values()):
        hidden = words(f"{count} 处个人信息已隐去", f"{count} personal details were redacted")
        yield Notice("redacted", hidden, Weight.NOTE)


def _not_understood(scorecard: Scorecard, language: Language) -> str:
    shares = (m.value for m in scorecard.measures if m.name == "words_understood" and m.role is Role.AGENT)
    share = next((value for value in shares if value is not None), 0.0)
    return say(
        f"坐席的话大多没有听懂（听懂的只占说话时间的 {share:.0f}%）：说的可能不是普通话，或者线路太差。文字不可信，"
        "凭坐席用语的检查不适用或待人工确认，也不给得分，请人工听。",
        f"Most of what the agent says was not understood ({share:.0f} % of the speech was): perhaps no Mandarin, "
        "or the line is too bad. The words are not to be trusted, what rests on them is not applicable or unsure, and "
        "there is no score: a human should listen.",
        language,
    )


def _contradicted(speaker: Speaker, language: Language) -> str:
    given, heard = who(speaker.role, None, language), who(speaker.role.other, None, language)
    leg = _channel(speaker.channel, language)
    if language == "en":
        cues = f" ({', '.join(speaker.role_cues)})" if speaker.role_cues else ""
        return f"the {leg} is given as the {given} and speaks like the {heard}{cues}"
    cues = "，如“" + "”“".join(speaker.role_cues) + "”" if speaker.role_cues else ""
    return f"{leg}标为{given}，说的话却像{heard}{cues}"


def _defect(defect: Defect, scorecard: Scorecard, language: Language) -> str:
    """What is wrong and where; the particulars, which are English, only there. The JSON has them in any case."""
    said = label("defect", defect.code, language)
    if defect.channel is not None and scorecard.call.layout is Layout.STEREO:
        leg = _channel(defect.channel, language)
        said += f"（{leg}）" if language == "zh" else f" ({leg})"
    return said if language == "zh" else f"{said} – {defect.detail}"


def _channel(channel: int, language: Language) -> str:
    names = {0: ("左声道", "left channel"), 1: ("右声道", "right channel")}
    return names.get(channel, (f"声道 {channel}", f"channel {channel}"))[language == "en"]


def unclear_parts(extra: Mapping[str, Any]) -> tuple[str, ...]:
    """What came with a recording and was not understood, field by field."""
    return tuple(f"{name} = {value}" for name, value in sorted((extra.get("unclear") or {}).items()))


def _unclear(shown: Sequence[str], language: Language) -> str:
    first, more = shown[:_SHOWN], len(shown) - _SHOWN
    if language == "en":
        rest = f" and {more} more" if more > 0 else ""
        return f"Not understood and not used, of what came with the recording: {'; '.join(first)}{rest}"
    rest = f" 等 {len(shown)} 项" if more > 0 else ""
    return f"随录音提供的信息里有 {len(shown)} 项没看懂，没有采用：{'；'.join(first)}{rest}"
