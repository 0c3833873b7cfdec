"""Phrases that may have been said, tried on the sound itself.

The recogniser's text decides alone where a phrase is in it, or nothing like it is. In between it is asked once more:
the phrase is put in the place of the words it resembles, and both texts are scored on the same sound. A wrong word
that the recogniser only just preferred falls short by little; a phrase that nobody said, by much.

    words, second readings ─► candidates ─► the stretches of speech around each ─► texts with and without the phrase
                                                                                                             ─► trials

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

from analyzer.call.types import Legs, Role, Samples
from analyzer.settings import fingerprint
from analyzer.spans import Span
from analyzer.speech.counterpart import counterpart
from analyzer.speech.difference import EXACT, difference
from analyzer.speech.mandarin import char_count, simplify, spoken_in
from analyzer.speech.marks import AGENT, NEARLY, unmarked
from analyzer.speech.packing import PackingSettings, Window, pack, sound_of, stretches_of
from analyzer.speech.recognizer import ScoredToken, SpeechRecognizer
from analyzer.speech.sound import MAX_SYLLABLES, WALL, PhraseSounds, SoundText, meaningful
from analyzer.speech.threshold import threshold
from analyzer.speech.transcribe import leg_of
from analyzer.speech.types import Reading, ReadSyllable, SoundReading, Speaker, Trial, VoiceMap, Word, in_order

LONGEST_MS = 30_000  # what the recogniser hears at once
LEAST_READ = 0.2  # what is read anywhere resembles a phrase so much
AROUND_MS = 400
_SURE = ((2, 0.97), (MAX_SYLLABLES, 0.82))  # from here on the words surely sound like a phrase of so many syllables


@dataclass(frozen=True, slots=True)
class TrialSettings:
    """Which phrases are tried.

    Args:
        packing: windows a phrase is tried in: long enough for context, short because each is encoded anew.
        apart_ms: no phrase goes on over a longer pause.
        least_syllables: that carry meaning; shorter phrases resemble everything.
        floors: scores by sound from which a phrase of up to so many syllables is tried.
        read_floors: the same where only the syllables read off the sound resemble it.
        least_read: a phrase that the syllables read off the sound resemble less was not said.
        most_behind: nor one that they resemble so much less than the words recognised.
        clear: from this score on the text alone decides.
        nearly: from this score on words sound like a phrase that is asked for with `NEARLY` alone.
        doubtful: where the recogniser gives every word at least this probability, it is not asked again.
        read_doubtful: where its words have at least this probability on average, what the sound resembles is not tried.
        a_place: how many phrases are tried in one place, the most alike first; those as alike are tried too.
        a_window: and in one window; `heard_a_window` of those that the words there sound like.
    """

    packing: PackingSettings = field(default_factory=lambda: PackingSettings(window_ms=5_000))
    apart_ms: int = 1_500
    least_syllables: int = 3
    floors: tuple[tuple[int, float], ...] = ((4, 0.7), (6, 0.63), (MAX_SYLLABLES, 0.6))
    read_floors: tuple[tuple[int, float], ...] = ((4, 0.8), (MAX_SYLLABLES, 0.75))
    least_read: float = 0.6
    most_behind: float = 0.2
    clear: float = 0.82
    nearly: float = 0.9
    doubtful: float = 0.7
    read_doubtful: float = 0.8
    a_place: int = 1
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
        index = _compile(phrases, activity.speaker in agents, settings)
        tried = _candidates(index, own, again, read, settings)
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
class _Index:
    """Phrases to be searched for together."""

    phrases: tuple[str, ...]
    sounds: PhraseSounds


@dataclass(frozen=True, slots=True)
class _Indexes:
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
def _compile(phrases: tuple[str, ...], is_agent: bool, settings: TrialSettings) -> _Indexes:
    """The phrases long enough to be tried; kept, so that every call of a batch shares it."""
    own = [p for p in phrases if is_agent or not p.startswith(AGENT)]
    plain = dict.fromkeys(unmarked(p) for p in own if NEARLY not in p)
    nearly = dict.fromkeys(unmarked(p) for p in own if NEARLY in p)
    long = tuple(p for p in plain if meaningful(p) >= settings.least_syllables)
    heard = tuple(p for p in nearly if meaningful(p) > 1)
    floors = [threshold(char_count(p)).unsure if p in plain else settings.nearly for p in heard]
    return _Indexes(
        _Index(long, PhraseSounds(long, [_floor(p, settings.floors) for p in long])),
        _Index(heard, PhraseSounds(heard, floors)),
        frozenset(heard),
    )


def _floor(phrase: str, floors: tuple[tuple[int, float], ...]) -> float:
    return next((floor for most, floor in floors if char_count(phrase) <= most), 1.0)


@dataclass(frozen=True, slots=True)
class _Candidate:
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


@dataclass(frozen=True, slots=True)
class _Place:
    """A window, the words in it, `[first, end)`, and what is tried there."""

    window: Window
    first: int
    end: int
    tried: tuple[_Candidate, ...]


def _candidates(
    asked: _Indexes,
    words: Sequence[Word],
    again: Sequence[Word],
    read: Sequence[ReadSyllable],
    settings: TrialSettings,
) -> list[_Candidate]:
    """What is worth trying of all that a speaker said, the most alike first, few in one place.

    A phrase that is clearly there ends the matter for those that lie inside it. What the words sound like though they
    are written otherwise is tried all the same. What words resemble and what the sound resembles doesn't compete: their
    scores can't be compared.
    """
    index = asked.misheard
    found = _resembling(index, words, settings)
    clear = [c for c in found if c.score >= settings.clear]
    open_ones = [c for c in found if c.score < settings.clear]
    open_ones += _of_words(words, again, _resembling(index, again, settings))
    syllables = [Word(s.text, s.span, s.strength) for s in read]
    sounding = [replace(c, sounding=True) for c in _of_words(words, syllables, _sounding(index, read))]
    doubted = [w.probability < settings.doubtful for w in words]
    tried: list[_Candidate] = []
    for candidates in (open_ones, sounding):
        kept: list[_Candidate] = []
        for one in sorted(candidates, key=_order):
            if one.first < one.end and not any(doubted[one.first : one.end]):
                continue
            if one.sounding and not _worth_trying(one, words, settings):
                continue
            if any(_settles(c, one) for c in clear):
                continue
            if sum(k.score > one.score and _same_place(one, k) for k in kept) >= settings.a_place:
                continue
            if all(k.phrase != one.phrase or not _same_place(one, k) for k in (*tried, *kept)):
                kept.append(one)
        tried += [one for one in kept if not any(c.phrase == one.phrase and _same_place(one, c) for c in clear)]
    respelled = [c for c in _resembling(asked.heard, words, settings) if _is_respelled(c, words, always=True)]
    for one in (c for c in clear if c.phrase not in asked.listed):
        settled = any(c.phrase != one.phrase and _settles(c, one) for c in clear)
        if not settled and _is_respelled(one, words, always=False):
            respelled.append(one)
    tried += [
        replace(one, respelled=True)
        for one in sorted(respelled, key=_order)
        if all(k.phrase != one.phrase or not _same_place(one, k) for k in tried)
    ]
    if not read:
        return tried
    there = [replace(one, read=_read_there(one.phrase, one, read)) for one in tried]
    return [one for one in there if one.read >= settings.least_read and not _is_behind(one, words, read, settings)]


def _settles(clear: _Candidate, one: _Candidate) -> bool:
    """True where a phrase that is clearly there is at least as alike as what lies inside it."""
    return clear.first <= one.first and one.end <= clear.end and clear.score >= one.score


def _worth_trying(one: _Candidate, words: Sequence[Word], settings: TrialSettings) -> bool:
    """Whether what the sound resembles is alike enough, and the recogniser unsure enough of what it has there."""
    own = [w.probability for w in words[one.first : one.end]]
    unsure = not own or sum(own) / len(own) < settings.read_doubtful
    return unsure and one.score >= _floor(one.phrase, settings.read_floors)


def _is_respelled(one: _Candidate, words: Sequence[Word], always: bool) -> bool:
    """True where other characters, one for each of the phrase's, keep words that sound like it from surely being it.

    With `always` also where they don't: before anybody is accused, the sound is asked.

    A phrase that has a syllable more isn't tried: a text takes one more word easily (我也没办法 for 我没办法).
    """
    if one.score >= EXACT:
        return False
    said, owner = spoken_in([w.text for w in words[one.first : one.end]])
    probabilities = [words[one.first + word].probability for word in owner]
    found = difference(one.phrase, said, probabilities)
    doubted = always or one.score < _floor(one.phrase, _SURE) or found.is_unsure or found.is_other_phrase
    return len(said) == found.syllables and not found.lost and doubted


def _of_words(words: Sequence[Word], other: Sequence[Word], found: Iterable[_Candidate]) -> list[_Candidate]:
    """What was found in another hearing, with the words it stands for."""
    out = []
    for one in found:
        first, end = counterpart(words, other, one.first, one.end)
        text = "".join(w.text for w in other[one.first : one.end])
        out.append(replace(one, first=first, end=end, again=text))
    return out


def _read_there(text: str, one: _Candidate, read: Sequence[ReadSyllable]) -> float:
    """How alike a text and the syllables read around a candidate's place are, however little."""
    near = [s for s in read if s.span & one.span.widen(AROUND_MS)]
    return max((m.score for m in PhraseSounds([text], [LEAST_READ]).search_read(near)), default=LEAST_READ)


def _is_behind(one: _Candidate, words: Sequence[Word], read: Sequence[ReadSyllable], settings: TrialSettings) -> bool:
    """True where the syllables read speak for the words recognised, and nothing is there for a trial to refute."""
    own = _plain("".join(w.text for w in words[one.first : one.end]))
    could_refute = not one.again and one.score >= threshold(char_count(one.phrase)).unsure
    if not own or could_refute:
        return False
    return _read_there(own, one, read) - one.read > settings.most_behind


def _resembling(index: _Index, words: Sequence[Word], settings: TrialSettings) -> list[_Candidate]:
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
            out.append(_Candidate(index.phrases[match.form], first, last + 1, match.score, span))
    return out


def _sounding(index: _Index, read: Sequence[ReadSyllable]) -> list[_Candidate]:
    """Phrases that the syllables read off the sound resemble."""
    found = index.sounds.search_read(read)
    return [
        _Candidate(index.phrases[m.form], m.first, m.last + 1, m.score, read[m.first].span | read[m.last].span)
        for m in found
    ]


def _order(one: _Candidate) -> tuple[float, int, int, str, str]:
    """The most alike first; of those as alike what the transcript itself has."""
    return -one.score, one.first, one.end, one.phrase, one.again


def _pieces(words: Sequence[Word], apart_ms: int) -> list[Sequence[Word] | str]:
    """Words with walls where a pause is too long for a phrase to go on."""
    cuts = [i for i in range(1, len(words)) if words[i].span.start_ms - words[i - 1].span.end_ms > apart_ms]
    runs = [words[a:b] for a, b in pairwise([0, *cuts, len(words)])]
    return [piece for run in runs for piece in (WALL, run)][1:]


def _same_place(a: _Candidate, b: _Candidate) -> bool:
    """More than half of the longer one lies in the other."""
    shared = a.span & b.span
    return shared is not None and 2 * shared.duration_ms > max(a.span.duration_ms, b.span.duration_ms)


def _places(
    tried: Sequence[_Candidate], words: Sequence[Word], stretches: Sequence[Span], settings: TrialSettings
) -> list[_Place]:
    """Windows for all candidates: the stretches of speech around each, shared by those that lie in one."""
    if not stretches:
        return []
    ends = [s.end_ms for s in stretches]
    homes = list(accumulate((min(bisect_right(ends, w.span.middle_ms), len(ends) - 1) for w in words), max))
    taken: dict[tuple[int, int], list[_Candidate]] = {}
    for one in sorted(tried, key=lambda c: (c.first, c.end)):
        at = min(bisect_right(ends, one.span.middle_ms), len(ends) - 1)
        inside = [at, *homes[one.first : one.end]]
        low, high = min(inside), max(inside)
        near = next((k for k in taken if k[0] <= low and high <= k[1]), None)
        taken.setdefault(near or _around((low, high), stretches, settings.packing), []).append(one)
    out = []
    for (low, high), those in taken.items():
        windows = pack(stretches[low : high + 1], replace(settings.packing, window_ms=LONGEST_MS))
        best = sorted((c for c in those if not c.respelled), key=_order)[: settings.a_window]
        best += sorted((c for c in those if c.respelled), key=_order)[: settings.heard_a_window]
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


def _plain(text: str) -> str:
    """Without marks: a phrase has none, and what they cost is nobody's voice."""
    return "".join(c for c in simplify(text) if c.isalnum() or c == " ")
