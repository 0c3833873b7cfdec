"""Which phrases of a standard are worth trying on the sound, and in place of which words (`speech/trials.py`).

words, second readings, syllables read off the sound ─► what resembles a phrase ─► the most alike of each place
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise
from operator import attrgetter

from analyzer.spans import Span
from analyzer.speech.clauses import cuts_off, marks_in
from analyzer.speech.counterpart import counterpart
from analyzer.speech.difference import EXACT, Difference, difference
from analyzer.speech.mandarin import char_count, simplify, spoken_in
from analyzer.speech.marks import AGENT, NEARLY, unmarked
from analyzer.speech.sound import MAX_SYLLABLES, WALL, PhraseSounds, SoundText, meaningful
from analyzer.speech.threshold import threshold
from analyzer.speech.types import ReadSyllable, Word

LEAST_READ = 0.2  # what is read anywhere resembles a phrase so much
AROUND_MS = 400


@dataclass(frozen=True, slots=True)
class CandidateSettings:
    """Which phrases are worth trying.

    Args:
        apart_ms: no phrase goes on over a longer pause.
        least_syllables: that carry meaning; shorter phrases resemble everything.
        floors: scores by sound from which a phrase of up to so many syllables is tried.
        read_floors: the same where only the syllables read off the sound resemble it.
        least_read: a phrase that the syllables read off the sound resemble less was not said.
        most_behind: nor one that they resemble so much less than the words recognised.
        clear: from this score on the text alone decides.
        nearly: from this score on words sound like a phrase that is asked for with `NEARLY` alone.
        doubtful: where the recogniser gives every word at least this probability, it is not asked again.
        read_instead: unless the syllables read off the sound resemble the phrase so much, and those words less.
        read_doubtful: where its words have at least this probability on average, what the sound resembles is not tried.
        a_place: how many phrases are tried in one place, the most alike first; those as alike are tried too.
    """

    apart_ms: int = 1_500
    least_syllables: int = 3
    floors: tuple[tuple[int, float], ...] = ((4, 0.7), (6, 0.63), (MAX_SYLLABLES, 0.6))
    read_floors: tuple[tuple[int, float], ...] = ((4, 0.8), (MAX_SYLLABLES, 0.75))
    least_read: float = 0.6
    most_behind: float = 0.2
    clear: float = 0.82
    nearly: float = 0.9
    doubtful: float = 0.7
    read_instead: float = 0.95
    read_doubtful: float = 0.8
    a_place: int = 1


@dataclass(frozen=True, slots=True)
class _Index:
    """Phrases to be searched for together."""

    phrases: tuple[str, ...]
    sounds: PhraseSounds


@dataclass(frozen=True, slots=True)
class Asked:
    """What one party is asked about.

    Args:
        misheard: what the words need only resemble.
        heard: what is tried wherever they sound like it, however surely, and whatever else is there.
        listed: of these, as a set.
    """

    misheard: _Index
    heard: _Index
    listed: frozenset[str]


@lru_cache(maxsize=8)
def asked_of(phrases: tuple[str, ...], is_agent: bool, settings: CandidateSettings) -> Asked:
    """The phrases long enough to be tried; kept, so that every call of a batch shares it."""
    own = [p for p in phrases if is_agent or not p.startswith(AGENT)]
    plain = dict.fromkeys(unmarked(p) for p in own if NEARLY not in p)
    nearly = dict.fromkeys(unmarked(p) for p in own if NEARLY in p)
    long = tuple(p for p in plain if meaningful(p) >= settings.least_syllables)
    heard = tuple(p for p in nearly if meaningful(p) > 1)
    floors = [threshold(char_count(p)).unsure if p in plain else settings.nearly for p in heard]
    return Asked(
        _Index(long, PhraseSounds(long, [_floor(p, settings.floors) for p in long])),
        _Index(heard, PhraseSounds(heard, floors)),
        frozenset(heard),
    )


def _floor(phrase: str, floors: tuple[tuple[int, float], ...]) -> float:
    return next((floor for most, floor in floors if char_count(phrase) <= most), 1.0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A phrase and the words it would replace, `[first, end)`: none where a second hearing alone has it.

    Args:
        span: of the words that resemble it.
        again: those words, when they are of a second hearing or the syllables read off the sound.
        read: how alike the phrase and the syllables read off the sound there are; 0 where none are read at all.
        sounding: only the syllables read off the sound resemble it.
        respelled: the words sound like it, but are written with other characters.
    """

    phrase: str
    first: int
    end: int
    score: float
    span: Span
    again: str = ""
    read: float = 0.0
    sounding: bool = False
    respelled: bool = False

    @property
    def order(self) -> tuple[float, int, int, str, str]:
        """The most alike first; of those as alike what the transcript itself has."""
        return -self.score, self.first, self.end, self.phrase, self.again


def candidates(
    asked: Asked,
    words: Sequence[Word],
    again: Sequence[Word],
    read: Sequence[ReadSyllable],
    settings: CandidateSettings,
) -> list[Candidate]:
    """What is worth trying of all that a speaker said, the most alike first, few in one place.

    A phrase that is clearly there ends the matter for those that lie inside it. What the words sound like though they
    are written otherwise is tried all the same. What words resemble and what the sound resembles doesn't compete: their
    scores can't be compared.

    Args:
        asked: the party's phrases.
        words: of the speaker, in order of time.
        again: those of a second hearing.
        read: the syllables read off the sound.
        settings: what is worth trying.
    """
    found = _resembling(asked.misheard, words, settings)
    clear = [c for c in found if c.score >= settings.clear]
    by_words = [c for c in found if c.score < settings.clear]
    by_words += _of_words(words, again, _resembling(asked.misheard, again, settings))
    syllables = [Word(s.text, s.span, s.strength) for s in read]
    by_sound = [replace(c, sounding=True) for c in _of_words(words, syllables, _sounding(asked.misheard, read))]
    sounds = _Read(read)
    tried: list[Candidate] = []
    for likely in (by_words, by_sound):
        tried += _left_open(likely, clear, tried, words, sounds, settings)
    tried += _respelled(asked, clear, tried, words, settings)
    if not read:
        return tried
    there = [replace(one, read=sounds.alike(one.phrase, one.span)) for one in tried]
    alike = [one for one in there if one.read >= settings.least_read]
    return [one for one in alike if _could_refute(one) or not _is_behind(one, words, sounds, settings.most_behind)]


def _left_open(
    likely: Iterable[Candidate],
    clear: Sequence[Candidate],
    tried: Sequence[Candidate],
    words: Sequence[Word],
    sounds: _Read,
    settings: CandidateSettings,
) -> list[Candidate]:
    """Those where the recogniser doubts its words, or the other ear hears the phrase and not them.

    Nothing that is clearly there or more alike may keep them out.
    """
    kept: list[Candidate] = []
    for one in sorted(likely, key=attrgetter("order")):
        own = words[one.first : one.end]
        believed = bool(own) and all(w.probability >= settings.doubtful for w in own)
        left = believed or (one.sounding and not _worth_trying(one, words, settings))
        if left and not sounds.has(one, own, settings):
            continue
        if any(_settles(c, one) for c in clear):
            continue
        if sum(k.score > one.score and _same_place(one, k) for k in kept) >= settings.a_place:
            continue
        if not _is_among(one, (*tried, *kept)):
            kept.append(one)
    return [one for one in kept if not _is_among(one, clear)]


def _respelled(
    asked: Asked,
    clear: Sequence[Candidate],
    tried: Sequence[Candidate],
    words: Sequence[Word],
    settings: CandidateSettings,
) -> list[Candidate]:
    """What the words sound like though they are written otherwise."""
    # before anybody is accused the sound is asked, however like the phrase the words are
    found = [c for c in _resembling(asked.heard, words, settings) if _written_otherwise(c, words)]
    for one in (c for c in clear if c.phrase not in asked.listed):
        if any(c.phrase != one.phrase and _settles(c, one) for c in clear):
            continue
        unlike = _written_otherwise(one, words)
        if unlike and (unlike.is_unsure or unlike.is_other_phrase or _is_cut(one, words)):
            found.append(one)
    new = [one for one in found if not _is_among(one, tried)]
    return [replace(one, respelled=True) for one in sorted(new, key=attrgetter("order"))]


def _settles(clear: Candidate, one: Candidate) -> bool:
    """True where a phrase that is clearly there is at least as alike as what lies inside it."""
    return clear.first <= one.first and one.end <= clear.end and clear.score >= one.score


def _worth_trying(one: Candidate, words: Sequence[Word], settings: CandidateSettings) -> bool:
    """Whether what the sound resembles is alike enough, and the recogniser unsure enough of what it has there."""
    own = [w.probability for w in words[one.first : one.end]]
    unsure = not own or sum(own) / len(own) < settings.read_doubtful
    return unsure and one.score >= _floor(one.phrase, settings.read_floors)


def _written_otherwise(one: Candidate, words: Sequence[Word]) -> Difference | None:
    """How words that sound like a phrase differ from it, if other characters stand there, one for each of its own.

    A phrase that has a syllable more isn't tried: a text takes one more word easily (我也没办法 for 我没办法).
    """
    if one.score >= EXACT:
        return None
    said, owner = spoken_in([w.text for w in words[one.first : one.end]])
    probabilities = [words[one.first + word].probability for word in owner]
    found = difference(one.phrase, said, probabilities)
    return found if len(said) == found.syllables and not found.lost else None


def _is_cut(one: Candidate, words: Sequence[Word]) -> bool:
    """Whether a mark between clauses cuts something off what sounds like a phrase."""
    text = "".join(w.text for w in words[one.first : one.end])
    count = sum(map(len, spoken_in([text])[0]))
    return cuts_off(marks_in(text, count), 0, count)


def _of_words(words: Sequence[Word], other: Sequence[Word], found: Iterable[Candidate]) -> list[Candidate]:
    """What was found in another hearing, with the words it stands for."""
    out = []
    for one in found:
        first, end = counterpart(words, other, one.first, one.end)
        text = "".join(w.text for w in other[one.first : one.end])
        out.append(replace(one, first=first, end=end, again=text))
    return out


class _Read:
    """The syllables read off a speaker's sound, to be asked how alike a text and what was read in a place are."""

    def __init__(self, syllables: Sequence[ReadSyllable]) -> None:
        self._syllables = sorted(syllables, key=lambda s: s.span)
        self._starts = [s.span.start_ms for s in self._syllables]
        self._ends = list(accumulate((s.span.end_ms for s in self._syllables), max))

    def has(self, one: Candidate, words: Sequence[Word], settings: CandidateSettings) -> bool:
        """True where the phrase was read and the words recognised there were not, however sure they are."""
        own = without_marks("".join(w.text for w in words))
        if not own or not self._syllables:
            return False
        read = one.score if one.sounding else self.alike(one.phrase, one.span)
        return read >= settings.read_instead > self.alike(own, one.span)

    def alike(self, text: str, place: Span) -> float:
        """0 to 1, however little."""
        around = place.widen(AROUND_MS)
        first, end = bisect_right(self._ends, around.start_ms), bisect_left(self._starts, around.end_ms)
        near = self._syllables[first:end]
        return max((m.score for m in PhraseSounds([text], [LEAST_READ]).search_read(near)), default=LEAST_READ)


def _could_refute(one: Candidate) -> bool:
    """True where the words alone make a phrase doubtful: a trial may end the doubt."""
    return not one.again and one.score >= threshold(char_count(one.phrase)).unsure


def _is_behind(one: Candidate, words: Sequence[Word], read: _Read, most: float) -> bool:
    """True where the syllables read are so much more like the words recognised than like the phrase."""
    own = without_marks("".join(w.text for w in words[one.first : one.end]))
    return bool(own) and read.alike(own, one.span) - one.read > most


def _resembling(index: _Index, words: Sequence[Word], settings: CandidateSettings) -> list[Candidate]:
    """Phrases that sound somewhat like words."""
    if not words:
        return []
    text = SoundText.of(_pieces(words, settings.apart_ms))
    out = []
    for match in index.sounds.search(text):
        inside = [text.words[i] for i in range(match.first, match.last + 1) if text.words[i] >= 0]
        if inside:
            first, last = min(inside), max(inside)
            span = words[first].span | words[last].span
            out.append(Candidate(index.phrases[match.form], first, last + 1, match.score, span))
    return out


def _sounding(index: _Index, read: Sequence[ReadSyllable]) -> list[Candidate]:
    """Phrases that the syllables read off the sound resemble."""
    found = index.sounds.search_read(read)
    return [
        Candidate(index.phrases[m.form], m.first, m.last + 1, m.score, read[m.first].span | read[m.last].span)
        for m in found
    ]


def _pieces(words: Sequence[Word], apart_ms: int) -> list[Sequence[Word] | str]:
    """Words with walls where a pause is too long for a phrase to go on."""
    cuts = [i for i in range(1, len(words)) if words[i].span.start_ms - words[i - 1].span.end_ms > apart_ms]
    runs = [words[a:b] for a, b in pairwise([0, *cuts, len(words)])]
    return [piece for run in runs for piece in (WALL, run)][1:]


def _is_among(one: Candidate, others: Iterable[Candidate]) -> bool:
    """True when one of them is the same phrase in the same place."""
    return any(c.phrase == one.phrase and _same_place(one, c) for c in others)


def _same_place(a: Candidate, b: Candidate) -> bool:
    """More than half of the longer one lies in the other."""
    shared = a.span & b.span
    return shared is not None and 2 * shared.duration_ms > max(a.span.duration_ms, b.span.duration_ms)


def without_marks(text: str) -> str:
    """Without marks: a phrase has none, and what they cost is nobody's voice."""
    return "".join(c for c in simplify(text) if c.isalnum() or c == " ")
