"""What no step has to be placed for to see that a script can't be composed: words, names and figures nobody has."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import get_args

from analyzer.testing.line import SUBTYPES
from analyzer.testing.placing import ScriptError
from analyzer.testing.rooms import ROOMS
from analyzer.testing.script import Ending, Evidence, Hold, HoldSound, Script
from analyzer.testing.truth import Conditions, Party


def refuse_impossible(script: Script) -> None:
    """Refuses a script with a word that means nothing, or a figure that no line has.

    A script written in Python has not been checked by its types, as one from a file has.

    Raises:
        ScriptError: naming what was found and what there is.
    """
    if PurePosixPath(script.name).name != script.name or "\\" in script.name or script.name in ("", ".", ".."):
        raise ScriptError(f"the script's name {script.name!r} is to be a file's, without a folder")
    for number, step in enumerate(script.steps):
        if isinstance(step, Hold):
            _known("sound of a hold", step.sound, get_args(HoldSound), f"{script.name}, step {number + 1}: ")
    _refuse_ending(script.ending)
    _refuse_line(script.conditions, script.rate_hz)


def _refuse_ending(ending: Ending) -> None:
    _known("party that ends a call", ending.party, get_args(Party))
    for evidence in ending.evidence:
        _known("evidence of an ending", evidence, get_args(Evidence))
    if ending.other_muted and ending.party == "system":
        raise ScriptError("other_muted needs an ending by agent or customer: the system has no other party")


def _refuse_line(conditions: Conditions, rate_hz: int) -> None:
    _known("codec", conditions.codec, tuple(SUBTYPES))
    if conditions.room is not None:
        _known("room", conditions.room, tuple(ROOMS))
    for name, band in (("band_hz", conditions.band_hz), ("customer_band_hz", conditions.customer_band_hz)):
        if band is not None and not 0 < band[0] < min(band[1], rate_hz / 2):
            raise ScriptError(
                f"{name} is {list(band)}: the lower edge stands first, above 0 and below {rate_hz // 2} Hz"
            )
    for name, ms in (("bleed_delay_ms", conditions.bleed_delay_ms), ("bleed_room_ms", conditions.bleed_room_ms)):
        if ms < 0:
            raise ScriptError(f"{name} is {ms}: no copy comes before its source; give 0 or more")


def _known(what: str, word: str, words: tuple[str, ...], where: str = "") -> None:
    if word not in words:
        raise ScriptError(f"{where}no such {what}: {word}; there are {', '.join(words)}")
