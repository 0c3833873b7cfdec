"""A scorecard without what gives people away, and the stretches to silence in its audio."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import accumulate, groupby
from typing import Any

import msgspec

from analyzer.measure.types import Turn
from analyzer.outputs.privacy import MASK, digits_of, find_private, mask, speaks_of_number
from analyzer.rules.checks.rawhits import GAP
from analyzer.rules.types import CallOutcome, Scorecard, Scored
from analyzer.spans import Span, Timeline
from analyzer.speech.mandarin import spoken, spoken_in

_JOIN_MS = 20_000  # a number may go on in the speaker's next turn within this time
_AROUND_MS = 150  # word times are rough: silence a little more
_TOKEN = 3  # signs: 嗯, 好的 between a question for a number and its answer
_SHORTEST_KEPT = 2
_SHORTEST_NUMBER = 4  # fewer digits in another turn are another number


def redact_text(text: str) -> tuple[str, dict[str, int]]:
    """A text with every private sign as `*`, and how many of each kind there were."""
    found = find_private(text)
    return mask(text, found), dict(sorted(Counter(p.kind for p in found).items()))


def redact(scorecard: Scorecard) -> Scorecard:
    """The scorecard with every text masked.

    `redaction` counts what was found in the turns, by kind, and `muted` says where. What was masked before stays
    counted and muted.

    Numbers said over several turns are found as one. Quotes are masked as the turns they come from, as written or as
    spoken, and every literal found in a turn is masked wherever else it stands. Times, figures and verdicts stay.
    """
    covered, counts = _in_turns(scorecard.turns)
    counts.update(scorecard.redaction)
    turns = tuple(_masked_turn(turn, covered[i]) for i, turn in enumerate(scorecard.turns))
    muted = [span for i, turn in enumerate(scorecard.turns) if covered[i] for span in _spans(turn, covered[i])]
    hidden = _Hidden(scorecard.turns, covered)
    clean = hidden.clean

    def cleaned(value: Any) -> Any:
        """Every text in plain values, whatever field it stands in."""
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, Mapping):
            return {clean(str(k)): cleaned(v) for k, v in value.items()}
        return [cleaned(v) for v in value] if isinstance(value, list) else value

    # Names of rules and advice are the standard's own words: only what quotes the call is touched.
    findings = tuple(
        msgspec.structs.replace(
            f, reason=clean(f.reason), reason_en=clean(f.reason_en), evidence=_evidence(f.evidence, hidden)
        )
        for f in scorecard.findings
    )
    meta = scorecard.call.metadata
    metadata = replace(
        meta,
        call_id=redact_identifier(meta.call_id),
        agent_id=redact_identifier(meta.agent_id),
        team=redact_identifier(meta.team),
        extra=cleaned(msgspec.to_builtins(meta.extra)),
    )
    return replace(
        scorecard,
        call=replace(scorecard.call, name=redact_identifier(scorecard.call.name) or "", metadata=metadata),
        findings=findings,
        observations=tuple(replace(o, evidence=_evidence(o.evidence, hidden)) for o in scorecard.observations),
        turns=turns,
        overlaps=tuple(replace(o, text=clean(o.text)) for o in scorecard.overlaps),
        announcements=tuple(replace(a, text=clean(a.text)) for a in scorecard.announcements),
        doubts=tuple(replace(d, why=clean(d.why), why_en=clean(d.why_en)) for d in scorecard.doubts),
        hangup=replace(
            scorecard.hangup,
            reason=clean(scorecard.hangup.reason),
            evidence=tuple(
                replace(e, detail=clean(e.detail), detail_en=clean(e.detail_en)) for e in scorecard.hangup.evidence
            ),
        ),
        extra=cleaned(msgspec.to_builtins(scorecard.extra)),
        redaction=dict(sorted(counts.items())),
        muted=(Timeline(tuple(muted)) | Timeline(scorecard.muted)).spans,
    )


def redact_outcome(outcome: CallOutcome) -> CallOutcome:
    """What became of a recording with every text masked, scored or not."""
    if isinstance(outcome, Scored):
        return Scored(redact(outcome.scorecard))
    return replace(outcome, name=redact_identifier(outcome.name) or "", seen=redact_text(outcome.seen)[0])


def redact_all(
    results: Iterable[tuple[str, Scorecard]], became: dict[str, str] | None = None
) -> Iterator[tuple[str, Scorecard]]:
    """Scorecards with their places, masked; places that become the same are numbered, for they join the tables.

    Args:
        results: as they are.
        became: takes in what each place became.
    """
    seen: Counter[str] = Counter()
    for place, scorecard in results:
        masked = mask(place, find_private(place, strict=True))
        if masked != place:
            seen[masked] += 1
            masked = f"{masked}~{seen[masked]}"
        if became is not None:
            became[place] = masked
        yield masked, redact(scorecard)


def _in_turns(turns: tuple[Turn, ...]) -> tuple[list[set[int]], Counter[str]]:
    """Per turn the places of private signs, looking at each speaker's words in one go; and how many of each kind."""
    covered: list[set[int]] = [set() for _ in turns]
    counts: Counter[str] = Counter()
    for speaker in sorted({t.speaker for t in turns}):
        parts: list[str] = []
        owners: list[tuple[int, int]] = []  # which turn and place each sign comes from
        last_end: int | None = None
        answers: list[tuple[int, int]] = []
        asked = False
        for i, turn in enumerate(turns):
            if turn.speaker != speaker:
                asked = speaks_of_number(turn.text) or (asked and len(turn.text) <= _TOKEN)
                continue
            if last_end is not None:
                seam = "\n" if turn.span.start_ms - last_end <= _JOIN_MS else "\n;\n"
                parts.append(seam)
                owners += [(-1, 0)] * len(seam)
            if asked:
                answers.append((len(owners), len(owners) + len(turn.text)))
            parts.append(turn.text)
            owners += [(i, at) for at in range(len(turn.text))]
            last_end = turn.span.end_ms
        for one in find_private("".join(parts), answers=answers):
            counts[one.kind] += 1
            for i, at in owners[one.start : one.end]:
                if i >= 0:
                    covered[i].add(at)
    _cover_again(turns, covered)
    return covered, counts


def _cover_again(turns: tuple[Turn, ...], covered: list[set[int]]) -> None:
    """Adds where something that was found stands again without what gave it away: a name after it was told."""
    told = {piece for turn, places in zip(turns, covered, strict=True) for piece in _pieces(turn.text, places)}
    ends = list(accumulate(len(turn.text) + 1 for turn in turns))
    whole = "\n".join(turn.text for turn in turns)
    for piece in told:
        least = _SHORTEST_NUMBER if len(digits_of(piece)) == len(piece) else _SHORTEST_KEPT
        at = whole.find(piece) if len(piece) >= least and "\n" not in piece else -1
        while at >= 0:
            i = bisect_right(ends, at)
            start = at - ends[i] + len(turns[i].text) + 1
            covered[i].update(range(start, start + len(piece)))
            at = whole.find(piece, at + len(piece))


class _Hidden:
    """What was hidden in a call's turns, for every other text of its scorecard.

    Args:
        turns: of the call.
        covered: per turn the places of private signs.
    """

    def __init__(self, turns: tuple[Turn, ...], covered: list[set[int]]) -> None:
        touched = [(t, places) for t, places in zip(turns, covered, strict=True) if places]
        self._streams = [
            _Stream((turn.text, [at in places for at in range(len(turn.text))]) for turn, places in touched)
        ]
        for speaker in sorted({turn.speaker for turn, _ in touched}):  # a phrase may go on in the speaker's next turn
            own = (_as_spoken(t, places) for t, places in zip(turns, covered, strict=True) if t.speaker == speaker)
            self._streams.append(_Stream(own, seam=""))
        written = {piece for turn, places in touched for piece in _pieces(turn.text, places)}
        literals = written | {"".join(spoken_in([piece])[0]) for piece in written}
        self._literals = sorted((p for p in literals if len(p) >= _SHORTEST_KEPT), key=lambda p: (-len(p), p))
        self._numbers = {digits_of(piece) for piece in written}

    def clean(self, text: str) -> str:
        """A text masked: like the turn it stands in, else by what it says itself."""
        masked = self._as_said(text)
        return self._without_literals(mask(text, find_private(text)) if masked is None else masked)

    def clean_quote(self, quote: str) -> str:
        """The same for what was quoted: pieces of a turn, or what a second hearing heard there."""
        if self._as_said(quote) is not None:
            return self.clean(quote)
        if GAP in quote:
            return GAP.join(map(self.clean_quote, quote.split(GAP)))
        return self._without_numbers(self.clean(quote))

    def _as_said(self, text: str) -> str | None:
        """Masked where it was hidden in any of the places it was said; None when it was not said."""
        found = [stream.hidden(text) for stream in self._streams] if len(text) > 1 else []
        places = [at for at in found if at is not None]
        hidden: set[int] = set().union(*places)
        return "".join(MASK if at in hidden else sign for at, sign in enumerate(text)) if places else None

    def _without_literals(self, text: str) -> str:
        for literal in self._literals:
            text = text.replace(literal, MASK * len(literal))
        return text

    def _without_numbers(self, text: str) -> str:
        out = ""
        for is_number, group in groupby(text, lambda sign: bool(digits_of(sign))):
            piece = "".join(group)
            is_part = is_number and len(piece) >= _SHORTEST_KEPT and any(digits_of(piece) in n for n in self._numbers)
            out += MASK * len(piece) if is_part else piece
        return out


class _Stream:
    """Texts one after the other, and which of their signs are hidden."""

    def __init__(self, parts: Iterable[tuple[str, list[bool]]], seam: str = "\n") -> None:
        texts, flags = [], [0]
        for text, hidden in parts:
            texts.append(text)
            flags += [*hidden, *[False] * len(seam)]
        self._text, self._hidden = seam.join(texts), list(accumulate(flags))

    def hidden(self, text: str) -> set[int] | None:
        """The places of a text that are hidden anywhere it stands; None when it stands nowhere."""
        at = self._text.find(text)
        if at < 0:
            return None
        out: set[int] = set()
        while at >= 0:
            if self._hidden[at + len(text)] > self._hidden[at]:
                out |= {i for i in range(len(text)) if self._hidden[at + i + 1] > self._hidden[at + i]}
            at = self._text.find(text, at + 1)
        return out


def _as_spoken(turn: Turn, places: set[int]) -> tuple[str, list[bool]]:
    """A turn's spoken characters, in which rules quote, and which of them are hidden."""
    pieces = [word.text for word in turn.words]
    hidden = [hit for piece, hit in zip(pieces, _hits(turn, places), strict=True) for _ in piece]
    if not pieces:
        pieces, hidden = [turn.text], [at in places for at in range(len(turn.text))]
    chars, flags = [], []
    for syllable in spoken("".join(pieces)):
        said = syllable.latin or syllable.char
        chars.append(said)
        flags += [any(hidden[syllable.start : syllable.end])] * len(said)
    return "".join(chars), flags


def _pieces(text: str, places: set[int]) -> Iterator[str]:
    """What was hidden of a turn, as it was said: it may stand elsewhere too."""
    for is_hidden, group in groupby(range(len(text)), places.__contains__):
        if is_hidden:
            yield "".join(text[at] for at in group).strip()


def _evidence(evidence: Any, hidden: _Hidden) -> Any:
    return tuple(
        msgspec.structs.replace(
            e, quote=hidden.clean_quote(e.quote), what=hidden.clean(e.what), what_en=hidden.clean(e.what_en)
        )
        for e in evidence
    )


def redact_identifier(text: str | None) -> str | None:
    """A name of a call, an agent or a team with private signs masked; masking it again changes nothing."""
    return None if text is None else mask(text, find_private(text, strict=True))


def _masked_turn(turn: Turn, places: set[int]) -> Turn:
    if not places:
        return turn
    text = "".join(MASK if at in places else sign for at, sign in enumerate(turn.text))
    words = tuple(
        msgspec.structs.replace(word, text=MASK * len(word.text)) if hit else word
        for word, hit in zip(turn.words, _hits(turn, places), strict=True)
    )
    return replace(turn, text=text, words=words)


def _hits(turn: Turn, places: set[int]) -> list[bool]:
    """Per word whether it stands at a private place; a word that isn't found in the text counts as private."""
    out, at = [], 0
    for word in turn.words:
        text = word.text.strip()
        found = turn.text.find(text, at) if text else at
        if found < 0:
            out.append(True)
            continue
        out.append(any(p in places for p in range(found, found + len(text))))
        at = found + len(text)
    return out


def _spans(turn: Turn, places: set[int]) -> list[Span]:
    """What to silence: the private words and a little around; the whole turn where no word tells the time."""
    spans = [w.span.widen(_AROUND_MS) for w, hit in zip(turn.words, _hits(turn, places), strict=True) if hit]
    return spans or [turn.span]
