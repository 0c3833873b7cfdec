"""What to do about a line that is no YAML, for people who write packs and no programs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.rules.told import Told, tell

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_WIDE_COMMA = re.compile(r"[{\[][^}\]]*，")
_WIDE_BRACKETS = {"｛": "{", "｝": "}", "［": "[", "］": "]", "【": "[", "】": "]"}
_TO_QUOTE = re.compile(r":\s+([@`%&*!|>{\[].*|[^\"'\[{]*:(\s.*)?)$")
_QUOTE_INSIDE = re.compile(r":\s+(\"[^\"]*\"|'[^']*')[^\s,\]}#]")
_NO_BLANK = re.compile(r"\s*-[^\s-]")
_BLOCK = re.compile(r"[|>][-+]?\s*$")


def mend(lines: Sequence[str], number: int, problem: str) -> tuple[int, Told]:
    """Which line to mend, and how.

    Args:
        lines: of the file.
        number: of the line where reading stopped, from 1.
        problem: what the reader of YAML says.
    """
    for n in (number, number - 1):
        plain = _QUOTED.sub("", lines[n - 1].partition(" #")[0]) if 0 < n <= len(lines) else ""
        if "：" in plain and ": " not in plain:
            return n, tell("plain_colon")
        if _WIDE_COMMA.search(plain) and n == number:
            return n, tell("plain_mark", plain=",", wide="，")
        if (wide := next((sign for sign in _WIDE_BRACKETS if sign in plain), None)) is not None:
            return n, tell("plain_mark", plain=_WIDE_BRACKETS[wide], wide=wide)
        if _NO_BLANK.match(plain) and ":" in plain:
            return n, tell("blank_behind")
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent:
        return number, tell("no_tab")
    if indent.strip(" "):
        return number, tell("plain_blanks")
    if "escape" in problem:
        return number, tell("single_quotes")
    if _QUOTE_INSIDE.search(line):
        return number, tell("quote_inside")
    if (todo := _indented(lines, number)) is not None:
        return number, todo
    if _TO_QUOTE.search(line):
        return number, tell("quote_signs")
    return number, tell("mend_yaml")


def unclosed(context: str) -> Told | None:
    """How to mend what begins at a line and has no end; None when it is no such thing.

    Args:
        context: what the reader of YAML was doing.
    """
    if "quoted scalar" in context:
        return tell("close_quote")
    if "flow" in context:
        return tell("close_bracket")
    return None


def _blanks(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _indented(lines: Sequence[str], number: int) -> Told | None:
    """What is wrong with how a line is indented; None where it stands like one above it."""
    if not 0 < number <= len(lines) or not lines[number - 1].strip():
        return None
    here, is_item = _blanks(lines[number - 1]), lines[number - 1].lstrip().startswith("-")
    fields: dict[int, int] = {}  # where the fields of each item or group around the line begin, and at which line
    least = here + 1_000
    for n in range(number - 1, 0, -1):
        line = lines[n - 1]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        blanks = _blanks(line)
        if _BLOCK.search(line) and here >= blanks < least and (fields == {} or min(fields) > blanks):
            return tell("indent_alike", line=n)
        if blanks >= least:
            continue
        least = blanks
        begin = blanks + (len(line.lstrip()) - len(line.lstrip()[1:].lstrip()) if line.lstrip().startswith("-") else 0)
        fields.setdefault(begin, n)
        if begin == here or (is_item and blanks == here):
            return None
        if blanks == 0:
            break
    if not fields:
        return None
    near = min(fields, key=lambda begin: (abs(begin - here), begin))
    return tell("indent_as", blanks=near, line=fields[near], here=here)
