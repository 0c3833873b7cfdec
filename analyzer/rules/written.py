"""A call as somebody wrote it, or one sentence: what a standard finds in it, and what comes near.

For whoever writes rules: recordings are judged by `evaluate.judge`, and so is this.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from analyzer.call.types import Role
from analyzer.errors import UsageError
from analyzer.measure.types import Conversation, Turn
from analyzer.rules.asked import rules_by_family
from analyzer.rules.checks.families import Family
from analyzer.rules.checks.found import Found, by_phrase, parts
from analyzer.rules.checks.hits import Hit, family_hits
from analyzer.rules.checks.quotes import Quotes
from analyzer.rules.checks.rawhits import PhraseSearch
from analyzer.rules.checks.turntexts import TurnText, TurnTexts
from analyzer.rules.evaluate import judge
from analyzer.rules.notation import ExampleCall, LineError, one_turn, parse_call
from analyzer.rules.phrases import SoundSearch, words_of
from analyzer.rules.standard import Standard
from analyzer.rules.told import refuse
from analyzer.rules.types import Finding
from analyzer.speech.mandarin import char_count
from analyzer.speech.sound import MAX_SYLLABLES, PhraseSounds, SoundText, meaningful
from analyzer.speech.threshold import threshold

LEAST_LIKE = 0.5  # by sound: less has nothing to do with a phrase
LEAST_SYLLABLES = 4  # that carry meaning, of a phrase that comes near: shorter ones are near to everything
MOST_NEAR = 3
MOST_CHARACTERS = 1_000
MOST_BYTES = 1_000_000

SearchMaker = Callable[[Conversation], PhraseSearch]


def read_sentence(said: str, role: Role) -> ExampleCall:
    """A call in which that party says one sentence.

    Raises:
        UsageError: `usage.sentence`, nothing in it is spoken, or it is too long for one turn.
    """
    count = char_count(said)
    if not count:
        raise UsageError("usage.sentence", "the sentence holds nothing that is spoken", "Write what is said")
    if count > MOST_CHARACTERS:
        seen = f"the sentence has {count} characters, of at most {MOST_CHARACTERS}"
        raise UsageError("usage.sentence", seen, "Write it as a call of several turns, and use --call")
    return one_turn(said, role)


def read_written(path: Path) -> ExampleCall:
    """A call from a file in the notation of example calls; of the path `-` from standard input.

    Raises:
        UsageError: `usage.written_call`, the file can't be read, is no UTF-8, or is too large.
        PackError: `standard.example`, with its line, when the call can't be.
    """
    try:
        with sys.stdin.buffer if str(path) == "-" else path.open("rb") as handle:
            text = handle.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError("usage.written_call", f"{path}: {error.strerror}", "Name a file that can be read") from None
    if len(text) > MOST_BYTES:
        raise UsageError("usage.written_call", f"{path}: more than {MOST_BYTES} bytes", "Write one call to a file")
    try:
        return parse_call(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        seen = f"{path}: the byte {error.start + 1} is no UTF-8"
        raise UsageError("usage.written_call", seen, "Save it as UTF-8") from None
    except LineError as error:
        raise refuse("example", path.name, error.line, *error.said) if error.line else error from None


@dataclass(frozen=True, slots=True)
class Near:
    """A phrase that was not found, and how near some words come to it.

    Args:
        family: whose it is.
        phrase: as the pack writes it.
        quote: the words.
        score: how alike they sound, 0 to 1,
        needed: and from what on they would perhaps be taken for it.
    """

    family: str
    phrase: str
    quote: str
    score: float
    needed: float


@dataclass(frozen=True, slots=True)
class WrittenTurn:
    """A turn, the characters that are compared with phrases, and what was found there.

    Args:
        turn: of the call.
        read: its characters as they are spoken: figures in words, no punctuation.
        hits: of all families, in order of time.
    """

    turn: Turn
    read: str
    hits: tuple[Hit, ...]


class FamilySearch:
    """Finds families in a conversation, whether a rule listens for them there or not.

    Phrases that the standard asks for in the agent's words alone are looked for in his turns only.

    Args:
        standard: whose families they are.
        conversation: where they are looked for.
    """

    def __init__(self, standard: Standard, conversation: Conversation) -> None:
        self._conversation = conversation
        self._found = Found(by_phrase(SoundSearch(conversation).find(standard.phrases)))
        self._texts = TurnTexts(conversation.turns)
        self._quotes = Quotes.of(conversation.turns, self._found, self._texts, standard.quoting)

    def hits(self, family: Family) -> tuple[Hit, ...]:
        """Where a family was said, in order of time."""
        return family_hits(self._conversation, self._found, self._texts, family, self._quotes)


def turns_with_hits(standard: Standard, conversation: Conversation) -> tuple[WrittenTurn, ...]:
    """Every turn with what was found in it."""
    search = FamilySearch(standard, conversation)
    hits = sorted((h for f in standard.families.values() for h in search.hits(f)), key=attrgetter("turn", "start"))
    return tuple(
        WrittenTurn(turn, TurnText.of(turn).text, tuple(h for h in hits if h.turn == place))
        for place, turn in enumerate(conversation.turns)
    )


def nearest(standard: Standard, turn: WrittenTurn) -> list[Near]:
    """The phrases that a turn comes nearest to without any of their family being found, the nearest first.

    Only those of families that some rule asks about the party that speaks.
    """
    asked = rules_by_family(standard, turn.turn.role).keys() - {hit.family for hit in turn.hits}
    forms = [
        (form, family.id)
        for family in standard.families.values()
        if family.id in asked
        for form in (*family.forms, *family.also, *family.weak)
        if len(parts(form)) == 1 and meaningful(form) >= LEAST_SYLLABLES and char_count(form) <= MAX_SYLLABLES
    ]
    text = SoundText.of([words_of(turn.turn)])
    sounds = PhraseSounds([form for form, _ in forms], [LEAST_LIKE] * len(forms))
    out: dict[str, Near] = {}
    for match in sorted(sounds.search(text), key=lambda m: (-m.score, forms[m.form])):
        form, family = forms[match.form]
        quote = "".join(text.chars[match.first : match.last + 1])
        out.setdefault(family, Near(family, form, quote, match.score, threshold(char_count(form)).unsure))
    return list(out.values())[:MOST_NEAR]


def judge_written(
    standard: Standard, call: ExampleCall, only: tuple[str, ...] = (), search: SearchMaker = SoundSearch
) -> tuple[Finding, ...]:
    """What a standard says of a written call: a finding for each rule, or for each of `only`."""
    described = call.measures, call.hangup, call.metadata
    judged = judge(
        standard, call.conversation, *described, search(call.conversation), only=only, cut_short=call.cut_short
    )
    return judged.findings
