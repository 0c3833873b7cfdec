"""Phrases that may have been said, tried on the sound itself.

The recogniser's text decides alone where a phrase is in it, or nothing like it is. In between it is asked once more:
the phrase is put in the place of the words it resembles, and both texts are scored on the same sound. A wrong word
that the recogniser only just preferred falls short by little; a phrase that nobody said, by much.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from analyzer.call.types import Legs, Samples
from analyzer.settings import fingerprint
from analyzer.speech.confusable import PARTICLES
from analyzer.speech.mandarin import char_count, simplify, spoken
from analyzer.speech.packing import PackingSettings, pack, sound_of, stretches_of
from analyzer.speech.recognizer import SpeechRecognizer
from analyzer.speech.sound import MAX_SYLLABLES, Match, PhraseSounds, SoundText, canon
from analyzer.speech.transcribe import leg_of
from analyzer.speech.types import Trial, VoiceMap, Word


@dataclass(frozen=True, slots=True)
class TrialSettings:
    """Which phrases are tried.

    Args:
        packing: windows a phrase is tried in: long enough for context, short because each is encoded anew.
        least_syllables: that carry meaning; shorter phrases resemble everything.
        floors: scores by sound from which a phrase of up to so many syllables is tried.
        clear: from this score on the text alone decides.
        doubtful: where the recogniser gives every word at least this probability, it is not asked again.
        a_place: how many phrases are tried in one place, the most alike first; those as alike are tried too.
        a_window: and in one window.
    """

    packing: PackingSettings = field(default_factory=lambda: PackingSettings(window_ms=6_000))
    least_syllables: int = 3
    floors: tuple[tuple[int, float], ...] = ((4, 0.72), (6, 0.65), (MAX_SYLLABLES, 0.6))
    clear: float = 0.82
    doubtful: float = 0.7
    a_place: int = 1
    a_window: int = 4


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
    recognizer: SpeechRecognizer,
    phrases: tuple[str, ...],
    settings: TrialSettings | None = None,
) -> tuple[Trial, ...]:
    """Tries phrases where the words recognised only resemble them.

    Args:
        legs: the channels.
        voices: who speaks when.
        words: of each speaker, in order of time.
        recognizer: scores texts on sound.
        phrases: of a standard, without gaps.
        settings: which are tried, and in how much context.

    Returns:
        In order of speaker, time and phrase.
    """
    settings = settings or TrialSettings()
    index = _compile(phrases, settings)
    trials: list[Trial] = []
    for activity in voices.activities:
        own = words.get(activity.speaker, ())
        leg = leg_of(legs, activity.speaker).samples
        at = 0
        for window in pack(stretches_of(activity.speech, leg, legs.rate_hz, settings.packing), settings.packing):
            end = window.pieces[-1].span.end_ms
            inside: list[Word] = []
            while at < len(own) and _middle(own[at]) < end:
                inside.append(own[at])
                at += 1
            tried = _candidates(index, inside, settings)
            if tried:
                sound = sound_of(window, leg, legs.rate_hz)
                trials += _scored(activity.speaker, inside, tried, recognizer, sound)
    return tuple(sorted(trials, key=lambda t: (t.speaker, t.span, t.phrase)))


def words_of(said: Iterable[Said]) -> dict[int, list[Word]]:
    """Each speaker's words in order of time, from utterances or turns."""
    words: dict[int, list[Word]] = {}
    for one in said:
        words.setdefault(one.speaker, []).extend(one.words)
    return {speaker: sorted(own, key=lambda w: (w.span, w.text)) for speaker, own in words.items()}


@lru_cache(maxsize=8)
def phrases_print(phrases: tuple[str, ...]) -> str:
    """Names a set of phrases: what was tried in a hearing. Kept, since a batch asks for every call."""
    return fingerprint(phrases)


@dataclass(frozen=True, slots=True)
class _Index:
    phrases: tuple[str, ...]
    sounds: PhraseSounds


@lru_cache(maxsize=4)
def _compile(phrases: tuple[str, ...], settings: TrialSettings) -> _Index:
    """The phrases long enough to be tried; kept, so that every call of a batch shares it."""
    long = tuple(p for p in phrases if _content(p) >= settings.least_syllables)
    floors = [next((f for most, f in settings.floors if char_count(p) <= most), 1.0) for p in long]
    return _Index(long, PhraseSounds(long, floors))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A phrase and the words it would replace, `[first, last]`."""

    phrase: str
    first: int
    last: int
    score: float


def _candidates(index: _Index, words: Sequence[Word], settings: TrialSettings) -> list[_Candidate]:
    """What is worth trying in a window, the most alike first, few in one place.

    A phrase that is clearly there ends the matter for those that lie inside it.
    """
    if not words:
        return []
    text = SoundText.of([words])
    found = [c for m in index.sounds.search(text) if (c := _candidate(index, text, m)) is not None]
    doubted = [w.probability < settings.doubtful for w in words]
    kept: list[_Candidate] = []
    clear: list[_Candidate] = []
    for one in sorted(found, key=lambda c: (-c.score, c.first, c.last, c.phrase)):
        if one.score >= settings.clear:
            clear.append(one)
            continue
        if not any(doubted[one.first : one.last + 1]):
            continue
        if any(c.first <= one.first and one.last <= c.last for c in clear):
            continue
        if sum(k.score > one.score and _same_place(one, k) for k in kept) >= settings.a_place:
            continue
        kept.append(one)
    return kept[: settings.a_window]


def _candidate(index: _Index, text: SoundText, match: Match) -> _Candidate | None:
    inside = [text.words[i] for i in range(match.first, match.last + 1) if text.words[i] >= 0]
    return _Candidate(index.phrases[match.form], min(inside), max(inside), match.score) if inside else None


def _same_place(a: _Candidate, b: _Candidate) -> bool:
    """More than half of the longer one lies in the other."""
    shared = min(a.last, b.last) - max(a.first, b.first) + 1
    return 2 * shared > max(a.last - a.first, b.last - b.first) + 1


def _scored(
    speaker: int, words: Sequence[Word], tried: Sequence[_Candidate], recognizer: SpeechRecognizer, sound: Samples
) -> list[Trial]:
    texts = [_plain(w.text) for w in words]
    with_phrase = ["".join([*texts[: c.first], c.phrase, *texts[c.last + 1 :]]) for c in tried]
    own, *others = recognizer.score(sound, ["".join(texts), *with_phrase])
    return [
        Trial(c.phrase, speaker, words[c.first].span | words[c.last].span, c.score, round(other - own, 2))
        for c, other in zip(tried, others, strict=True)
    ]


def _content(phrase: str) -> int:
    """Its syllables that carry meaning."""
    return sum(canon(s.char) not in PARTICLES for s in spoken(phrase))


def _plain(text: str) -> str:
    """Without marks: a phrase has none, and what they cost is nobody's voice."""
    return "".join(c for c in simplify(text) if c.isalnum() or c == " ")


def _middle(word: Word) -> int:
    return (word.span.start_ms + word.span.end_ms) // 2
