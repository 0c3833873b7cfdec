"""The spoken characters of a call's turns, with their times and how far the recogniser believes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from analyzer.call.types import Role
from analyzer.measure.types import Turn
from analyzer.rules.checks.framelines import Lines
from analyzer.rules.checks.loose import SoundLines
from analyzer.rules.checks.rawhits import RawHit
from analyzer.spans import Span
from analyzer.speech.clauses import around, cuts_off, marks_in
from analyzer.speech.difference import CERTAIN
from analyzer.speech.mandarin import spoken_in
from analyzer.speech.sound import canon


@dataclass(frozen=True, slots=True)
class TurnText:
    """A turn's spoken characters: simplified, figures expanded, no punctuation, foreign words in small letters.

    Args:
        text: the characters.
        words: for each character, the index of the turn's word it is written in; empty when the turn has no words.
        canonical: the characters as rules see them, written differently but the same: 您 is 你.
    """

    text: str
    words: tuple[int, ...]
    canonical: str

    @classmethod
    def of(cls, turn: Turn) -> TurnText:
        """From a turn's words, or its text when it has none."""
        said, owner = spoken_in([w.text for w in turn.words] or [turn.text])
        words = [word for piece, word in zip(said, owner, strict=True) for _ in piece] if turn.words else ()
        text = "".join(said)
        return cls(text, tuple(words), canon(text))

    def span(self, turn: Turn, start: int, end: int) -> Span:
        """The time of characters `[start, end)`, never outside the turn."""
        if self.words and 0 <= start < end <= len(self.words):
            first, last = turn.words[self.words[start]].span, turn.words[self.words[end - 1]].span
            begin = min(max(first.start_ms, turn.span.start_ms), turn.span.end_ms)
            return Span(begin, min(max(last.end_ms, begin), turn.span.end_ms))
        length, total = turn.span.duration_ms, max(1, len(self.text))
        return Span(turn.span.start_ms + length * start // total, turn.span.start_ms + length * end // total)

    def probabilities(self, turn: Turn, start: int, end: int) -> list[float]:
        """The recogniser's for characters `[start, end)`, one each; empty when the turn has no words."""
        return [turn.words[word].probability for word in self.words[start:end]]


class TurnTexts:
    """The texts of turns by their position, each made when it is first asked for, one at a time.

    Args:
        turns: of the call.
        patterns: that will be looked for, perhaps.
    """

    def __init__(self, turns: Sequence[Turn], patterns: tuple[str, ...] = ()) -> None:
        self._turns, self._patterns = turns, patterns
        self._texts: dict[int, TurnText] = {}
        self._sounds: dict[Role | None, SoundLines] = {}
        self._marks: dict[int, tuple[int, ...]] = {}

    def __getitem__(self, place: int) -> TurnText:
        if place not in self._texts:
            self._texts[place] = TurnText.of(self._turns[place])
        return self._texts[place]

    @cached_property
    def lines(self) -> Lines:
        """All of them, for patterns."""
        return Lines([self[place].text for place in range(len(self._turns))])

    def only_by_sound(
        self, groups: Sequence[tuple[str, ...]], role: Role | None, bits: float, loose: bool = False
    ) -> Iterator[tuple[int, int, int]]:
        """Where patterns fit words heard badly, and none of them as written.

        Args:
            groups: of patterns that are looked for together elsewhere, too: what is made of a group is kept.
            role: whose words; None: anybody's.
            bits: so much at least speaks for it (`mishearing`).
            loose: one of a pattern's parts may be anything.

        Yields:
            The turn's place, the first character, and one behind the last.
        """
        written = [self.lines.find(group) for group in groups]
        lines = self._by_sound(role)
        for pattern in (p for group in groups for p in group):
            for place, start, end in lines.find(pattern, bits, loose):
                if not any(f.start < end and start < f.end for fits in written for f in fits.get(place, ())):
                    yield place, start, end

    def _by_sound(self, role: Role | None) -> SoundLines:
        if role not in self._sounds:
            every = [(at, self[at], turn) for at, turn in enumerate(self._turns) if role in (None, turn.role)]
            said = [(at, text.text, text.probabilities(turn, 0, len(text.text))) for at, text, turn in every]
            self._sounds[role] = SoundLines(said, self._patterns)
        return self._sounds[role]

    def is_cut(self, hit: RawHit) -> bool:
        """Whether a mark between clauses cuts something off a hit."""
        return cuts_off(self.marks(hit.turn), hit.start, hit.end)

    def clauses(self, place: int, start: int, end: int) -> tuple[int, int]:
        """From where to where the clauses go on that characters `[start, end)` lie in."""
        return around(self.marks(place), start, end, len(self[place].text))

    def marks(self, place: int) -> tuple[int, ...]:
        """Before which characters of a turn a mark between clauses stands."""
        if place not in self._marks:
            self._marks[place] = marks_in(self._turns[place].text, len(self[place].text))
        return self._marks[place]

    def heard(self, hit: RawHit) -> tuple[str, list[float]]:
        """A hit's characters and the recogniser's probabilities of them, those in its speaker's next turns included."""
        place, text = hit.turn, self[hit.turn]
        said, each = text.text[hit.start : hit.end], text.probabilities(self._turns[place], hit.start, hit.end)
        carried_on = hit.end == len(text.text) and hit.quote.startswith(said)
        while carried_on and len(said) < len(hit.quote):
            speaker = self._turns[place].speaker
            place = next((at for at in range(place + 1, len(self._turns)) if self._turns[at].speaker == speaker), -1)
            if place < 0:
                break
            left = len(hit.quote) - len(said)
            said += self[place].text[:left]
            each += self[place].probabilities(self._turns[place], 0, left)
        return said, each

    def certain(self, hit: RawHit) -> bool:
        """True when the recogniser is certain of each of a hit's characters (or there are no words to doubt)."""
        return all(probability >= CERTAIN for part in hit.parts for probability in self.heard(part)[1])
