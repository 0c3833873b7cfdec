"""Stretches of one speaker's talk with their words, and which of them take the floor."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from statistics import fmean

from analyzer.measure.backchannels import asks, claims_floor, is_listener_token, is_nearly_token
from analyzer.spans import Span, Timeline
from analyzer.speech.mandarin import char_count
from analyzer.speech.types import Transcript, VoiceMap, Word

NEAR_MS = 1500  # farther away others don't matter to a stretch
_UNSURE = 0.5  # a word less likely than this is a guess
_FASTEST_MS = 0.012  # characters a ms; a recogniser that repeats itself writes 45 in a third of a second
_SURE_WORDS = 0.97  # mean probability; tokens were written as other words with up to 0.95


@dataclass(frozen=True, slots=True)
class FloorSettings:
    """What counts as a turn, an overlap and a silence.

    Args:
        unit_gap_ms: an inter-pausal unit has no gap of this length.
        stretch_gap_ms: units of one speaker closer than this are one stretch: one attempt to speak.
        event_ms: overlaps are recorded from this length.
        together_ms: two onsets closer than this are a simultaneous start.
        terminal_ms: coming in so shortly before the other's end is a terminal overlap.
        token_ms: longest speech of a listener's token when its words are known,
        wordless_token_ms: and when they are not.
        scrap_ms: so little speech under another's is a token unless its words are sure.
        token_gap_ms: without words, a gap after a token from which on what follows is another attempt.
        dead_air_ms: silence of both sides from which it is dead air.
        hold_ms: a silence announced or sounding like a hold is one from this length.
    """

    unit_gap_ms: int = 200
    stretch_gap_ms: int = 600
    event_ms: int = 300
    together_ms: int = 300
    terminal_ms: int = 500
    token_ms: int = 1500
    wordless_token_ms: int = 1000
    scrap_ms: int = 600
    token_gap_ms: int = 350
    dead_air_ms: int = 3000
    hold_ms: int = 3000


@dataclass(frozen=True, slots=True)
class Stretch:
    """Speech of one speaker without a long gap.

    Args:
        speaker: index.
        units: its inter-pausal units.
        text: what was recognised in it ("" when nothing was).
        words: with times good for finding, not for measuring.
        is_backchannel: a listener's token: the other kept the floor.
        takes_floor: whether the floor was this speaker's during or after it.
    """

    speaker: int
    units: Timeline
    text: str = ""
    words: tuple[Word, ...] = ()
    is_backchannel: bool = False
    takes_floor: bool = True

    @property
    def span(self) -> Span:
        """From the first unit's start to the last one's end."""
        return Span(self.units.spans[0].start_ms, self.units.spans[-1].end_ms)

    @property
    def is_guess(self) -> bool:
        """Whether the recogniser is sure of none of its words."""
        return bool(self.words) and max(w.probability for w in self.words) < _UNSURE

    @property
    def claims_floor(self) -> bool:
        """Whether its words want the floor, and are to be believed: likely, or not a recogniser's."""
        if not claims_floor(self.text) or char_count(self.text) > 1 + _FASTEST_MS * self.units.duration_ms:
            return False
        return not self.words or fmean(w.probability for w in self.words) >= _SURE_WORDS

    def is_scrap(self, settings: FloorSettings) -> bool:
        """Whether it is no longer than a listener's token misheard: longer where its words say that they may be one."""
        misheard = self.is_guess or is_nearly_token(self.text)
        return self.units.duration_ms <= (settings.wordless_token_ms if misheard else settings.scrap_ms)


def find_stretches(voices: VoiceMap, transcript: Transcript, settings: FloorSettings) -> tuple[Stretch, ...]:
    """All speakers' stretches in order of start, with their words, backchannels and floor decided."""
    speech = {a.speaker: a.speech.close_gaps(settings.unit_gap_ms) for a in voices.activities}
    raw: list[Stretch] = []
    for speaker, own in speech.items():
        others = Timeline(tuple(s for k, v in speech.items() if k != speaker for s in v))
        units = _with_words([Stretch(speaker, Timeline((s,))) for s in own], transcript, speaker)
        raw.extend(_group(units, others, settings))
    raw.sort(key=lambda s: (s.span.start_ms, s.speaker))
    everyone = by_speaker(raw)
    marked = [replace(s, is_backchannel=_is_backchannel(s, everyone, settings)) for s in raw]
    everyone = by_speaker(marked)
    return tuple(replace(s, takes_floor=not s.is_backchannel and _takes_floor(s, everyone)) for s in marked)


def by_speaker(stretches: Iterable[Stretch]) -> list[list[Stretch]]:
    """Each speaker's stretches in order of time, none over another.

    Args:
        stretches: of all speakers, in order of start.
    """
    out: dict[int, list[Stretch]] = {}
    for stretch in stretches:
        out.setdefault(stretch.speaker, []).append(stretch)
    return list(out.values())


def _group(units: list[Stretch], others: Timeline, settings: FloorSettings) -> list[Stretch]:
    """Units of one speaker in stretches. A token and what its speaker says next, while the other talks on, are two.

    So are a scrap, which may be a misheard token, and what comes after it.
    """
    groups: list[list[Stretch]] = []
    for unit in units:
        near = groups and unit.span.start_ms - groups[-1][-1].span.end_ms < settings.stretch_gap_ms
        if near and not _apart(groups[-1], unit, others, settings):
            groups[-1].append(unit)
        else:
            groups.append([unit])
    return [_joined(group) for group in groups]


def _joined(group: list[Stretch]) -> Stretch:
    """Units of one speaker as one stretch."""
    return Stretch(
        group[0].speaker,
        Timeline(tuple(u.span for u in group)),
        "".join(u.text for u in group),
        tuple(w for u in group for w in u.words),
    )


def _apart(group: list[Stretch], unit: Stretch, others: Timeline, settings: FloorSettings) -> bool:
    """Whether what was said so far was a token, and the unit begins something else."""
    if any(ms > settings.wordless_token_ms for ms in accumulate(u.units.duration_ms for u in group)):
        return False
    said, gap = _joined(group), Span(group[-1].span.end_ms, unit.span.start_ms)
    if not others.covered_ms(Span(gap.start_ms, gap.start_ms + 1)):
        return False  # the other had ended: this is an answer that goes on
    if is_listener_token(said.text) or (said.is_scrap(settings) and not any(u.claims_floor for u in group)):
        return True
    if said.text and unit.text:
        return False
    return gap.duration_ms >= settings.token_gap_ms and others.covered_ms(gap) > 0.4 * gap.duration_ms


def _with_words(units: list[Stretch], transcript: Transcript, speaker: int) -> list[Stretch]:
    """Gives every word of a speaker to the unit it lies in, or the nearest one."""
    if not units:
        return units
    texts: list[list[str]] = [[] for _ in units]
    words: list[list[Word]] = [[] for _ in units]
    starts = [u.span.start_ms for u in units]
    for utterance in transcript.utterances:
        if utterance.speaker != speaker:
            continue
        if not utterance.words:
            texts[_nearest(units, starts, utterance.span)].append(utterance.text)
            continue
        for word in utterance.words:
            at = _nearest(units, starts, word.span)
            words[at].append(word)
            texts[at].append(word.text)
    return [
        replace(u, text="".join(t).strip(), words=tuple(sorted(w, key=lambda x: (x.span.start_ms, x.span.end_ms))))
        for u, t, w in zip(units, texts, words, strict=True)
    ]


def _nearest(units: list[Stretch], starts: list[int], span: Span) -> int:
    """The unit that shares most time with a span, else the nearest."""
    last = bisect_left(starts, span.end_ms)
    first = max(0, bisect_left(starts, span.start_ms) - 1)
    best, best_key = min(first, len(units) - 1), (-1, -(10**9))
    for i in range(first, min(last + 1, len(units))):
        shared = span & units[i].span
        away = max(units[i].span.start_ms - span.end_ms, span.start_ms - units[i].span.end_ms, 0)
        key = (shared.duration_ms if shared else 0, -away)
        if key > best_key:
            best, best_key = i, key
    return best


def others_near(stretch: Stretch, everyone: list[list[Stretch]]) -> Iterator[Stretch]:
    """Stretches of other speakers near enough to matter.

    Args:
        stretch: whose neighbours are asked for.
        everyone: from `by_speaker`.
    """
    near = stretch.span.widen(NEAR_MS)
    for own in everyone:
        if own[0].speaker != stretch.speaker:
            first = bisect_right(own, near.start_ms, key=lambda s: s.span.end_ms)
            yield from own[first : bisect_left(own, near.end_ms, lo=first, key=lambda s: s.span.start_ms)]


def _is_backchannel(stretch: Stretch, everyone: list[list[Stretch]], settings: FloorSettings) -> bool:
    """A short token inside another's stretch, who goes on: the floor stays there.

    With words known they must all be a listener's; without, the length decides. After a question it is an answer,
    unless the one who asked was still speaking. A short text the recogniser is not sure of says as little as none.
    """
    spoken = stretch.units.duration_ms
    if spoken > settings.token_ms:
        return False
    if stretch.text:
        unsure = stretch.is_guess and spoken <= settings.scrap_ms
        if not (unsure or is_listener_token(stretch.text)):
            return False
    elif spoken > settings.wordless_token_ms:
        return False
    for other in others_near(stretch, everyone):
        first = stretch.span.start_ms - settings.together_ms  # both starting is not listening
        inside = other.span.start_ms < first and other.span.end_ms > stretch.span.end_ms
        if not inside:
            continue
        speaking = other.units.covered_ms(stretch.span)
        if speaking == 0 and asks(_text_until(other, stretch.span.start_ms)):
            continue
        return True
    return False


def _text_until(stretch: Stretch, at_ms: int) -> str:
    """What of a stretch was said before a time."""
    return "".join(w.text for w in stretch.words if w.span.start_ms < at_ms)


def _takes_floor(stretch: Stretch, everyone: list[list[Stretch]]) -> bool:
    """Not when it lies wholly inside another's stretch that was there before and goes on after."""
    for other in others_near(stretch, everyone):
        if other.is_backchannel:
            continue
        before = stretch.span.start_ms - other.span.start_ms
        if before >= 0 and other.span.end_ms > stretch.span.end_ms and (before > 0 or other.speaker < stretch.speaker):
            return False
    return True
