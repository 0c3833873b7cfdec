"""Phrases of a standard in the turns of a call: which sound alike, where, and which of them are sure.

All phrases of a standard are searched for together, once per call. What a hit amounts to (families, exclusions,
quotations) is decided in `rules/checks/hits.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from analyzer.measure.types import Conversation, Turn
from analyzer.rules.checks.hits import RawHit
from analyzer.spans import Span
from analyzer.speech.confusable import NEGATORS
from analyzer.speech.mandarin import char_count, spoken
from analyzer.speech.sound import JOIN, WALL, Match, PhraseSounds, SoundText, canon
from analyzer.speech.syllables import readings
from analyzer.speech.types import Word

JOIN_MS = 1500  # a speaker's next turn sooner than this may carry a phrase on
UNSURE_PROBABILITY = 0.3  # words below this on average make no sure hit


@dataclass(frozen=True, slots=True)
class Threshold:
    """Scores from which a phrase of some length counts: below `unsure` it wasn't said, from `sure` on it was."""

    unsure: float
    sure: float


def threshold(syllables: int) -> Threshold:
    """Short phrases need to sound exactly alike, long ones may lose a syllable. See docs/phrases.md for the figures."""
    if syllables <= 1:
        return Threshold(0.97, 1.0)
    if syllables == 2:
        return Threshold(0.92, 0.97)
    if syllables <= 4:
        return Threshold(0.75, 0.82)
    return Threshold(0.72, 0.78)


@dataclass(frozen=True, slots=True)
class PhraseIndex:
    """Phrases with their syllables worked out. Build it once a standard, with `compile_phrases`."""

    phrases: tuple[str, ...]
    lengths: tuple[int, ...]
    sounds: PhraseSounds


@lru_cache(maxsize=8)
def compile_phrases(phrases: tuple[str, ...]) -> PhraseIndex:
    """The index of these phrases (without gaps); kept, so that every call of a batch shares it."""
    lengths = tuple(char_count(p) for p in phrases)
    return PhraseIndex(phrases, lengths, PhraseSounds(phrases, [threshold(n).unsure for n in lengths]))


class SoundSearch:
    """Finds phrases by sound in the turns of one call.

    Args:
        conversation: turns with words; a turn without words is taken as spoken evenly over its span.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._turns = conversation.turns
        self._words = [_words_of(t) for t in self._turns]
        self._order = _streams(self._turns)
        self._text = SoundText.of([p if isinstance(p, str) else self._words[p] for p in self._order])
        self._texts, self._place = self._lay_out()
        self._flat = [
            (t, w) for p in self._order if not isinstance(p, str) for t, w in ((p, w) for w in self._words[p])
        ]

    def _lay_out(self) -> tuple[list[str], list[tuple[int, int, int]]]:
        """The text of each turn, and for every syllable its turn and characters there."""
        owner = [p for p in self._order if not isinstance(p, str) for _ in self._words[p]]
        texts = [""] * len(self._turns)
        place = []
        for chars, word in zip(self._text.chars, self._text.words, strict=True):
            turn = owner[word] if word >= 0 else -1
            start = len(texts[turn]) if turn >= 0 else 0
            if turn >= 0:
                texts[turn] += chars
            place.append((turn, start, start + len(chars)))
        return texts, place

    def texts(self) -> Sequence[str]:
        """The spoken characters of each turn, without punctuation."""
        return self._texts

    def find(self, phrases: Sequence[str]) -> Mapping[str, Sequence[RawHit]]:
        """Every hit of every phrase, in order of time."""
        index = compile_phrases(tuple(phrases))
        found: dict[str, list[RawHit]] = {}
        for match in index.sounds.search(self._text):
            hit = self._hit(index, match)
            if hit is not None:
                found.setdefault(index.phrases[match.form], []).append(hit)
        return {p: sorted(hits, key=lambda h: (h.span.start_ms, h.turn, h.start)) for p, hits in found.items()}

    def _hit(self, index: PhraseIndex, match: Match) -> RawHit | None:
        inside = [i for i in range(match.first, match.last + 1) if self._text.words[i] >= 0]
        if not inside:
            return None
        length = index.lengths[match.form]
        turn, start, end = self._place[inside[0]]
        for i in inside[1:]:
            if self._place[i][0] == turn:
                end = self._place[i][2]
        exact = match.score >= 1.0
        if length == 1 and not exact and len(self._texts[turn]) > 2:
            return None  # another character of the same sound, inside a sentence
        words = [self._flat[k][1] for k in sorted({self._text.words[i] for i in inside})]
        span = _span(words, [self._turns[t] for t in sorted({self._place[i][0] for i in inside})])
        probability = sum(w.probability for w in words) / len(words)
        sure = (
            match.score >= threshold(length).sure
            and (exact or probability >= UNSURE_PROBABILITY)
            and not _turned_round(index.phrases[match.form], [self._text.keys[i] for i in inside])
        )
        quote = "".join(self._text.chars[i] for i in inside)
        return RawHit(turn, start, end, span, match.score, sure, quote)


def _words_of(turn: Turn) -> tuple[Word, ...]:
    if turn.words:
        return turn.words
    said = spoken(turn.text)
    if not said:
        return ()
    each = turn.span.duration_ms / len(said)
    start = turn.span.start_ms
    return tuple(
        Word(s.latin or s.char, Span(start + int(i * each), start + int((i + 1) * each)), 1.0)
        for i, s in enumerate(said)
    )


def _streams(turns: Sequence[Turn]) -> list[int | str]:
    """Each speaker's turns one after the other, with what lies between them."""
    order: list[int | str] = []
    for speaker in sorted({t.speaker for t in turns}):
        last: Turn | None = None
        for at, turn in enumerate(turns):
            if turn.speaker != speaker:
                continue
            if order:
                near = last is not None and turn.span.start_ms - last.span.end_ms <= JOIN_MS
                order.append(JOIN if near else WALL)
            order.append(at)
            last = turn
    return order


def _span(words: Sequence[Word], turns: Sequence[Turn]) -> Span:
    """From the first to the last word, kept inside the speech of the turns they lie in."""
    whole = turns[0].span | turns[-1].span
    heard = Span(words[0].span.start_ms, max(words[-1].span.end_ms, words[0].span.start_ms))
    return (heard & whole) or turns[0].span


_NEGATING = frozenset(r for n in ("不", "没", "别") for r in readings(n)[:1])


def _turned_round(phrase: str, heard: Sequence[str]) -> bool:
    """True when a negation was put in, or one of the phrase's has nothing in its place that sounds like one."""
    wanted = sum(s.char in NEGATORS for s in spoken(phrase))
    if sum(key in NEGATORS for key in heard) > wanted:
        return True
    return (
        sum(bool(_NEGATING & set(readings(canon(key)))) or key in NEGATORS for key in heard if len(key) == 1) < wanted
    )
