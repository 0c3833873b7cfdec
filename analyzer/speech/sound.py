"""Finding phrases by sound in what the recogniser wrote: substring alignment of syllables with graded costs.

The recogniser writes one character in five of a telephone call wrongly, mostly by another of the same or nearly the
same sound. So phrases are compared as syllables, and a match has a score instead of being there or not.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from operator import attrgetter, eq

import msgspec
import numpy as np
import numpy.typing as npt

from analyzer.speech import syllables
from analyzer.speech.coarse import Coarse, FormGroup, windows_of
from analyzer.speech.confusable import FILLER_WORDS, FILLERS, NEGATORS, PARTICLES, SAME
from analyzer.speech.mandarin import LATIN, spoken, spoken_in
from analyzer.speech.types import ReadSyllable, Word

_Floats = npt.NDArray[np.float32]
_Ints = npt.NDArray[np.intp]
_Cells = npt.NDArray[np.int32]  # thousandths, shifted left by `_START_BITS`

_CANON = str.maketrans(SAME)

_OTHER_READING = 0.08  # a character read in its less usual way
_OTHER_CHARACTER = 0.03  # sounds the same, written differently
_DROP, _DROP_PARTICLE, _DROP_NEGATOR = 0.9, 0.2, 1.6
_PUT_IN, _PUT_IN_PARTICLE, _PUT_IN_FILLER, _PUT_IN_NEGATOR = 0.75, 0.15, 0.08, 1.8
_ACROSS_TURNS, _BARRIER = 0.3, 15.0
_WEIGHT_PARTICLE, _WEIGHT_NEGATOR = 0.4, 1.2
_PARTICLE_FOR_PARTICLE = 0.12

# A character the recogniser is sure of is seldom wrong, and then of the same sound: a difference there counts for more.
_TRUST_EDGES = (0.6, 0.9, 1.0)  # exactly 1 is a text that no recogniser wrote
_GAINS = (1.0, 1.4, 2.0, 1.2)  # below the first edge, between, above, and where nothing is known
_PUT_IN_GAINS = (0.7, 1.0, 1.2, 1.0)
_UNKNOWN = 3

_READ_NAT = 0.08  # of a syllable read off the sound, what being less likely by a factor of e than the best costs
_READ_LEAST = 0.1

_TOGETHER = 16_384  # syllables of windows that are aligned at a time
_HEAD = 2  # of a form that may lose none so many syllables are searched everywhere
_HARDLY = 0.1  # a form with so little more to spare than lost syllables cost may hardly lose them
_START_BITS = 7  # the alignment's start is carried in the low bits of its cost
_STARTS = 1 << _START_BITS
_MILLI = 1000
_SIGNS = 0xE000  # private characters, one for each syllable
_WALL_CELL = int(_BARRIER * _MILLI) << _START_BITS
MAX_SYLLABLES = 28
JOIN, WALL = "|", "#"  # token keys: the same speaker's next turn; nothing may match across


def canon(text: str) -> str:
    """For each character the one that stands for all written differently but the same to a rule: 您 is 你, 幺 is 一."""
    return text.translate(_CANON)


@lru_cache(maxsize=16384)
def sign_of(char: str) -> str:
    """A private character for the syllable of a Chinese one, without tone; the same where accents confuse two."""
    index = syllables.blurred(canon(char)) if "\u4e00" <= char <= "\u9fff" else None
    return chr(_SIGNS + index) if index is not None else char


def signs_of(text: str) -> str:
    """As `sign_of`, of each character."""
    return "".join(map(sign_of, text))


@lru_cache(maxsize=65536)
def keys_of(phrase: str) -> tuple[str, ...]:
    """A phrase's syllables: canonical characters, and the letters of foreign ones."""
    return tuple([s.latin if s.char == LATIN else SAME.get(s.char, s.char) for s in spoken(phrase)])


@lru_cache(maxsize=65536)
def meaningful(phrase: str) -> int:
    """How many of a phrase's syllables carry meaning: all but particles."""
    return sum(key not in PARTICLES for key in keys_of(phrase))


@dataclass(frozen=True)
class SoundText:
    """What one party said, ready to be searched.

    Args:
        keys: one a syllable: the canonical character, the letters of a foreign syllable, `JOIN` or `WALL`.
        chars: the characters as spoken, one a syllable (empty for breaks).
        words: index of the word each syllable is written in, -1 for breaks.
        trust: how far the recogniser believes each syllable, an index into `_GAINS`.
    """

    keys: tuple[str, ...]
    chars: tuple[str, ...]
    words: tuple[int, ...]
    trust: tuple[int, ...]

    @classmethod
    def of(cls, pieces: Iterable[Sequence[Word] | str]) -> SoundText:
        """From stretches of words, with `JOIN` or `WALL` between them; words are numbered over all stretches."""
        keys: list[str] = []
        chars: list[str] = []
        at: list[int] = []
        probabilities: list[float] = []  # one a word
        for piece in pieces:
            if isinstance(piece, str):
                keys.append(piece)
                chars.append("")
                at.append(-1)
                continue
            said, owner = spoken_in([w.text for w in piece])
            keys.extend([SAME.get(char, char) for char in said])  # as `canon`, quicker one by one
            chars.extend(said)
            at.extend([len(probabilities) + word for word in owner])
            probabilities.extend([w.probability for w in piece])
        trusts = [*np.searchsorted(_TRUST_EDGES, probabilities, "right").tolist(), _UNKNOWN]  # the last is of breaks
        trust = [trusts[word] for word in at]
        return cls(tuple(keys), tuple(chars), tuple(at), tuple(trust))

    @cached_property
    def heard(self) -> _Heard:
        """As arrays, for every search in it."""
        return _Heard.of(self)


class Match(msgspec.Struct, frozen=True, gc=False):  # a call has thousands
    """A form heard at `[first, last]` (syllables of the text), `score` 1 when every syllable is the same."""

    form: int
    first: int
    last: int
    score: float


def _cells(costs: _Floats) -> _Cells:
    cells = np.rint(costs * _MILLI).astype(np.int32)
    cells <<= _START_BITS
    return cells


def _row(key: str) -> _Floats:
    """How unlike every syllable sounds to this character, over `syllables.COUNT`."""
    row = np.ones(syllables.COUNT, np.float32)
    for place, reading in enumerate(syllables.readings(key) if len(key) == 1 else ()):
        np.minimum(row, syllables.costs()[reading] + (_OTHER_READING if place else 0), out=row)
    return row


def _sounds_as(key: str) -> Hashable:
    """The same for all characters that cost the same at every syllable, but that another than they is a trace more."""
    readings = syllables.readings(key) if len(key) == 1 else ()
    variants = tuple([c for c, same in SAME.items() if same == key])
    return (readings, key in PARTICLES, key in NEGATORS, variants) if readings else key


def _said(key: str) -> _Floats:
    """How unlike every syllable sounds to this character, or to another that is the same to a rule: 你 may be nin."""
    alike = [_row(char) for char in (key, *(c for c, same in SAME.items() if same == key))]
    return np.asarray(np.min(alike, axis=0), np.float32)


class PhraseSounds:
    """Phrases with their syllables worked out once, to be searched for together.

    Args:
        forms: phrases as written; a form without a syllable, or longer than `MAX_SYLLABLES`, never matches.
        floors: the lowest score worth reporting, one a form.
    """

    def __init__(self, forms: Sequence[str], floors: Sequence[float]) -> None:
        if len(forms) != len(floors):
            raise ValueError("one floor for each form")
        self._forms = [keys_of(form) for form in forms]
        names = sorted({key for form in self._forms for key in form})
        self._names = {key: i for i, key in enumerate(names)}
        alike: dict[Hashable, int] = {}
        self._sound = np.array([alike.setdefault(_sounds_as(n), len(alike)) for n in names], np.intp)
        self._of_sound = np.unique(self._sound, return_index=True)[1]  # one character of each
        particle = np.array([n in PARTICLES for n in names], bool)
        negator = np.array([n in NEGATORS for n in names], bool)
        self._is_particle = particle
        self._weight = np.where(particle, _WEIGHT_PARTICLE, np.where(negator, _WEIGHT_NEGATOR, 1.0)).astype(np.float32)
        self._drop = np.where(particle, _DROP_PARTICLE, np.where(negator, _DROP_NEGATOR, _DROP)).astype(np.float32)
        each = [_row(names[of_sound]) for of_sound in self._of_sound]  # what sounds the same costs the same
        rows = np.stack(each) if each else np.ones((0, syllables.COUNT), np.float32)
        self._drop_cells = _cells(self._drop)
        self._rows = np.ascontiguousarray((rows * self._weight[self._of_sound, None]).T)  # of each syllable
        ids = [[self._names[key] for key in form] for form in self._forms]
        self._lengths = np.array([len(form) for form in ids], np.intp)
        self._meaningful = np.array([(~particle[form]).sum() for form in ids], np.intp)  # syllables of each
        self._tokens = np.full((len(ids), self._lengths.max(initial=0)), -1, np.intp)  # -1 after the end
        for tokens, form in zip(self._tokens, ids, strict=True):
            tokens[: len(form)] = form
        self._form_weight = np.array([self._weight[form].sum() for form in ids], np.float32)
        spare = [(1 - floor) * weight for floor, weight in zip(floors, self._form_weight, strict=True)]
        self._budget = np.array([s + 1e-6 for s in spare], np.float32)  # highest cost that still reaches the floor
        self._groups = self._group(spare)

    def _group(self, spare: Sequence[float]) -> list[FormGroup]:
        """Forms that are searched everywhere by as many syllables, and that reach as far, as one array.

        These syllables are two, or three more than a form may lose: so many must be there that few places are left. How
        a form is searched depends on itself alone, so that hits kept of some forms hold whatever others come later.
        """
        alike: dict[tuple[int, bool], list[int]] = {}  # syllables searched everywhere, reach
        for i, form in enumerate(self._forms):
            content = sum(key not in PARTICLES for key in form)
            if form and len(form) <= MAX_SYLLABLES:
                lost = int(max(0.0, spare[i] - _HARDLY) / _DROP)
                head = _HEAD + lost + (lost > 0)
                alike.setdefault((max(1, min(content, head)), bool(spare[i] >= 2 * _DROP)), []).append(i)
        groups = []
        for (head, reaches), members in sorted(alike.items()):
            tokens = [self._tokens[i, : self._lengths[i]] for i in members]
            forms = [self._sound[form[~self._is_particle[form]]] for form in tokens]
            groups.append(FormGroup.of(members, forms, self._budget[members], reaches, head, len(self._of_sound)))
        return groups

    def search(self, text: SoundText) -> tuple[Match, ...]:
        """Every place where a form is heard at or above its floor, in order of form and place."""
        if not text.keys or not self._names:
            return ()
        return self._search(text.heard, *self._costs(text.heard))

    @cached_property
    def _said(self) -> _Floats:
        """How unlike every syllable sounds to every sound of phrase characters."""
        names = [*self._names]
        return np.stack([_said(names[of_sound]) for of_sound in self._of_sound])

    def search_read(self, syllables: Sequence[ReadSyllable]) -> tuple[Match, ...]:
        """The same in syllables read off the sound; places are theirs."""
        if not syllables or not self._names:
            return ()
        heard = _Heard.read(syllables)
        costs = np.ones((len(self._of_sound), len(syllables)), np.float32)
        for place in range(max(len(s.likely) for s in syllables)):
            cols = [c for c, s in enumerate(syllables) if len(s.likely) > place]
            index, less = np.array([syllables[c].likely[place] for c in cols]).T
            each = self._said[:, index] + (_READ_NAT / 100) * less.astype(np.float32)
            costs[:, cols] = np.minimum(costs[:, cols], each)
        costs *= self._weight[self._of_sound, None]
        return self._search(heard, costs, self._by_character(costs))

    def _search(self, heard: _Heard, costs: _Floats, cells: _Cells) -> tuple[Match, ...]:
        """Every place where a form is heard.

        Args:
            heard: in what.
            costs: of every sound of phrase characters against every different syllable of it, shape (sounds, text).
            cells: of every phrase character, and of a wall in the last column, shape (characters, text + 1).
        """
        content = np.flatnonzero(heard.is_content)
        if len(content) == 0:
            content = np.arange(len(heard.ids))
        nearest = np.minimum(costs, self._drop[self._of_sound, None])
        coarse = Coarse.of(nearest, heard.ids, content, _DROP_PARTICLE, MAX_SYLLABLES)
        left = [np.empty((3, 0), np.intp)]
        for group in self._groups:
            left.append(windows_of(group, coarse, content, len(heard.ids), _STARTS))
        found: list[Match] = []
        for windows in self._alike(self._wide_enough(np.concatenate(left, axis=1))):
            found.extend(self._align(windows, heard, cells))
        return tuple(_apart(found))

    def _wide_enough(self, windows: _Ints) -> _Ints:
        """Windows without those in which more of the form has no room than it may lose: many at the end of the text."""
        form, first, last = windows
        lost = self._meaningful[form] - (last - first + 1)
        return windows[:, lost * _DROP <= self._budget[form] + 1 / _MILLI]  # costs are rounded to thousandths

    def _alike(self, windows: _Ints) -> Iterator[_Ints]:
        """Windows about as wide, and of forms about as long, together: little is aligned that only fills up."""
        form, first, last = windows
        wide = np.ceil(np.log2(last - first + 1)).astype(np.intp)  # up to twice as wide as others
        windows, wide = windows[:, order := np.lexsort((self._lengths[form], wide))], wide[order]
        for begins, ends in pairwise([*np.flatnonzero(np.diff(wide, prepend=-1)), len(wide)]):
            step = max(1, _TOGETHER >> int(wide[begins]))
            for begin in range(begins, ends, step):
                yield windows[:, begin : min(begin + step, ends)]

    def _costs(self, heard: _Heard) -> tuple[_Floats, _Cells]:
        """What `_search` wants, of words."""
        each = np.ones((len(heard.names), len(self._of_sound)), np.float32)
        deepest = max((len(r) for r in heard.readings), default=0)
        for place in range(deepest):
            cols = [c for c, r in enumerate(heard.readings) if len(r) > place]
            here = self._rows[[heard.readings[c][place] for c in cols]]
            if place:
                here = here + _OTHER_READING
            each[cols] = np.minimum(each[cols], here)
        each = np.minimum(each * heard.gain[:, None] + _OTHER_CHARACTER, 1) * self._weight[self._of_sound]
        costs = np.ascontiguousarray(each.T)
        particles = np.array([c for c, name in enumerate(heard.names) if name in PARTICLES], np.intp)
        if len(particles):
            block = np.ix_(np.flatnonzero(self._is_particle[self._of_sound]), particles)
            costs[block] = np.minimum(costs[block], _PARTICLE_FOR_PARTICLE)
        for c, name in enumerate(heard.names):
            if name in (JOIN, WALL):
                costs[:, c] = _BARRIER
        cells = self._by_character(costs)
        same = [(self._names[name], c) for c, name in enumerate(heard.names) if name in self._names]
        if same:
            names, cols = np.array(same, np.intp).T
            costs[self._sound[names], cols] = cells[names, cols] = 0
        return costs, cells

    def _by_character(self, costs: _Floats) -> _Cells:
        """What every phrase character costs, by what its sound does; the last column is a wall."""
        cells = np.full((len(costs), costs.shape[1] + 1), _WALL_CELL, np.int32)
        cells[:, :-1] = _cells(costs)
        return cells[self._sound]

    def _align(self, windows: _Ints, heard: _Heard, table: _Cells) -> list[Match]:
        """Exact alignment inside the windows that the coarse search left over."""
        form, lo, hi = windows
        lengths = self._lengths[form]
        width = int((hi - lo).max()) + 1
        at = lo[:, None] + np.arange(width)
        inside = at <= hi[:, None]
        at = np.minimum(at, len(heard.ids) - 1)
        ids = np.where(inside, heard.ids[at], table.shape[1] - 1)  # the last column is a wall
        put_in = np.where(inside, heard.put_in[at], _WALL_CELL)
        reach = np.cumsum(put_in, axis=1, dtype=np.int32)
        tokens = self._tokens[form]
        flat = table.ravel()
        # cost[:, j]: before text syllable j, less what putting in all syllables before it costs
        cost = np.empty((len(ids), width + 1), np.int32)
        cost[:] = np.arange(_STARTS - 1, _STARTS - 2 - width, -1, dtype=np.int32)
        cost[:, 1:] -= reach
        step = np.empty_like(cost)
        for i in range(lengths[-1]):
            rest = slice(int(np.searchsorted(lengths, i, "right")), None)  # forms that are longer
            token, costs, steps = tokens[rest, i, None], cost[rest], step[rest]
            np.add(costs, self._drop_cells[token], out=steps)
            over = flat.take(token * table.shape[1] + ids[rest])
            over -= put_in[rest]
            over += costs[:, :-1]
            np.minimum(steps[:, 1:], over, out=steps[:, 1:])
            np.minimum.accumulate(steps, axis=1, out=costs)
        cost[:, 1:] += reach
        price = (cost >> _START_BITS).astype(np.float32) / _MILLI
        begun = lo[:, None] + (_STARTS - 1 - (cost & (_STARTS - 1)))
        score = 1 - price / self._form_weight[form][:, None]
        last = lo[:, None] + np.arange(-1, width)
        window, end = np.nonzero((price <= self._budget[form][:, None]) & (last >= begun))
        best_first = np.lexsort((end, -score[window, end], window))
        window, end = window[best_first], end[best_first]
        firsts, lasts = begun[window, end], last[window, end]
        best, which = np.unique(window, return_index=True, return_inverse=True)[1:]
        apart = (lasts < firsts[best][which]) | (firsts > lasts[best][which])  # from the best of their window
        apart[best] = True
        columns = (window, form[window], firsts, lasts, score[window, end])
        found: list[Match] = []
        taken: dict[int, list[tuple[int, int]]] = {}
        for at_window, member, a, b, sounds in zip(*(column[apart].tolist() for column in columns), strict=True):
            others = taken.setdefault(at_window, [])
            if all(b < x or a > y for x, y in others):
                others.append((a, b))
                found.append(Match(member, a, b, round(sounds, 4)))
        return found


def _apart(found: list[Match]) -> list[Match]:
    """The best of matches of one form that overlap, in order of form and place."""
    kept: list[Match] = []
    of_form: dict[int, list[Match]] = {}
    for match in found:
        of_form.setdefault(match.form, []).append(match)
    for _, matches in sorted(of_form.items()):
        if len(matches) == 1:
            kept += matches
            continue
        apart: list[Match] = []
        taken: set[int] = set()  # syllables
        for match in sorted(matches, key=lambda m: (-m.score, m.first, m.last)):
            its = range(match.first, match.last + 1)
            if taken.isdisjoint(its):
                taken.update(its)
                apart.append(match)
        kept += sorted(apart, key=attrgetter("first"))
    return kept


@dataclass(frozen=True, slots=True)
class _Heard:
    """A text as arrays."""

    names: list[str]  # once for each degree of trust
    gain: _Floats  # (names,)
    ids: _Ints  # (syllables,) index into names
    readings: tuple[tuple[int, ...], ...]
    put_in: _Cells  # (syllables,) cost of leaving one out between two that match
    is_content: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, text: SoundText) -> _Heard:
        at: dict[tuple[str, int], int] = {}
        ids = np.array([at.setdefault(pair, len(at)) for pair in zip(text.keys, text.trust, strict=True)], np.intp)
        names = [name for name, _ in at]
        gain = np.array([_GAINS[trust] for _, trust in at], np.float32)
        put_in_costs, is_content, readings = zip(*map(_about, names), strict=True)
        put_in_gains = np.array([_PUT_IN_GAINS[trust] for _, trust in at])
        each = (np.array(put_in_costs) * put_in_gains).astype(np.float32)
        put_in = each[ids]
        repeated = np.array([False, *map(eq, text.keys, text.keys[1:])], bool)
        put_in[repeated] = np.minimum(put_in[repeated], _PUT_IN_PARTICLE)
        joined = "".join([k if len(k) == 1 else LATIN for k in text.keys])
        filling = [at for first, last in _fillers_in(joined) for at in range(first, last)]
        put_in[filling] = np.minimum(put_in[filling], _PUT_IN_PARTICLE)
        return cls(names, gain, ids, readings, _cells(put_in), np.array(is_content)[ids])

    @classmethod
    def read(cls, syllables: Sequence[ReadSyllable]) -> _Heard:
        """Of syllables read off the sound: every one is different, and what is hardly there is cheap to leave out."""
        put_in = np.array([_PUT_IN * max(s.strength, _READ_LEAST) for s in syllables], np.float32)
        count = len(syllables)
        every = np.ones(count, np.float32)
        return cls([""] * count, every, np.arange(count), ((),) * count, _cells(put_in), every.astype(np.bool_))


def _fillers_in(text: str) -> Iterator[tuple[int, int]]:
    """Where words that only fill stand: the first character, and one behind the last."""
    for word in FILLER_WORDS:
        start = text.find(word)
        while start >= 0:
            yield start, start + len(word)
            start = text.find(word, start + 1)


@lru_cache(maxsize=32768)
def _about(name: str) -> tuple[float, bool, tuple[int, ...]]:
    """What leaving a syllable out costs, whether it carries meaning, and its readings."""
    readings = syllables.readings(name) if len(name) == 1 and name not in (JOIN, WALL) else ()
    return _put_in_cost(name), name not in PARTICLES and name != JOIN, readings


def _put_in_cost(name: str) -> float:
    if name == WALL:
        return _BARRIER
    if name == JOIN:
        return _ACROSS_TURNS
    if name in FILLERS:
        return _PUT_IN_FILLER
    if name in PARTICLES:
        return _PUT_IN_PARTICLE
    return _PUT_IN_NEGATOR if name in NEGATORS else _PUT_IN


def find(phrase: str, words: Sequence[Word], floor: float = 0.7) -> tuple[Match, ...]:
    """Where one phrase is heard in a stretch of words. For many phrases or calls, keep a `PhraseSounds`."""
    return PhraseSounds([phrase], [floor]).search(SoundText.of([words]))
