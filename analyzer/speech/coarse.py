"""Where in a text phrases may lie at all: a cheap lower bound of their cost, so that few places are aligned exactly.

A phrase and a text are rows of syllables without particles; characters that sound alike are one. What a syllable costs
at a place of the text is bounded by the least it costs at, right before or soon after it; the sum of these is no more
than what exact alignment comes to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_Ints = npt.NDArray[np.intp]
_Floats = npt.NDArray[np.float32]
_Steps = npt.NDArray[np.uint8]

_DRIFT = 2  # how far a syllable may lie from its place in the coarse search
_STEP = 0.05  # grain of the coarse search
_BYTE = 13  # syllables whose costs, in steps, add up to no more than a byte holds
_AT_ONCE = 500_000  # forms and places gone on with at a time
_BLOCK = 128  # beginnings searched at a time: their sums stay in the processor's cache


@dataclass(frozen=True, slots=True)
class FormGroup:
    """Forms that are searched as one array, in the order of their beginnings; of one, what may cost most comes first.

    Args:
        members: index of each form, shape (forms,).
        lengths: how many syllables without particles.
        coarse: these, as sounds, shape (forms, syllables), filled up with one that costs nothing.
        allowed: what each may cost, in steps.
        reaches: that pays for two lost syllables.
        heads: different beginnings, shape (beginnings, syllables).
        begins: the first form of each.
        counts: how many forms begin so and may cost at least so much, shape (beginnings, steps + 1).
    """

    members: _Ints
    lengths: _Ints
    coarse: _Ints
    allowed: _Ints
    reaches: bool
    heads: _Ints
    begins: _Ints
    counts: _Ints

    @classmethod
    def of(
        cls,
        members: Sequence[int],
        forms: Sequence[Sequence[int] | _Ints],
        budget: _Floats,
        reaches: bool,
        head: int,
        nothing: int,
    ) -> FormGroup:
        """From forms, their budgets, and how many syllables are searched everywhere; `nothing` fills up short ones."""
        coarse = np.full((len(members), max(head, *map(len, forms))), nothing, np.intp)
        for row, form in zip(coarse, forms, strict=True):
            row[: len(form)] = form
        allowed = np.floor(budget / _STEP + 1e-4).astype(np.intp)
        order = np.lexsort((-allowed, *coarse[:, :head].T[::-1]))
        coarse, allowed = coarse[order], allowed[order]
        heads, begins, owner = np.unique(coarse[:, :head], axis=0, return_index=True, return_inverse=True)
        counts = np.zeros((len(heads), allowed.max() + 1), np.intp)
        np.add.at(counts, (owner.ravel(), allowed), 1)
        counts = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1]
        lengths = np.array([*map(len, forms)], np.intp)[order]
        return cls(np.array(members, np.intp)[order], lengths, coarse, allowed, reaches, heads, begins, counts)


@dataclass(frozen=True, slots=True)
class Coarse:
    """Lower bounds of the cost of every sound of phrases at every place of the text, in steps.

    A last sound costs nothing anywhere.

    Args:
        places: in the text. Behind them are as many more as a phrase may be long, where each sound costs the least.
        here: exactly at the place, shape (sounds + 1, places and those behind).
        near: up to 1 place before or `_DRIFT` after it; `wide`: up to `_DRIFT` before or after.
    """

    places: int
    here: _Steps
    near: _Steps
    wide: _Steps

    @classmethod
    def of(cls, nearest: _Floats, ids: _Ints, content: _Ints, least: float, most: int) -> Coarse:
        """From the cost of every sound against every syllable, which the text has, and which of these carry meaning.

        A particle counts where the syllable before it stands: one of a phrase may lie on it (听我说 on 听哦说).
        """
        steps = np.floor(nearest / _STEP + 1e-4).astype(np.uint8)
        steps = np.pad(steps, ((0, 1), (0, 0)))
        places = len(content)
        each = np.take(steps, ids[content], axis=1)
        particles = np.setdiff1d(np.arange(len(ids)), content, assume_unique=True)
        owners = np.maximum(np.searchsorted(content, particles, "right") - 1, 0)
        while len(owners):  # one for each owner at a time
            owner, first = np.unique(owners, return_index=True)
            each[:, owner] = np.minimum(each[:, owner], steps[:, ids[particles[first]]])
            particles, owners = np.delete(particles, first), np.delete(owners, first)
        padded = np.pad(each, ((0, 0), (_DRIFT, _DRIFT)), constant_values=255)
        here = np.full((len(each), places + most), int(least / _STEP), np.uint8)
        here[-1] = 0
        here[:, :places] = each
        near = here.copy()
        for shift in (_DRIFT - 1, *range(_DRIFT + 1, 2 * _DRIFT + 1)):
            np.minimum(near[:, :places], padded[:, shift : shift + places], out=near[:, :places])
        wide = near.copy()
        np.minimum(wide[:, :places], padded[:, :places], out=wide[:, :places])
        return cls(places, here, near, wide)


def _candidates(group: FormGroup, coarse: Coarse) -> tuple[_Ints, _Ints]:
    """Forms and places (of the first syllable) whose lower bound is within budget.

    The first syllable lies at the place itself; each syllable lost before a later one pulls it back by one place and
    costs more than most have, so a form with little budget needs to look back only one.
    """
    back = coarse.wide if group.reaches else coarse.near
    heads, places, bounds = _begun(group.heads, group.allowed[group.begins], coarse, back)
    if len(heads) == 0:  # often: a standard has a few forms of every length, and none of the longest is said
        return heads, places
    cuts = np.flatnonzero(np.diff(np.cumsum(group.counts[heads, bounds]) // _AT_ONCE)) + 1
    found = [
        _gone_on(group, back, *part)
        for part in zip(*(np.split(column, cuts) for column in (heads, places, bounds)), strict=True)
    ]
    row, place = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((place, row))
    return row[order], place[order]


def _gone_on(group: FormGroup, back: _Steps, heads: _Ints, places: _Ints, bounds: _Ints) -> tuple[_Ints, _Ints]:
    """Which forms that begin at these places go on within their budgets, and where."""
    each = group.counts[heads, bounds]
    first = np.cumsum(each) - each
    row = np.arange(each.sum()) - np.repeat(first - group.begins[heads], each)
    place, left = np.repeat(places, each), group.allowed[row] - np.repeat(bounds, each)  # of the budgets
    flat = back.ravel()
    for j in range(group.heads.shape[1], group.coarse.shape[1]):
        left -= flat.take(group.coarse[row, j] * back.shape[1] + place + j)
        cheap = np.flatnonzero(left >= 0)
        row, place, left = row[cheap], place[cheap], left[cheap]
    return row, place


def _begun(heads: _Ints, allowed: _Ints, coarse: Coarse, back: _Steps) -> tuple[_Ints, _Ints, _Ints]:
    """Where beginnings may lie: which, at what place, and the lower bound there."""
    places, width = coarse.places, heads.shape[1]
    size = np.dtype(np.uint8 if width <= _BYTE else np.uint16)
    least = np.minimum(allowed, 256**size.itemsize - 2).astype(size)
    which, where, bounds = [], [], []
    for begin in range(0, len(heads), _BLOCK):
        tokens = heads[begin : begin + _BLOCK]
        bound: npt.NDArray[np.unsignedinteger] = coarse.here[tokens[:, 0], :places].astype(size, copy=False)
        column = np.empty((len(tokens), back.shape[1]), np.uint8)
        for j in range(1, width):
            np.take(back, tokens[:, j], axis=0, out=column, mode="clip")
            bound += column[:, j : j + places]
        cheap = np.flatnonzero(bound <= least[begin : begin + _BLOCK, None])
        row, place = np.divmod(cheap, places)
        which.append(row + begin)
        where.append(place)
        bounds.append(bound.ravel()[cheap])
    return np.concatenate(which), np.concatenate(where), np.concatenate(bounds)


def windows_of(group: FormGroup, coarse: Coarse, content: _Ints, length: int, longest: int) -> _Ints:
    """The stretches of the full text where forms may lie: form, first and last syllable; touching ones are joined."""
    rows, places = _candidates(group, coarse)
    if len(rows) == 0:
        return np.empty((3, 0), np.intp)
    first = np.where(places > 0, content[np.maximum(places, 1) - 1] + 1, 0)
    after = places + group.lengths[rows] + _DRIFT
    last = np.where(after < len(content), content[np.minimum(after, len(content) - 1)] - 1, length - 1)
    last = np.maximum(np.minimum(last, first + longest // 2), first)
    heads = np.flatnonzero(np.r_[True, (rows[1:] != rows[:-1]) | (first[1:] > first[:-1] + 2)])
    until = np.maximum.reduceat(last, heads)
    return np.stack([group.members[rows[heads]], first[heads], np.minimum(until, first[heads] + longest - 4)])
