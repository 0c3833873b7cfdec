"""Phrases of a standard in the turns of a call: which sound alike, where, and which of them are sure.

All phrases of a standard are searched for together, once per call. What a hit amounts to (families, exclusions,
quotations) is decided in `rules/checks/hits.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate

from analyzer.call.types import Role
from analyzer.measure.types import Conversation, Turn
from analyzer.rules.checks.guard import negations, turned_round
from analyzer.rules.checks.hits import CLOSE, second_look
from analyzer.rules.checks.rawhits import RawHit
from analyzer.rules.checks.turntexts import TurnTexts
from analyzer.settings import code_print
from analyzer.spans import Span
from analyzer.speech.difference import EXACT
from analyzer.speech.mandarin import char_count, spoken
from analyzer.speech.marks import AGENT, NEARLY, unmarked
from analyzer.speech.sound import JOIN, WALL, Match, PhraseSounds, SoundText
from analyzer.speech.threshold import threshold
from analyzer.speech.types import Word

# What decides where a phrase is heard, besides the phrase and the call.
_DECIDING = (
    "call.types", "measure.types", "rules.bounds", "rules.checks.answer", "rules.checks.families",
    "rules.checks.found", "rules.checks.framebounds", "rules.checks.framefits", "rules.checks.frameletters",
    "rules.checks.framelines", "rules.checks.frameneeds", "rules.checks.frames", "rules.checks.frametree",
    "rules.checks.guard", "rules.checks.hits", "rules.checks.loose", "rules.checks.mishearing", "rules.checks.quotes",
    "rules.checks.rawhits", "rules.checks.saidback", "rules.checks.turntexts", "rules.phrases", "rules.problem",
    "rules.types", "spans", "speech.clauses", "speech.coarse", "speech.confusable", "speech.difference",
    "speech.mandarin", "speech.marks", "speech.numbers", "speech.sound", "speech.syllables", "speech.threshold",
    "speech.types",
)  # fmt: skip
_LIBRARIES = ("numpy", "opencc-python-reimplemented", "pypinyin")

JOIN_MS = 1500  # a speaker's next turn sooner than this may carry a phrase on
UNSURE_PROBABILITY = 0.3  # words below this on average make no sure hit


@cache
def search_identity() -> str:
    """Names everything that decides hits but phrase and call: a hit kept under another name holds no more."""
    return code_print(_DECIDING, _LIBRARIES)


@dataclass(frozen=True, slots=True)
class PhraseIndex:
    """Phrases with their syllables worked out. Build it once a standard, with `compile_phrases`.

    Args:
        asked: the phrases as they were asked for, `AGENT` and `NEARLY` and all.
        phrases: without it.
        lengths, negations: of each.
        sounds: to be searched with.
    """

    asked: tuple[str, ...]
    phrases: tuple[str, ...]
    lengths: tuple[int, ...]
    negations: tuple[int, ...]
    sounds: PhraseSounds


@lru_cache(maxsize=32)
def compile_phrases(asked: tuple[str, ...]) -> PhraseIndex:
    """The index of these phrases (without gaps); kept, so that every call of a batch shares it."""
    phrases = tuple(map(unmarked, asked))
    lengths = tuple(map(char_count, phrases))
    floors = [max(threshold(n).unsure, CLOSE if NEARLY in p else 0.0) for p, n in zip(asked, lengths, strict=True)]
    return PhraseIndex(asked, phrases, lengths, tuple(map(negations, phrases)), PhraseSounds(phrases, floors))


@lru_cache(maxsize=32)
def _anybodys(asked: tuple[str, ...]) -> tuple[str, ...]:
    """Phrases that not only the agent is asked about."""
    return tuple(p for p in asked if not p.startswith(AGENT))


class SoundSearch:
    """Finds phrases by sound in the turns of one call.

    Args:
        conversation: turns with words; a turn without words is taken as spoken evenly over its span.
    """

    def __init__(self, conversation: Conversation) -> None:
        turns = conversation.turns
        texts = TurnTexts(turns)
        agents, others = (
            [at for at, turn in enumerate(turns) if (turn.role == Role.AGENT) is agent] for agent in (True, False)
        )
        self._agent, self._others = _Said(turns, agents, texts), _Said(turns, others, texts)

    def find(self, phrases: Sequence[str]) -> Mapping[str, Sequence[RawHit]]:
        """Every hit of every phrase, in order of time; of one with `NEARLY` before it, those from `CLOSE` on."""
        asked = tuple(phrases)
        found = self._agent.find(compile_phrases(asked))
        for phrase, hits in self._others.find(compile_phrases(_anybodys(asked))).items():
            found.setdefault(phrase, []).extend(hits)
        return {p: sorted(hits, key=lambda h: (h.span.start_ms, h.turn, h.start)) for p, hits in found.items()}


class _Said:
    """What was said in some of a call's turns, ready to be searched."""

    def __init__(self, turns: Sequence[Turn], places: Sequence[int], texts: TurnTexts) -> None:
        self._turns, self._texts = turns, texts
        words = {at: words_of(turns[at]) for at in places}
        order = _streams({at: turns[at] for at in places})
        self._text = SoundText.of([p if isinstance(p, str) else words[p] for p in order])
        said = [p for p in order if not isinstance(p, str)]
        self._words = [word for turn in said for word in words[turn]]
        owners = [*(turn for turn in said for _ in words[turn]), -1]  # the last is that of breaks
        self._turn_of = [owners[word] for word in self._text.words]  # by syllable, as what follows
        self._begins = [0, *accumulate(map(len, self._text.chars))]  # in characters, from the first turn's begin
        self._chars = "".join(self._text.chars)
        with_sound = set(self._text.words)  # a mark that stands alone counts for nothing
        self._trusted = [0.0, *accumulate(w.probability * (i in with_sound) for i, w in enumerate(self._words))]
        self._counted = [0, *accumulate(i in with_sound for i in range(len(self._words)))]
        self._first = dict(zip(reversed(self._turn_of), reversed(self._begins[:-1]), strict=True))  # of each turn

    def find(self, index: PhraseIndex) -> dict[str, list[RawHit]]:
        """Every hit of every phrase, as it was asked for."""
        found: dict[str, list[RawHit]] = {}
        for match in index.sounds.search(self._text):
            hit = self._hit(index, match)
            if hit is not None:
                phrase = index.phrases[match.form]
                if hit.score < EXACT:
                    hit = second_look(hit, phrase, self._texts)
                if hit.look != "other":
                    found.setdefault(index.asked[match.form], []).append(hit)
        return found

    def _hit(self, index: PhraseIndex, match: Match) -> RawHit | None:
        turn_of, word_of, begins = self._turn_of, self._text.words, self._begins
        first, last = match.first, match.last
        while first <= last and turn_of[first] < 0:
            first += 1
        while first <= last and turn_of[last] < 0:
            last -= 1
        if first > last:
            return None
        length = index.lengths[match.form]
        turn, last_turn = turn_of[first], turn_of[last]
        own = last if turn == last_turn else max(i for i in range(first, last) if turn_of[i] == turn)
        exact = match.score >= 1.0
        if length == 1 and not exact and len(self._texts[turn].text) > 2:
            return None  # another character of the same sound, inside a sentence
        from_word, to_word = word_of[first], word_of[last]
        sure = match.score >= threshold(length).sure
        if sure and not exact:
            trusted = self._trusted[to_word + 1] - self._trusted[from_word]
            sure = trusted >= UNSURE_PROBABILITY * (self._counted[to_word + 1] - self._counted[from_word])
        if sure:
            sure = not turned_round(index.negations[match.form], self._text.keys[first : last + 1])
        span = _span(self._words[from_word], self._words[to_word], self._turns[turn], self._turns[last_turn])
        quote = self._chars[begins[first] : begins[last + 1]]
        start, end = begins[first] - self._first[turn], begins[own + 1] - self._first[turn]
        return RawHit(turn, start, end, span, match.score, sure, quote)


def words_of(turn: Turn) -> tuple[Word, ...]:
    """A turn's words; of one without, its characters, spoken evenly over its span."""
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


def _streams(turns: Mapping[int, Turn]) -> list[int | str]:
    """Each speaker's turns by their places, one after the other, with what lies between them."""
    order: list[int | str] = []
    for speaker in sorted({t.speaker for t in turns.values()}):
        last: Turn | None = None
        for at, turn in turns.items():
            if turn.speaker != speaker:
                continue
            if order:
                near = last is not None and turn.span.start_ms - last.span.end_ms <= JOIN_MS
                order.append(JOIN if near else WALL)
            order.append(at)
            last = turn
    return order


def _span(first: Word, last: Word, begins: Turn, ends: Turn) -> Span:
    """From the first to the last word, kept inside the speech of the turns they lie in."""
    start = max(first.span.start_ms, min(begins.span.start_ms, ends.span.start_ms))
    end = min(max(first.span.start_ms, last.span.end_ms), max(begins.span.end_ms, ends.span.end_ms))
    return Span(start, end) if end > start else begins.span
