"""Phrase hits of a call: from a searcher's raw hits to hits of families, with what makes them unsure.

The searcher decides what sounds like a phrase. This module decides what that amounts to: longer phrases that mean
something else, quotations and denials, doubted stretches, and forms with a gap (`…`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

import msgspec

from analyzer.call.types import Role
from analyzer.measure.types import Conversation, Turn
from analyzer.rules.checks.answer import Why
from analyzer.rules.checks.families import Family
from analyzer.rules.checks.found import Found, parts
from analyzer.rules.checks.guard import done_for_you
from analyzer.rules.checks.mishearing import BELIEVED
from analyzer.rules.checks.quotes import Quotes
from analyzer.rules.checks.rawhits import Joined, Outcome, RawHit
from analyzer.rules.checks.turntexts import TurnTexts
from analyzer.rules.types import Evidence
from analyzer.spans import Span
from analyzer.speech.confusable import FILLERS, PARTICLES
from analyzer.speech.difference import ASKING, CONFIDENT, EXACT, difference
from analyzer.speech.marks import NEARLY
from analyzer.speech.sound import meaningful

SAME, NEAR = 0.06, 0.2  # a longer, harmless phrase this little worse is what was said; or may be
PARTICLE = 0.025  # less than a particle lost takes off a phrase of up to seven syllables
UNHEARD = 0.5  # of what such a phrase has more, this much may not have been heard
CLOSE = 0.9  # what only resembles one of many further ways was not said: 对不起我们 is no 怪不得我们
ACCUSING = 18.0  # bits that speak for a frame heard badly of what is forbidden; with fewer more good calls are in doubt
BY_SOUND = 0.9  # of a frame that fits doubted words by sound
WRITTEN = 0.95  # where the recogniser is certain of each character these must be what is written, but for particles


class Hit(msgspec.Struct, frozen=True, gc=False):
    """A family was said."""

    family: str
    phrase: str
    role: Role
    speaker: int
    turn: int
    start: int
    end: int
    span: Span
    score: float
    sure: bool
    quote: str
    why: tuple[Why, ...]
    trial: Outcome
    parts: tuple[tuple[str, RawHit], ...]  # of the phrase, and where each was heard; a frame has none

    def evidence(self, what: Why) -> Evidence:
        """As evidence. A frame is a pattern: its phrase is the family's name, and it has no likeness."""
        score = round(self.score, 3) if self.parts else None
        return Evidence(self.span, self.role, what.zh, what.en, self.quote, self.phrase, score)


WEAK = Why("这种说法可能另有所指", "this wording can mean something else")
GREY = Why("读音相近，但不能确定说的就是这句话", "it sounds close, but not surely this phrase")
LIKE_A_FRAME = Why("像这类说法，但有几个字没有听准", "like this kind of sentence, but not every word is sure")
DOUBTED = Why("这一段的文字不可靠", "the words of this stretch are not to be trusted")
QUOTED = Why("可能是在引述或否认这句话", "the phrase may be quoted or denied")
DENIED = Why("再听一遍，听到的不是这句话", "heard a second time it was another phrase")
FAIR = Why("前后的措辞不像不该说的话", "the words around it are not worded like what must not be said")
EXCLUDED = Why("更像是另一句正常的话", "it is rather another, harmless phrase")


def family_hits(
    conversation: Conversation,
    found: Found,
    texts: TurnTexts,
    family: Family,
    quotes: Quotes,
    by_sound: bool = False,
) -> tuple[Hit, ...]:
    """All hits of one family by anybody, in order of time, one per place.

    Where several forms match the same place the surest, then best, then longest is kept.

    Args:
        conversation: the call,
        found: what was found in it,
        texts: its turns,
        family: what is looked for,
        quotes: what is quoted there.
        by_sound: frames also fit doubted words of the agent by their sound.
    """
    said = list(_said(conversation.turns, found, texts, family, by_sound))
    if not said:
        return ()
    turns, doubts = conversation.turns, conversation.doubts
    excluded: dict[int, list[tuple[RawHit, str]]] = {}
    for form, hit in found.forms(family.exclusions, family.gap):
        excluded.setdefault(hit.turn, []).append((_with_stutter(hit, texts), form))
    for hit in _framed(turns, texts, family.except_frames, by_sound):  # 我怎么知道很抱歉 lacks the 您 of what excuses
        excluded.setdefault(hit.turn, []).append((_with_stutter(hit, texts), ""))
    candidates: list[tuple[tuple[float, ...], RawHit, str, tuple[Why, ...]]] = []
    for hit, form, weak in said:
        if family.only != "anywhere" and not _placed(hit, texts[hit.turn].text, family.only):
            continue
        whys = [WEAK] if weak else []
        if not hit.is_sure:
            whys.append(GREY if hit.parts else LIKE_A_FRAME)
        if hit.turn in excluded:
            close = [e for e, other in excluded[hit.turn] if _rather(e, other, hit, form)]
            if any(e.is_sure and e.score >= hit.score - SAME for e in close):
                continue
            if close:
                if weak and not hit.is_sure:  # 星请 of 周星请问 is no 心情
                    continue
                whys.append(EXCLUDED)
        if quotes.hold(hit) or quotes.retell(hit, turns, texts) or quotes.name(hit, turns, texts):
            whys.append(QUOTED)
        if doubts and _doubted(conversation, turns[hit.turn], hit.span):
            whys.append(DOUBTED)
        order = (bool(whys), -hit.score, hit.start - hit.end, hit.turn, hit.start)
        candidates.append((order, hit, form, tuple(whys)))
    candidates.sort(key=itemgetter(0))
    kept: dict[int, list[Hit]] = {}
    for _, hit, form, why in candidates:
        others = kept.setdefault(hit.turn, [])
        if any(hit.start < k.end and k.start < hit.end for k in others):
            continue
        turn = turns[hit.turn]
        others.append(
            Hit(
                family.id, form, turn.role, turn.speaker, hit.turn, hit.start, hit.end, hit.span,
                hit.score, not why, hit.quote, why, hit.trial, tuple(zip(parts(form), hit.parts, strict=False)),
            )
        )  # fmt: skip
    return tuple(sorted((h for hits in kept.values() for h in hits), key=in_time))


def _said(
    turns: Sequence[Turn], found: Found, texts: TurnTexts, family: Family, by_sound: bool
) -> Iterator[tuple[RawHit, str, bool]]:
    """Where a family was heard: the hit, its form (a frame's is the family's name), whether weak."""
    for form, hit in found.forms(family.forms, family.gap):
        yield hit, form, False
    for forms, weak in ((family.also, False), (family.weak, True)):
        for form, hit in found.forms(forms, family.gap, NEARLY):
            certain = hit.score < EXACT and texts.certain(hit)
            if not certain or (hit.score >= WRITTEN and (hit.is_sure or not weak)):
                yield hit, form, weak
    for hit in _framed(turns, texts, family.frames, by_sound, loose=True):
        yield hit, family.name, False
    for hit in _framed(turns, texts, family.unnamed_frames):
        yield msgspec.structs.replace(hit, sure=True), family.name, False  # names are seldom recognised
    for hit in _framed(turns, texts, family.weak_frames):
        yield hit, family.name, True


def _framed(
    turns: Sequence[Turn],
    texts: TurnTexts,
    frames: tuple[str, ...],
    by_sound: bool = False,
    loose: bool = False,
) -> Iterator[RawHit]:
    """Where frames fit: surely in words that are to be believed, and never by their sound alone."""
    if not frames:  # most families have none
        return
    for place, fits in texts.lines.find(frames).items():
        turn, text = turns[place], texts[place]
        for start, end, _ in fits:
            each = text.probabilities(turn, start, end)
            sure = sum(each) >= CONFIDENT * len(each)
            yield Joined(place, start, end, text.span(turn, start, end), 1.0, sure, text.text[start:end])
    if not by_sound:
        return
    for place, start, end in texts.only_by_sound([frames], Role.AGENT, ACCUSING, loose):
        if all(p >= BELIEVED for p in texts[place].probabilities(turns[place], start, end)):
            continue  # nothing of it was heard badly
        span = texts[place].span(turns[place], start, end)
        yield Joined(place, start, end, span, BY_SOUND, False, texts[place].text[start:end])


def apart(places: Iterable[tuple[int, int, int]]) -> int:
    """How many of the places (turn, first character, one behind the last) share no character: the most there can be."""
    count, last = 0, (-1, 0)
    for turn, start, end in sorted(places, key=itemgetter(0, 2)):
        if turn != last[0] or start >= last[1]:
            count, last = count + 1, (turn, end)
    return count


def in_time(hit: Hit) -> tuple[int, int, int]:
    """What hits are sorted by."""
    return hit.span.start_ms, hit.turn, hit.start


def _with_stutter(hit: RawHit, texts: TurnTexts) -> RawHit:
    """The hit from where its first syllable is first said: 我我怎么知道您的 is 我怎么知道您的, stuttered."""
    text, start = texts[hit.turn].canonical, hit.start
    while 0 < start < len(text) and text[start - 1] == text[start]:
        start -= 1
    return msgspec.structs.replace(hit, start=start) if start < hit.start else hit


def _rather(longer: RawHit, other: str, hit: RawHit, form: str) -> bool:
    """True when a longer, harmless phrase around a hit sounds nearly as well, and what it has more was heard, too."""
    if not (longer.start <= hit.start and hit.end <= longer.end and longer.score >= hit.score - NEAR):
        return False
    if longer.end - longer.start <= hit.end - hit.start:
        return False
    whole, part = meaningful(other), meaningful(form)
    if whole <= part:
        if longer.trial == "refuted" and hit.score >= EXACT:  # 你为什么要这样做很抱歉 holds no 您为什么这样做能
            return False
        # 不是这样的吗: what asks must have been heard
        return other[-1:] not in ASKING or longer.score >= hit.score - PARTICLE
    unheard = (1 - longer.score) * whole - (1 - hit.score) * part  # 我怎么知道很抱歉 is not 我怎么知道您的
    return unheard <= UNHEARD * (whole - part)


def second_look(hit: RawHit, phrase: str, texts: TurnTexts) -> RawHit:
    """The hit, with what its characters say: less sure where a syllable is lost, or another phrase altogether."""
    if hit.score >= EXACT:
        return hit
    if done_for_you(phrase, texts[hit.turn].text, hit.start):
        return msgspec.structs.replace(hit, look="other")
    said, probabilities = texts.heard(hit)
    found = difference(phrase, said, probabilities)
    confident = sum(probabilities) >= CONFIDENT * len(probabilities)
    if found.is_other_phrase or (found.is_unsure and confident and not hit.sure):
        return msgspec.structs.replace(hit, look="other")
    unsure = found.is_unsure or texts.is_cut(hit)
    return msgspec.structs.replace(hit, look="unsure") if unsure else hit


def _placed(hit: RawHit, text: str, only: str) -> bool:
    """True when the hit lies where its family must: fillers before it and particles behind it don't count."""
    at_start = all(c in FILLERS or c in PARTICLES for c in text[: hit.start])
    at_end = all(c in FILLERS or c in PARTICLES for c in text[hit.end :])
    return {"start": at_start, "end": at_end, "turn": at_start and at_end}[only]


def _doubted(conversation: Conversation, turn: Turn, span: Span) -> bool:
    return any(d.speaker == turn.speaker and (d.span & span) for d in conversation.doubts)
