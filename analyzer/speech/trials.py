"""Phrases that may have been said, tried on the sound itself.

The recogniser's text decides alone where a phrase is in it, or nothing like it is. In between it is asked once more:
the phrase is put in the place of the words it resembles, and both texts are scored on the same sound. A wrong word
that the recogniser only just preferred falls short by little; a phrase that nobody said, by much.

    candidates ─► the stretches of speech around each ─► texts with and without the phrase ─► trials

What a trial costs is encoding its sound and aligning its texts: sounds are short, end at pauses, and are shared by
candidates that lie near each other; texts end one word after the phrase.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import accumulate
from operator import attrgetter
from typing import Protocol

from analyzer.call.types import Legs, Role, Samples
from analyzer.settings import fingerprint
from analyzer.spans import Span
from analyzer.speech.candidates import Candidate, CandidateSettings, asked_of, candidates, without_marks
from analyzer.speech.packing import PackingSettings, Window, pack, sound_of, stretches_of
from analyzer.speech.recognizer import ScoredToken, SpeechRecognizer
from analyzer.speech.transcribe import leg_of
from analyzer.speech.types import Reading, SoundReading, Speaker, Trial, VoiceMap, Word, in_order

LONGEST_MS = 30_000  # what the recogniser hears at once


@dataclass(frozen=True, slots=True)
class TrialSettings:
    """Which phrases are tried, and on how much sound.

    Args:
        candidates: which are worth trying.
        packing: windows a phrase is tried in: long enough for context, short because each is encoded anew.
        a_window: how many phrases are tried in one window, the most alike first.
        heard_a_window: and of those that the words there sound like.
    """

    candidates: CandidateSettings = field(default_factory=CandidateSettings)
    packing: PackingSettings = field(default_factory=lambda: PackingSettings(window_ms=5_000))
    a_window: int = 4
    heard_a_window: int = 8


class Said(Protocol):
    """Somebody's words: an utterance, a turn."""

    @property
    def speaker(self) -> int:
        """Who spoke."""

    @property
    def words(self) -> tuple[Word, ...]:
        """In order of time."""


def try_phrases(
    legs: Legs,
    voices: VoiceMap,
    words: Mapping[int, Sequence[Word]],
    readings: Sequence[Reading],
    sounds: Sequence[SoundReading],
    speakers: Iterable[Speaker],
    recognizer: SpeechRecognizer,
    phrases: tuple[str, ...],
    settings: TrialSettings | None = None,
) -> tuple[Trial, ...]:
    """Tries phrases where the words recognised only resemble them, or a second reading has them.

    Args:
        legs: the channels.
        voices: who speaks when.
        words: of each speaker, in order of time.
        readings: what a second hearing made of doubted speech.
        sounds: the syllables that were read off the sound.
        speakers: with their roles.
        recognizer: scores texts on sound.
        phrases: of a standard, without gaps. One with `NEARLY` before it is tried wherever the words sound like it, and
            nowhere else unless it is asked for without, too; one with `AGENT` only where the agent speaks.
        settings: which are tried, and in how much context.

    Returns:
        In order of speaker, time and phrase.
    """
    settings = settings or TrialSettings()
    agents = {s.index for s in speakers if s.role is Role.AGENT}
    trials: list[Trial] = []
    for activity in voices.activities:
        own = words.get(activity.speaker, ())
        again = [w for reading in readings if reading.speaker == activity.speaker for w in reading.words]
        read = [s for sound in sounds if sound.speaker == activity.speaker for s in sound.syllables]
        asked = asked_of(phrases, activity.speaker in agents, settings.candidates)
        tried = candidates(asked, own, again, read, settings.candidates)
        if tried:
            leg = leg_of(legs, activity.speaker).samples
            stretches = stretches_of(activity.speech, leg, legs.rate_hz, settings.packing)
            for place in _places(tried, own, stretches, settings):
                sound = sound_of(place.window, leg, legs.rate_hz)
                trials += _scored(activity.speaker, own[place.first : place.end], place, recognizer, sound)
    return tuple(sorted(trials, key=lambda t: (t.speaker, t.span, t.phrase)))


def words_of(said: Iterable[Said]) -> dict[int, list[Word]]:
    """Each speaker's words in order of time, from utterances or turns."""
    words: dict[int, list[Word]] = {}
    for one in said:
        words.setdefault(one.speaker, []).extend(one.words)
    return {speaker: in_order(own) for speaker, own in words.items()}


@lru_cache(maxsize=8)
def phrases_print(phrases: tuple[str, ...]) -> str:
    """Names a set of phrases: what was tried in a hearing. Kept, since a batch asks for every call."""
    return fingerprint(phrases)


@dataclass(frozen=True, slots=True)
class _Place:
    """A window, the words in it, `[first, end)`, and what is tried there."""

    window: Window
    first: int
    end: int
    tried: tuple[Candidate, ...]


def _places(
    tried: Sequence[Candidate], words: Sequence[Word], stretches: Sequence[Span], settings: TrialSettings
) -> list[_Place]:
    """Windows for all candidates: the stretches of speech around each, shared by those that lie in one."""
    if not stretches:
        return []
    ends = [s.end_ms for s in stretches]
    homes = list(accumulate((min(bisect_right(ends, w.span.middle_ms), len(ends) - 1) for w in words), max))
    taken: dict[tuple[int, int], list[Candidate]] = {}
    for one in sorted(tried, key=lambda c: (c.first, c.end)):
        at = min(bisect_right(ends, one.span.middle_ms), len(ends) - 1)
        inside = [at, *homes[one.first : one.end]]
        low, high = min(inside), max(inside)
        near = next((k for k in taken if k[0] <= low and high <= k[1]), None)
        taken.setdefault(near or _around((low, high), stretches, settings.packing), []).append(one)
    out = []
    for (low, high), those in taken.items():
        windows = pack(stretches[low : high + 1], replace(settings.packing, window_ms=LONGEST_MS))
        best = sorted((c for c in those if not c.respelled), key=attrgetter("order"))[: settings.a_window]
        best += sorted((c for c in those if c.respelled), key=attrgetter("order"))[: settings.heard_a_window]
        if len(windows) == 1:
            out.append(_Place(windows[0], bisect_left(homes, low), bisect_right(homes, high), tuple(best)))
    return out


def _around(inside: tuple[int, int], stretches: Sequence[Span], packing: PackingSettings) -> tuple[int, int]:
    """The stretches from one to another and their neighbours, as many as a window holds."""
    low, high = inside
    length = sum(s.duration_ms + packing.joint_ms for s in stretches[low : high + 1])
    grown = True
    while grown:
        grown = False
        for at in (low - 1, high + 1):
            if 0 <= at < len(stretches) and length + stretches[at].duration_ms <= packing.window_ms:
                length += stretches[at].duration_ms + packing.joint_ms
                low, high, grown = min(low, at), max(high, at), True
    return low, high


def _scored(
    speaker: int, words: Sequence[Word], place: _Place, recognizer: SpeechRecognizer, sound: Samples
) -> list[Trial]:
    """Tries what is to be tried in a place; every text ends one word after the phrase.

    Args:
        speaker: whose words they are.
        words: of the place.
        place: with the candidates.
        recognizer: scores texts on sound.
        sound: of the place's window.
    """
    texts = [without_marks(w.text) for w in words]
    at = [0, *accumulate(len(t) for t in texts)]
    whole = "".join(texts)
    # what stands for no words may lie behind the last of the place
    inside = [[min(max(0, edge - place.first), len(words)) for edge in (c.first, c.end)] for c in place.tried]
    found = [(c, first, end) for c, (first, end) in zip(place.tried, inside, strict=True)]
    behind = [min(end + 1, len(words)) for _, _, end in found]
    own = whole[: at[max(behind)]]
    others = [
        whole[: at[first]] + c.phrase + whole[at[end] : at[after]]
        for (c, first, end), after in zip(found, behind, strict=True)
    ]
    heard, *scored = recognizer.score(sound, [own, *others])
    trials = []
    for (c, first, end), after, other, tokens in zip(found, behind, others, scored, strict=True):
        before = _logs(heard, at[first], at[after])
        now = _logs(tokens, at[first], len(other))
        worst = min(_logs(tokens, at[first], at[first] + len(c.phrase)), default=0.0)
        span = words[first].span | words[end - 1].span if first < end else c.span
        ratio = sum(now) - sum(before)
        fits = round(ratio, 2), round(worst, 2)
        trials.append(Trial(c.phrase, speaker, span, c.score, *fits, c.again, c.read, c.sounding, c.respelled))
    return trials


def _logs(tokens: Sequence[ScoredToken], start: int, end: int) -> list[float]:
    """Log probabilities of the tokens that stand for characters of `[start, end)`."""
    return [t.log_probability for t in tokens if t.start < end and t.end > start]
