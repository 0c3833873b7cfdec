"""Lines of a terminal, broken where Chinese and Latin text may be: by display width, no mark where it can't stand."""

from __future__ import annotations

import re

from rich.cells import cell_len
from rich.text import Text

_CLOSING = "，。、；：！？）》」』】〕…’”,.;:!?)]}"  # may not begin a line
_OPENING = "（《「『【〔‘“([{"  # may not end one
_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef…‘’“”"
_RUN = rf"[^\s{_WIDE}]"
_UNIT_ZH = "字/分钟|音节/分钟|次/分钟|半音/秒|半音|分钟|[次字秒分条处通个人元天月年日]"
_UNIT = rf"(?:{_UNIT_ZH}|[A-Za-z]+(?:/[A-Za-z]+)?(?!{_RUN}))"
# A number with its unit, a Latin word or number, any other sign.
_PIECES = re.compile(rf"{_RUN}*\d ?{_UNIT}|{_RUN}+|\S")


def fit(text: Text, width: int) -> Text:
    """A text in lines that are no wider than `width` columns; those that follow are indented as the one they continue.

    Args:
        text: with its styles; its own line breaks stay.
        width: in columns, of which a wide sign takes two.
    """
    lines = []
    for line in text.split("\n", allow_blank=True):
        indent = len(line.plain) - len(line.plain.lstrip(" "))
        breaks = line_breaks(line.plain[indent:], max(1, width - indent))
        for number, part in enumerate(line.divide([indent + at for at in breaks])):
            part.rstrip()
            lines.append(Text(" " * indent) + part if number else part)
    return Text("\n").join(lines)


def line_breaks(text: str, width: int) -> list[int]:
    """Where each line but the first begins.

    Args:
        text: one paragraph.
        width: of a line, in columns; only a piece that is wider than this is cut anywhere.
    """
    breaks, begin = [], 0
    for start, end in _whole(text):
        if cell_len(text[begin:end]) <= width:
            continue
        if start > begin:
            breaks.append(start)
            begin = start
        while cell_len(text[begin:end]) > width and end - begin > 1:
            at = begin + 1
            while cell_len(text[begin : at + 1]) <= width:
                at += 1
            breaks.append(at)
            begin = at
    return breaks


def _whole(text: str) -> list[tuple[int, int]]:
    """Start and end of what may not be parted: pieces with the marks that belong to them."""
    out: list[tuple[int, int]] = []
    for piece in _PIECES.finditer(text):
        start, end = piece.span()
        if out and out[-1][1] == start and (text[start] in _CLOSING or text[start - 1] in _OPENING):
            out[-1] = out[-1][0], end
        else:
            out.append((start, end))
    return out
