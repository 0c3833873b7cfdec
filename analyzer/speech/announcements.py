"""Recorded announcements on a leg: a menu, a queue's message, the agent's number read by a machine, a survey.

They are nobody's speech: taken for the agent's they would be a greeting, a pace and a voice that are not his, and the
queue would be his delay. Timing stays with speech activity: whole inter-pausal units are set apart, and what was
recognised in them only says which. Cues are found by sound, because a recogniser writes 做习正盲 for 坐席正忙.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from analyzer.call.types import Legs
from analyzer.spans import Span, Timeline
from analyzer.speech.cues import BUSY, HELLO, Unit, cues, share_said, sounds_of, spoken, units_of
from analyzer.speech.sound import SoundText
from analyzer.speech.transcribe import leg_of
from analyzer.speech.types import Announcement, SpeechActivity, Transcript, Utterance, VoiceMap
from analyzer.speech.waits import WaitSettings, played_in_waits

_FIGURES = "零一二三四五六七八九"
_KEYS = tuple(f"请按{key}" for key in (*_FIGURES, "井号键", "星号键"))
# What no agent says before the caller has spoken, and no customer before the agent has.
_OPENINGS = (
    *_KEYS,
    *BUSY,
    *("当前排队人数", "前面排队人数", "正在为您转接人工", "正在转接人工", "正在为您接通"),
    *("您拨打的用户", "您拨打的电话", "您拨打的号码", "您所拨打的", "请在提示音后留言", "嘀声后留言"),
)  # fmt: skip
# What a machine adds to that.
_GOES_ON = (
    *("请稍候", "请您稍候", "请耐心等待", "请您耐心等待", "请稍后再拨", "请不要挂机", "谢谢", "再见"),
    *("谢谢您的耐心等待", "感谢您的耐心等待", "感谢您的配合", "感谢您的来电", "祝您生活愉快"),
)
_AT_YOUR_SERVICE, _NUMBER = "为您服务", ("工号", "号客服", "号坐席", "号话务员", "客服代表")
_RATED = ("感谢您的评价", "谢谢您的评价", "感谢您的参与", "谢谢您的参与")

_HELLO = re.compile(HELLO)
_ABOUT = re.compile("评价|评分|打分|满意")
_LEAVE = re.compile("再见|拜拜|祝您|评价|评分|打分|满意度|不要挂机")
_OWN_WORDS = re.compile("再见|拜拜|祝您|我")  # who invites to a survey speaks of himself
_LAST_UNITS = 12
_MOST_NUMBER = 20  # syllables


@dataclass(frozen=True, slots=True)
class AnnouncementSettings:
    """Where announcements are looked for.

    Args:
        unit_gap_ms: an inter-pausal unit has no gap of this length.
        answer_chars: what another speaker says in so many characters ends the opening.
        first_ms: the first announcement begins so soon after the first sound of its leg.
        apart_ms: the next one, when it is repeated, follows within this.
        hello_ms: who picks up after a machine read the number says hello within this.
        rest_ms: a survey does not follow the agent's last word sooner.
        join_ms: units closer than this are one announcement.
        waits: and how they are known in the middle of a call.
    """

    unit_gap_ms: int = 200
    answer_chars: int = 4
    first_ms: int = 30_000
    apart_ms: int = 60_000
    hello_ms: int = 5_000
    rest_ms: int = 500
    join_ms: int = 1_500
    waits: WaitSettings = field(default_factory=WaitSettings)


def set_apart(
    voices: VoiceMap,
    transcript: Transcript,
    legs: Legs | None = None,
    settings: AnnouncementSettings = AnnouncementSettings(),
) -> tuple[VoiceMap, Transcript, tuple[Announcement, ...]]:
    """Takes recorded announcements out of what people say; they are given in order of time.

    Looked for on a leg before the other party has said more than a hello, after the last thing that party said, once
    leave was taken, and in between where somebody waits (`speech/waits.py`). Of a channel on which voices were not told
    apart nothing is set apart.

    Args:
        voices: who speaks when.
        transcript: what is said.
        legs: on which a sound that comes again is heard; None: words alone decide.
        settings: where to look.

    Departures: in the middle of a call a menu stays the agent's speech, because agents tell which key to press.
    """
    if not voices.separated:
        return voices, transcript, ()
    found = sorted(
        (a for activity in voices.activities for a in _announcements(activity, transcript.utterances, legs, settings)),
        key=lambda a: (a.span, a.speaker),
    )
    if not found:
        return voices, transcript, ()
    talk = without(voices, found)
    return talk, _unsaid(transcript, talk, found), tuple(found)


def without(voices: VoiceMap, announcements: Sequence[Announcement]) -> VoiceMap:
    """Speech without announcements, whose sound counts as the line's, like hold music.

    Args:
        voices: who speaks when.
        announcements: of this call.
    """
    activities = []
    for activity in voices.activities:
        apart = _played(announcements, activity.speaker)
        activities.append(replace(activity, speech=activity.speech - apart, music=activity.music | apart))
    return replace(voices, activities=tuple(activities))


def _played(announcements: Sequence[Announcement], speaker: int) -> Timeline:
    return Timeline(tuple(a.span for a in announcements if a.speaker == speaker))


def _announcements(
    activity: SpeechActivity, utterances: Sequence[Utterance], legs: Legs | None, settings: AnnouncementSettings
) -> Iterator[Announcement]:
    own = [w for u in utterances if u.speaker == activity.speaker for w in u.words]
    said = [u for u in utterances if u.speaker != activity.speaker and len(spoken(u.text)) >= settings.answer_chars]
    units = units_of(activity.speech, own, settings.unit_gap_ms)
    answered = min((u.span.start_ms for u in said), default=None)
    opening = [u for u in units if answered is None or u.span.start_ms < answered]
    heard = max((u.span.end_ms for u in said), default=None)
    closing = next((i for i, u in enumerate(units) if heard is not None and u.span.start_ms >= heard), len(units))
    first, last = _opening(opening, answered is None, settings), _survey(units, closing, settings)
    last = max(first, last)
    leg = (leg_of(legs, activity.speaker).samples, legs.rate_hz) if legs is not None else None
    middle = played_in_waits(units[first:last], [u.span for u in said], activity.music, leg, settings.waits)
    for group in (units[:first], middle, units[last:]):
        yield from _joined(group, activity.speaker, settings)


def _opening(units: Sequence[Unit], alone: bool, settings: AnnouncementSettings) -> int:
    """How many units are announcements before anybody talks."""
    count, reach = 0, units[0].span.start_ms + settings.first_ms if units else 0
    found = cues(_OPENINGS, units)
    if alone and len(found) < 2:  # a party who is never heard may be one whose leg was not recorded
        found = []
    for begins, ends in found:
        if units[begins].span.start_ms > reach:
            break
        count, reach = max(count, ends + 1), units[ends].span.end_ms + settings.apart_ms
    while 0 < count < len(units) and _near(units, count, settings) and _goes_on(units[count]):
        count += 1
    if _is_number_read(units[count : count + 2], settings):
        count += 1
    return count


def _is_number_read(units: Sequence[Unit], settings: AnnouncementSettings) -> bool:
    """Whether a number was read and then somebody says hello: people say hello first."""
    if len(units) < 2 or len(units[0].spoken) > _MOST_NUMBER or _HELLO.match(units[0].spoken):
        return False
    rest = units[1].span.start_ms - units[0].span.end_ms
    if rest > settings.hello_ms or not _HELLO.match(units[1].spoken):
        return False
    text = SoundText.of([units[0].words])
    served = [m.last for m in sounds_of((_AT_YOUR_SERVICE,)).search(text)]
    figures = sum(char in _FIGURES for char in text.chars)
    named = figures >= 3 or (figures >= 2 and bool(sounds_of(_NUMBER).search(text)))
    return named and bool(served) and max(served) == len(text.chars) - 1


def _goes_on(unit: Unit) -> bool:
    """Whether a unit says nothing but what a machine adds."""
    return share_said(_GOES_ON, (unit,)) == 1.0


def _near(units: Sequence[Unit], at: int, settings: AnnouncementSettings) -> bool:
    return units[at].span.start_ms - units[at - 1].span.end_ms < settings.join_ms


def _survey(units: Sequence[Unit], start: int, settings: AnnouncementSettings) -> int:
    """The first unit of a survey that is played when leave was taken; their number where there is none."""
    late = units[start:]
    if not any(_ABOUT.search(u.spoken) for u in late):
        return len(units)
    for begins, _ in cues((*_KEYS, *_RATED), late):
        at = start + begins
        if _OWN_WORDS.search(units[at].spoken):
            continue
        while at > start and _near(units, at, settings) and not _OWN_WORDS.search(units[at - 1].spoken):
            at -= 1
        before = units[max(0, at - _LAST_UNITS) : at]
        if before and units[at].span.start_ms - before[-1].span.end_ms >= settings.rest_ms:
            return at if any(_LEAVE.search(u.spoken) for u in before) else len(units)
    return len(units)


def _joined(units: Sequence[Unit], speaker: int, settings: AnnouncementSettings) -> list[Announcement]:
    out: list[Announcement] = []
    for unit in units:
        if out and unit.span.start_ms - out[-1].span.end_ms < settings.join_ms:
            out[-1] = Announcement(speaker, out[-1].span | unit.span, out[-1].text + unit.text)
        else:
            out.append(Announcement(speaker, unit.span, unit.text))
    return out


def _unsaid(transcript: Transcript, talk: VoiceMap, announcements: Sequence[Announcement]) -> Transcript:
    """The transcript without what machines said, its doubts and what was read off its sound."""
    played = {speaker: _played(announcements, speaker) for speaker in {a.speaker for a in announcements}}

    def is_played(speaker: int, span: Span) -> bool:
        return speaker in played and 2 * played[speaker].covered_ms(span) >= max(1, span.duration_ms)

    speech = {a.speaker: a.speech for a in talk.activities}
    utterances = []
    for utterance in transcript.utterances:
        words = tuple(w for w in utterance.words if not is_played(utterance.speaker, w.span))
        if len(words) == len(utterance.words):
            utterances.append(utterance)
        elif words:
            rest = speech[utterance.speaker].crop(utterance.span).extent or words[0].span
            utterances.append(Utterance(utterance.speaker, rest, "".join(w.text for w in words).strip(), words))
    return replace(
        transcript,
        utterances=tuple(utterances),
        doubts=tuple(
            d
            for d in transcript.doubts
            if d.speaker not in played or not played[d.speaker].crop(d.span) or speech[d.speaker].crop(d.span)
        ),
        sounds=tuple(
            replace(s, syllables=tuple(x for x in s.syllables if not is_played(s.speaker, x.span)))
            for s in transcript.sounds
        ),
    )
