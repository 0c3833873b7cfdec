"""Where the phrases of a standard were heard in a call, and how its rules ended, kept beside the hearing.

The search takes most of judging, and a hit depends on the call, the phrase and our code alone: not on the rules. So a
changed threshold or rule searches nothing, and a new phrase is searched for by itself. Of the rest, only the rules that
a change concerns are ruled on anew (`rules/rulings.py`). The bytes of a scorecard are the same whether anything was
kept or not.

    hits/ab/KEY.json.gz      of one hearing: what decided the hits, the list of phrases it was searched for, the hits,
                             the rulings by what they rest on
    hits/phrases/HASH.json   such a list, shared by all calls
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from analyzer.archive.cache import KeptHearing, Memory, seal, unseal
from analyzer.rules.checks.rawhits import RawHit
from analyzer.rules.phrases import SoundSearch, search_identity
from analyzer.rules.rulings import Precedents, Ruling
from analyzer.rules.types import Observation

WORTH_KEEPING = 0.1  # as few new rulings are as quickly made as written
MOST_PHRASES = 100_000  # hits of more than this many are not kept from one standard to the next


class _Kept(msgspec.Struct, frozen=True):
    """What a file holds.

    Args:
        hearing: SHA-256 of the hearing that was searched.
        search: identity of the search.
        phrases: hash of the list of phrases looked for.
        hits: by phrase, where there are any; read when they are asked for.
        rulings, observations: by basis.
    """

    hearing: str
    search: str
    phrases: str
    hits: msgspec.Raw
    rulings: Mapping[str, Ruling]
    observations: Mapping[str, tuple[Observation, ...]]


_DECODER = msgspec.json.Decoder(_Kept)
_HITS_DECODER = msgspec.json.Decoder(dict[str, tuple[RawHit, ...]])
_ENCODER = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class Asked:
    """Phrases that a standard asks for.

    Args:
        phrases: themselves.
        listed: as a set.
        name: a hash of them.
    """

    phrases: tuple[str, ...]
    listed: frozenset[str]
    name: str

    @classmethod
    def of(cls, phrases: tuple[str, ...]) -> Asked:
        """From the phrases."""
        listed = frozenset(phrases)
        return cls(phrases, listed, _hash(_encoded(listed)))


class PhraseLists:
    """Lists of phrases by their hash, read and written once a process.

    Args:
        memory: where they are kept.
    """

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self._known: dict[str, frozenset[str]] = {"": frozenset()}
        self._asked = _NOTHING
        self._missing: dict[tuple[str, str], tuple[str, ...]] = {}
        self._joined: dict[tuple[str, str], str] = {}

    def asked(self, phrases: tuple[str, ...]) -> Asked:
        """These phrases with their name."""
        if phrases is not self._asked.phrases:  # every call of a run asks for the same ones
            self._asked = Asked.of(phrases)
        return self._asked

    def missing(self, name: str, asked: Asked) -> tuple[str, ...]:
        """Those asked for that aren't in the list of that name."""
        if (name, asked.name) not in self._missing:
            listed = self._load(name)
            self._missing[name, asked.name] = tuple(p for p in asked.phrases if p not in listed)
        return self._missing[name, asked.name]

    def join(self, name: str, asked: Asked) -> tuple[str, frozenset[str]]:
        """The list of both, with its name, unless that is too long: then of those asked for alone. Writes it.

        Raises:
            OutputError: it could not be written.
        """
        if (name, asked.name) not in self._joined:
            both = self._load(name) | asked.listed
            listed = both if len(both) <= MOST_PHRASES else asked.listed
            data = _encoded(listed)
            joined = _hash(data)
            if self._known.get(joined) != listed:
                self.memory.remember(_list_name(joined), data)
                self._known[joined] = listed
                self._missing = {key: one for key, one in self._missing.items() if key[0] != joined}
            self._joined[name, asked.name] = joined
        joined = self._joined[name, asked.name]
        return joined, self._known[joined]

    def _load(self, name: str) -> frozenset[str]:
        if name not in self._known:
            data = self.memory.recall(_list_name(name)) or b""
            self._known[name] = _decoded_list(data) if _hash(data) == name else frozenset()
        return self._known[name]


class KnownHits:
    """What is known of one hearing; a `KnownCall`. Phrases that were looked for before are found without looking.

    Args:
        key: of the hearing.
        hearing: as it is kept.
        lists: shared by the calls of a process.
    """

    def __init__(self, key: str, hearing: KeptHearing, lists: PhraseLists) -> None:
        self._name, self.hearing, self._lists = hits_name(key), hearing, lists
        self._known, self._asked = self._load(), _NOTHING
        self._hits: Mapping[str, Sequence[RawHit]] | None = None
        self._is_new = False
        self.precedents = Precedents(self._known.rulings, self._known.observations)

    def find(self, phrases: Sequence[str]) -> Mapping[str, Sequence[RawHit]]:
        """Every hit of every phrase, in order of time."""
        self._asked = self._lists.asked(tuple(phrases))
        hits = self._all_hits()
        missing = self._lists.missing(self._known.phrases, self._asked)
        if missing:
            hits = self._hits = {**hits, **SoundSearch(self.hearing.heard.conversation).find(missing)}
            self._is_new = True
        return {phrase: found for phrase, found in hits.items() if phrase in self._asked.listed}

    def keep(self) -> None:
        """Writes what was found and ruled, if it took work.

        Raises:
            OutputError: it could not be written.
        """
        known, made = self._known, self.precedents
        if not self._is_new and made.made <= WORTH_KEEPING * (len(made.rulings) + len(made.observations)):
            return
        name, hits = known.phrases, known.hits
        if self._is_new:
            name, listed = self._lists.join(name, self._asked)
            hits = msgspec.Raw(_ENCODER.encode({p: found for p, found in self._all_hits().items() if p in listed}))
        kept = _Kept(known.hearing, known.search, name, hits, made.rulings, made.observations)
        self._lists.memory.remember(self._name, seal([_ENCODER.encode(kept)])[0])

    def _all_hits(self) -> Mapping[str, Sequence[RawHit]]:
        if self._hits is None:
            self._hits = _HITS_DECODER.decode(self._known.hits)
        return self._hits

    def _load(self) -> _Kept:
        nothing = _Kept(self.hearing.sha256, search_identity(), "", msgspec.Raw(b"{}"), {}, {})
        kept = _decoded(self._lists.memory.recall(self._name)) or nothing
        return kept if (kept.hearing, kept.search) == (nothing.hearing, nothing.search) else nothing


def bring(memory: Memory, key: str) -> dict[str, bytes]:
    """What is kept of the hits in a hearing, by name, to be sent to where the memory can't be seen."""
    data = memory.recall(hits_name(key))
    kept = _decoded(data)
    if data is None or kept is None:
        return {}
    listed = memory.recall(_list_name(kept.phrases))
    return {hits_name(key): data} | ({} if listed is None else {_list_name(kept.phrases): listed})


def _decoded(packed: bytes | None) -> _Kept | None:
    opened = unseal(packed)
    if opened is None:
        return None
    try:
        (line,), _ = opened
        kept = _DECODER.decode(line)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return kept if re.fullmatch("([0-9a-f]{16})?", kept.phrases) else None  # a file is called by it


def _decoded_list(data: bytes) -> frozenset[str]:
    try:
        return frozenset(msgspec.json.decode(data, type=list[str]))
    except (ValueError, RecursionError):
        return frozenset()


def hits_name(key: str) -> str:
    """Where the hits in the hearing of that key are kept."""
    return f"hits/{key[:2]}/{key}.json.gz"


def _list_name(name: str) -> str:
    return f"hits/phrases/{name}.json"


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _encoded(phrases: frozenset[str]) -> bytes:
    return msgspec.json.encode(sorted(phrases))


_NOTHING = Asked.of(())
