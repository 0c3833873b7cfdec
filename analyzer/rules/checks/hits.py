"""Phrase hits of a call: from a searcher's raw hits to hits of families, with what makes them unsure.

The searcher decides what sounds like a phrase. This module decides what that amounts to: longer phrases that mean
something else, quotations and denials, doubted stretches, and forms with a gap (`…`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

from analyzer.call.types import Role
from analyzer.measure.types import Conversation, Turn
from analyzer.rules.checks.answer import Why
from analyzer.rules.checks.families import Family, Quoting
from analyzer.rules.checks.guard import CONFIDENT, difference
from analyzer.rules.types import Evidence
from analyzer.spans import Span
from analyzer.speech.confusable import FILLERS, PARTICLES
from analyzer.speech.mandarin import spoken

GAP = "…"
SAME, NEAR = 0.06, 0.2  # a longer, harmless phrase this little worse is what was said; or may be
EXACT = 0.995  # from here on nothing differs that could be another word


@dataclass(frozen=True, slots=True)
class RawHit:
    """A phrase found in a turn.

    Args:
        turn: position in `Conversation.turns`.
        start, end: characters of the turn's `TurnText`.
        sure: False in the grey zone.
    """

    turn: int
    start: int
    end: int
    span: Span
    score: float
    sure: bool
    quote: str


@dataclass(frozen=True, slots=True)
class TurnText:
    """A turn's spoken characters: simplified, figures expanded, no punctuation, foreign words in small letters.

    Args:
        text: the characters.
        words: for each character, the index of the turn's word it is written in; empty when the turn has no words.
    """

    text: str
    words: tuple[int, ...]

    @classmethod
    def of(cls, turn: Turn) -> TurnText:
        """From a turn's words, or its text when it has none."""
        if turn.words and all(len(w.text) == 1 and "\u4e00" <= w.text <= "\u9fff" for w in turn.words):
            return cls("".join(w.text for w in turn.words), tuple(range(len(turn.words))))  # the usual case, fast
        owners = [i for i, w in enumerate(turn.words) for _ in w.text]
        written = "".join(w.text for w in turn.words) if turn.words else turn.text
        pieces, words = [], []
        for syllable in spoken(written):
            piece = syllable.latin or syllable.char
            pieces.append(piece)
            if owners:
                words.extend([owners[syllable.start]] * len(piece))
        return cls("".join(pieces), tuple(words))

    def span(self, turn: Turn, start: int, end: int) -> Span:
        """The time of characters `[start, end)`, never outside the turn."""
        if self.words and 0 <= start < end <= len(self.words):
            first, last = turn.words[self.words[start]].span, turn.words[self.words[end - 1]].span
            begin = min(max(first.start_ms, turn.span.start_ms), turn.span.end_ms)
            return Span(begin, min(max(last.end_ms, begin), turn.span.end_ms))
        length, total = turn.span.duration_ms, max(1, len(self.text))
        return Span(turn.span.start_ms + length * start // total, turn.span.start_ms + length * end // total)


class PhraseSearch(Protocol):
    """Finds phrases in the turns of one call."""

    def find(self, phrases: Sequence[str]) -> Mapping[str, Sequence[RawHit]]:
        """Every hit of every phrase, in order of time."""
        ...


@dataclass(frozen=True, slots=True)
class Hit:
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
    why: tuple[Why, ...] = ()

    def evidence(self, what: str) -> Evidence:
        """As evidence."""
        return Evidence(self.span, self.role, what, self.quote, self.phrase, round(self.score, 3))


WEAK = Why("这种说法可能另有所指", "this wording can mean something else")
GREY = Why("读音相近，但不能确定说的就是这句话", "it sounds close, but not surely this phrase")
DOUBTED = Why("这一段的文字不可靠", "the words of this stretch are not to be trusted")
QUOTED = Why("可能是在引述或否认这句话", "the phrase may be quoted or denied")
EXCLUDED = Why("更像是另一句正常的话", "it is rather another, harmless phrase")


def phrases_of(families: Iterable[Family], quoting: Quoting) -> list[str]:
    """Every text the searcher has to look for, once each."""
    out: dict[str, None] = dict.fromkeys((*quoting.before, *quoting.after))
    for family in families:
        for form in (*family.forms, *family.weak, *family.exclusions):
            for part in parts(form):
                out[part] = None
    return list(out)


@lru_cache(maxsize=65536)
def parts(form: str) -> tuple[str, ...]:
    """A form split at its gaps."""
    return tuple(p for p in form.replace("...", GAP).replace("……", GAP).split(GAP) if p)


def family_hits(
    conversation: Conversation,
    found: Mapping[str, Sequence[RawHit]],
    texts: Sequence[TurnText],
    family: Family,
    quoting: Quoting,
) -> tuple[Hit, ...]:
    """All hits of one family by anybody, in order of time, one per place.

    Where several forms match the same place the surest, then best, then longest is kept.
    """
    if not any(parts(form)[0] in found for form in (*family.forms, *family.weak) if parts(form)):
        return ()
    turns = conversation.turns
    excluded: list[RawHit] = []
    for form in family.exclusions:
        looked = (_second_look(h, form, turns[h.turn], texts[h.turn]) for h in _form_hits(found, form, family.gap))
        excluded.extend(h for h in looked if h is not None)
    candidates: list[tuple[RawHit, str, tuple[Why, ...]]] = []
    for forms, weak in ((family.forms, False), (family.weak, True)):
        for form in forms:
            for raw in _form_hits(found, form, family.gap):
                hit = _second_look(raw, form, turns[raw.turn], texts[raw.turn])
                if hit is None:
                    continue
                if not _placed(hit, texts[hit.turn].text, family.only):
                    continue
                inside = [e for e in excluded if e.turn == hit.turn and e.start <= hit.start and hit.end <= e.end]
                close = [e for e in inside if e.score >= hit.score - NEAR and e.end - e.start > hit.end - hit.start]
                if any(e.sure and e.score >= hit.score - SAME for e in close):
                    continue
                whys = [*([WEAK] if weak else []), *([] if hit.sure else [GREY]), *([EXCLUDED] if close else [])]
                if _quoted(hit, found, quoting):
                    whys.append(QUOTED)
                if _doubted(conversation, turns[hit.turn], hit.span):
                    whys.append(DOUBTED)
                candidates.append((replace(hit, sure=not whys), form, tuple(whys)))
    candidates.sort(key=lambda c: (not c[0].sure, -c[0].score, -(c[0].end - c[0].start), c[0].turn, c[0].start))
    kept: list[Hit] = []
    for hit, form, why in candidates:
        if any(k.turn == hit.turn and hit.start < k.end and k.start < hit.end for k in kept):
            continue
        turn = turns[hit.turn]
        kept.append(
            Hit(
                family.id, form, turn.role, turn.speaker, hit.turn, hit.start, hit.end, hit.span,
                hit.score, hit.sure, hit.quote, why,
            )
        )  # fmt: skip
    return tuple(sorted(kept, key=lambda h: (h.span.start_ms, h.turn, h.start)))


def _form_hits(found: Mapping[str, Sequence[RawHit]], form: str, gap: int) -> Sequence[RawHit]:
    pieces = parts(form)
    if not pieces:
        return ()
    if len(pieces) == 1:
        return found.get(pieces[0], ())
    chains = list(found.get(pieces[0], ()))
    for piece in pieces[1:]:
        nexts = found.get(piece, ())
        longer: list[RawHit] = []
        for chain in chains:
            follow = next((n for n in nexts if n.turn == chain.turn and 0 <= n.start - chain.end <= gap), None)
            if follow is not None:
                longer.append(
                    RawHit(
                        chain.turn,
                        chain.start,
                        follow.end,
                        chain.span | follow.span,
                        min(chain.score, follow.score),
                        chain.sure and follow.sure,
                        f"{chain.quote}{GAP}{follow.quote}",
                    )
                )
        chains = longer
    return chains


def _second_look(hit: RawHit, form: str, turn: Turn, text: TurnText) -> RawHit | None:
    """The hit, less sure where a syllable is lost; None where something else was confidently heard."""
    if hit.score >= EXACT:
        return hit
    heard = text.text[hit.start : hit.end]
    if GAP in form:
        return hit
    probabilities = [turn.words[w].probability for w in text.words[hit.start : hit.end]]
    found = difference(form, heard, probabilities)
    confident = sum(probabilities) >= CONFIDENT * len(probabilities)
    if found.is_other_phrase or (found.is_unsure and confident and not hit.sure):
        return None
    return replace(hit, sure=False) if found.is_unsure else hit


def _placed(hit: RawHit, text: str, only: str) -> bool:
    """True when the hit lies where its family must: fillers before it and particles behind it don't count."""
    if only == "anywhere":
        return True
    at_start = all(c in FILLERS or c in PARTICLES for c in text[: hit.start])
    at_end = all(c in FILLERS or c in PARTICLES for c in text[hit.end :])
    return {"start": at_start, "end": at_end, "turn": at_start and at_end}[only]


def _quoted(hit: RawHit, found: Mapping[str, Sequence[RawHit]], quoting: Quoting) -> bool:
    """True when quoting words stand right before the hit (its first character may be theirs) or right behind it."""
    for word in quoting.before:
        for q in found.get(word, ()):
            if (
                q.sure
                and q.turn == hit.turn
                and q.start < hit.start
                and q.end <= hit.start + 1
                and hit.start - q.end <= quoting.reach
            ):
                return True
    behind = (q for word in quoting.after for q in found.get(word, ()))
    return any(q.sure and q.turn == hit.turn and 0 <= q.start - hit.end <= 1 for q in behind)


def _doubted(conversation: Conversation, turn: Turn, span: Span) -> bool:
    return any(d.speaker == turn.speaker and (d.span & span) for d in conversation.doubts)
