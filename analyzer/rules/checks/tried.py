"""What trials on the sound (`speech/trials.py`) say about phrases that the text alone leaves open.

A trial adds: a phrase found in the text stays found. What the text only resembles, character for character, and a
trial speaks against, is marked as refuted: it still is no sign that the phrase was *not* said, but nobody need listen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

import msgspec

from analyzer.measure.types import Conversation, Turn
from analyzer.rules.checks.guard import done_for_you, negations, turned_round
from analyzer.rules.checks.hits import second_look
from analyzer.rules.checks.rawhits import RawHit
from analyzer.rules.checks.turntexts import TurnTexts
from analyzer.speech.confusable import NEGATORS
from analyzer.speech.difference import EXACT, difference
from analyzer.speech.mandarin import char_count
from analyzer.speech.marks import unmarked
from analyzer.speech.sound import canon
from analyzer.speech.threshold import threshold
from analyzer.speech.types import Trial


@dataclass(frozen=True, slots=True)
class Bounds:
    """How well a trial must fit (`fit`) to count. See docs/phrases.md for the figures.

    Args:
        certain: it was said, whatever single words the recogniser believes in; but for a short phrase that only the
            other ear names.
        likely: it was said, unless the recogniser is confident of another word in it, or the phrase sounds less like
            the words than `alike`: then it may have been.
        possible: it may have been said; where a second hearing surely has it, it was, unless as for `likely`.
        apart: where a second hearing surely has it, it may have been.
        alike: score by sound.
        ear: how much better it fits for each 1 that they are more alike than `mostly`.
        mostly: how alike they are as a rule where a phrase was said and misheard.
        surely: how alike they are where the sound alone has it surely.
        wholly: how alike they are where every syllable was read, so that none is another: the ear counts whatever token
            fits worst.
        respelled: it was said, though the recogniser was sure of other characters of the same sound.
    """

    certain: float
    likely: float
    possible: float
    apart: float
    alike: float
    ear: float
    mostly: float
    surely: float
    wholly: float
    respelled: float


SHORT = Bounds(-22.0, -28.0, -33.0, -45.0, 0.75, 80.0, 0.75, 0.82, inf, -6.0)  # up to 4 syllables
LONG = Bounds(-24.0, -29.0, -36.0, -50.0, 0.68, 80.0, 0.65, 0.0, 0.96, -14.0)
SAME_SOUND = 0.95  # of words written with other characters; else one of them may have been another: 办 was no 干
LOST = -6.0  # what has a syllable that nobody heard must fit the sound nearly as well as the words
WORST = 3.0
FITS = -7.0  # both count only where no token fits worse: where one word is another the rest is read as well


def bounds(syllables: int) -> Bounds:
    """A long phrase differs in more places, so it may fall short by more."""
    return SHORT if syllables <= 4 else LONG


def fit(trial: Trial) -> float:
    """How well a phrase fits: as a whole against the words recognised, where it fits worst, and by another ear.

    Of a phrase misheard here and there every syllable fits somewhat; of one that nobody said one doesn't at all. The
    ear that knows no words errs elsewhere: where both agree each may be less sure.
    """
    limits = bounds(char_count(trial.phrase))
    ear = limits.ear * (trial.read - limits.mostly) if trial.read else 0.0
    counts = trial.worst >= FITS or trial.read >= limits.wholly
    return trial.ratio + WORST * trial.worst + (ear if counts else min(ear, 0.0))


def with_trials(
    found: Mapping[str, Sequence[RawHit]], conversation: Conversation, texts: TurnTexts
) -> Mapping[str, Sequence[RawHit]]:
    """The hits by text, with those that a trial makes sure, adds or refutes.

    Args:
        found: hits of each phrase.
        conversation: with its trials.
        texts: of each turn.
    """
    if not conversation.trials:
        return found
    added: dict[str, list[RawHit]] = {}
    refuting: dict[str, list[Trial]] = {}
    for trial in conversation.trials:
        hit = _hit(trial, conversation.turns, texts)
        if hit is not None:
            added.setdefault(trial.phrase, []).append(hit)
        elif _refutes(trial):
            refuting.setdefault(trial.phrase, []).append(trial)
    out = dict(found)
    for phrase, hits in found.items():
        if unmarked(phrase) in refuting:
            out[phrase] = [_unless_refuted(h, refuting[unmarked(phrase)], texts) for h in hits]
    for phrase, hits in added.items():
        before = out.get(phrase, ())
        new = [h for h in hits if not any(_same_place(h, b) and not _says_more(h, b) for b in before)]
        kept = [b for b in before if not any(_same_place(h, b) for h in new)]
        out[phrase] = sorted([*kept, *new], key=lambda h: (h.span.start_ms, h.turn, h.start))
    return out


class BetterReadings:
    """Phrases that certainly fit the sound better than the words recognised in their place: 您别吵析 was 您别着急.

    Args:
        conversation: with its trials.
        texts: of each turn.
    """

    def __init__(self, conversation: Conversation, texts: TurnTexts) -> None:
        self._texts = texts
        self._said: dict[int, list[tuple[str, RawHit]]] = {}
        for trial in conversation.trials:
            if trial.ratio > 0 and (hit := _hit(trial, conversation.turns, texts)) and hit.trial == "certain":
                self._said.setdefault(hit.turn, []).append((canon(trial.phrase), hit))

    def deny(self, phrase: str, turn: int, start: int, end: int) -> bool:
        """True where neither a phrase nor the characters `[start, end)` of a turn that it was heard in are left."""
        text, phrase, wide = self._texts[turn].canonical, canon(phrase), end - start  # 您怎么 doesn't deny 你怎么
        for said, other in self._said.get(turn, ()):
            if other.start < end and start < other.end and said not in phrase:
                reading = text[max(0, other.start - wide) : other.start] + said + text[other.end : other.end + wide]
                if phrase not in reading and text[start:end] not in reading:
                    return True
        return False


def _refutes(trial: Trial) -> bool:
    """True where so little speaks for the phrase that it wasn't said: less, where the words already sound like it."""
    limits = bounds(char_count(trial.phrase))
    return fit(trial) < (limits.likely if trial.respelled else limits.possible)


def _hit(trial: Trial, turns: Sequence[Turn], texts: TurnTexts) -> RawHit | None:
    """The trial as a hit in the turn where its words begin; None when it fell short or turns the meaning round."""
    limits, fits = bounds(char_count(trial.phrase)), fit(trial)
    if trial.sounding:
        clear = (trial.worst >= FITS or trial.read >= limits.wholly) and trial.read >= limits.surely
        least, likely = limits.possible, limits.certain if clear else inf
    elif trial.respelled:
        if trial.score < threshold(char_count(trial.phrase)).sure:
            return None
        alike = trial.score >= SAME_SOUND or trial.read >= limits.wholly
        least = (limits if alike else SHORT).respelled
        likely = least if alike or limits is LONG else inf  # 干净的, believed, is not surely 赶紧的
    elif trial.again and trial.score >= threshold(char_count(trial.phrase)).sure:
        least, likely = limits.apart, limits.possible
    else:
        least, likely = limits.possible if trial.score >= limits.alike else limits.likely, limits.likely
    if fits < least:
        return None
    for at, turn in enumerate(turns):
        if turn.speaker != trial.speaker or not turn.span & trial.span:
            continue
        inside = {i for i, w in enumerate(turn.words) if trial.span.start_ms <= w.span.start_ms < trial.span.end_ms}
        chars = [c for c, word in enumerate(texts[at].words) if word in inside]
        span = trial.span & turn.span or turn.span
        if not chars and trial.again:  # with nothing in its place to be better than, it is never sure
            before = sum(turn.words[word].span.start_ms < trial.span.start_ms for word in texts[at].words)
            return RawHit(at, before, before, span, trial.score, False, trial.again, trial="possible")
        if not chars:
            continue
        start, end = chars[0], chars[-1] + 1
        quote = trial.again or texts[at].text[start:end]
        confirmed = fits >= max(limits.certain, likely)
        sure = confirmed or (fits >= likely and trial.score >= limits.alike)
        wanted, own = negations(trial.phrase), texts[at].text[start:end]
        turned = turned_round(wanted, [canon(c) for c in quote])
        denials = sum(canon(c) in NEGATORS for c in own)
        turned |= denials > wanted  # the first hearing has one more
        turned |= done_for_you(trial.phrase, texts[at].text, start)
        if trial.respelled and (turned or denials < wanted):  # 一步可以 is not 不可以
            return None
        if turned:
            sure = confirmed = False
        says: Literal["certain", "possible"] = "certain" if confirmed else "possible"
        hit = RawHit(at, start, end, span, trial.score, sure, quote, trial=says)
        looked = second_look(hit, trial.phrase, texts)
        if confirmed and looked.look != "same":
            # a short one that no words name may only sound like what was said: 更倾 of 您更倾向 was read as 赶紧
            only_read = trial.sounding and limits is SHORT
            # the syllables that both have fit anyway: 个气我听着 of 这个气我听着 was no 你给我听着
            found = difference(trial.phrase, *texts.heard(hit))
            short_of = trial.ratio < LOST and found.lost
            # a certain character that sounds otherwise: 净 of 干净了 was no 紧 of 赶紧的
            another = limits is SHORT and trial.respelled and found.rewritten and found.blurred
            doubted = only_read or short_of or another
            return msgspec.structs.replace(hit, look="unsure", trial="possible") if doubted else hit
        return looked
    return None


def _unless_refuted(hit: RawHit, trials: Sequence[Trial], texts: TurnTexts) -> RawHit:
    """The hit, marked where trials in its place speak against it, unless one of its syllables has none in its place."""
    if hit.trial or hit.score >= EXACT or not any(hit.span & t.span for t in trials):
        return hit
    lost = difference(trials[0].phrase, *texts.heard(hit)).lost
    return hit if lost else msgspec.structs.replace(hit, trial="refuted")


def _says_more(a: RawHit, b: RawHit) -> bool:
    """The one counts for more than the other: surely said, perhaps, another phrase."""
    return _standing(a) > _standing(b)


def _standing(hit: RawHit) -> int:
    return 0 if hit.look == "other" else 1 + hit.is_sure + (hit.trial == "certain")


def _same_place(a: RawHit, b: RawHit) -> bool:
    return a.turn == b.turn and a.start < b.end and b.start < a.end
