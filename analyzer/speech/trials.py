"""Phrases that may have been said, tried on the sound itself.

The recogniser's text decides alone where a phrase is in it, or nothing like it is. In between it is asked once more:
the phrase is put in the place of the words it resembles, and both texts are scored on the same sound. A wrong word
that the recogniser only just preferred falls short by little; a phrase that nobody said, by much.

    words ─► candidates ─► the stretches of speech around each ─► texts with and without the phrase ─► trials

What a trial costs is encoding its sound and aligning its texts: sounds are short, end at pauses, and are shared by
candidates that lie near each other; texts end one word after the phrase.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Protocol

from analyzer.call.types import Legs, Samples
from analyzer.settings import fingerprint
from analyzer.spans import Span
from analyzer.speech.confusable import PARTICLES
from analyzer.speech.mandarin import char_count, simplify, spoken
from analyzer.speech.packing import PackingSettings, Window, pack, sound_of, stretches_of
from analyzer.speech.recognizer import ScoredToken, SpeechRecognizer
from analyzer.speech.sound import MAX_SYLLABLES, WALL, Match, PhraseSounds, SoundText, canon
from analyzer.speech.transcribe import leg_of
from analyzer.speech.types import Trial, VoiceMap, Word

LONGEST_MS = 30_000  # what the recogniser hears at once


@dataclass(frozen=True, slots=True)
class TrialSettings:
    """Which phrases are tried.

    Args:
        packing: windows a phrase is tried in: long enough for context, short because each is encoded anew.
        apart_ms: no phrase goes on over a longer pause.
        least_syllables: that carry meaning; shorter phrases resemble everything.
        floors: scores by sound from which a phrase of up to so many syllables is tried.
        clear: from this score on the text alone decides.
        doubtful: where the recogniser gives every word at least this probability, it is not asked again.
        a_place: how many phrases are tried in one place, the most alike first; those as alike are tried too.
        a_window: and in one window.
    """

    packing: PackingSettings = field(default_factory=lambda: PackingSettings(window_ms=5_000))
    apart_ms: int = 1_500
    least_syllables: int = 3
    floors: tuple[tuple[int, float], ...] = ((4, 0.7), (6, 0.63), (MAX_SYLLABLES, 0.6))
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
        tried = _candidates(index, own, settings)
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


@dataclass(frozen=True, slots=True)
class _Place:
    """A window, the words in it, `[first, end)`, and what is tried there."""

    window: Window
    first: int
    end: int
    tried: tuple[_Candidate, ...]


def _candidates(index: _Index, words: Sequence[Word], settings: TrialSettings) -> list[_Candidate]:
    """What is worth trying of all that a speaker said, the most alike first, few in one place.

    A phrase that is clearly there ends the matter for those that lie inside it.
    """
    if not words:
        return []
    text = SoundText.of(_pieces(words, settings.apart_ms))
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
    return kept


def _pieces(words: Sequence[Word], apart_ms: int) -> list[Sequence[Word] | str]:
    """Words with walls where a pause is too long for a phrase to go on."""
    cuts = [i for i in range(1, len(words)) if words[i].span.start_ms - words[i - 1].span.end_ms > apart_ms]
    runs = [words[a:b] for a, b in pairwise([0, *cuts, len(words)])]
    return [piece for run in runs for piece in (WALL, run)][1:]


def _candidate(index: _Index, text: SoundText, match: Match) -> _Candidate | None:
    inside = [text.words[i] for i in range(match.first, match.last + 1) if text.words[i] >= 0]
    return _Candidate(index.phrases[match.form], min(inside), max(inside), match.score) if inside else None


def _same_place(a: _Candidate, b: _Candidate) -> bool:
    """More than half of the longer one lies in the other."""
    shared = min(a.last, b.last) - max(a.first, b.first) + 1
    return 2 * shared > max(a.last - a.first, b.last - b.first) + 1


def _places(
    tried: Sequence[_Candidate], words: Sequence[Word], stretches: Sequence[Span], settings: TrialSettings
) -> list[_Place]:
    """Windows for all candidates: the stretches of speech around each, shared by those that lie in one."""
    if not stretches:
        return []
    ends = [s.end_ms for s in stretches]
    homes = list(accumulate((min(bisect_right(ends, _middle(w)), len(ends) - 1) for w in words), max))
    taken: dict[tuple[int, int], list[_Candidate]] = {}
    for one in sorted(tried, key=lambda c: (c.first, c.last)):
        inside = homes[one.first], homes[one.last]
        near = next((k for k in taken if k[0] <= inside[0] and inside[1] <= k[1]), None)
        taken.setdefault(near or _around(inside, stretches, settings.packing), []).append(one)
    out = []
    for (low, high), those in taken.items():
        windows = pack(stretches[low : high + 1], replace(settings.packing, window_ms=LONGEST_MS))
        best = sorted(those, key=lambda c: (-c.score, c.first, c.last, c.phrase))[: settings.a_window]
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
    texts = [_plain(w.text) for w in words]
    at = [0, *accumulate(len(t) for t in texts)]
    whole = "".join(texts)
    found = [(c, c.first - place.first, c.last + 1 - place.first) for c in place.tried]
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
        span = words[first].span | words[end - 1].span
        trials.append(Trial(c.phrase, speaker, span, c.score, round(sum(now) - sum(before), 2), round(worst, 2)))
    return trials


def _logs(tokens: Sequence[ScoredToken], start: int, end: int) -> list[float]:
    """Log probabilities of the tokens that stand for characters of `[start, end)`."""
    return [t.log_probability for t in tokens if t.start < end and t.end > start]


def _content(phrase: str) -> int:
    """Its syllables that carry meaning."""
    return sum(canon(s.char) not in PARTICLES for s in spoken(phrase))


def _plain(text: str) -> str:
    """Without marks: a phrase has none, and what they cost is nobody's voice."""
    return "".join(c for c in simplify(text) if c.isalnum() or c == " ")


def _middle(word: Word) -> int:
    return (word.span.start_ms + word.span.end_ms) // 2
