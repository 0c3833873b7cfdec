"""Figures as they are spoken: 13568 is 一三五六八, 30块 is 三十块, 9:30 is 九点三十."""

from __future__ import annotations

import re
from collections.abc import Iterator

DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")
_GROUPS = ("", "万", "亿")

# After one of these a figure is a quantity, however many digits it has.
_MEASURE = re.compile(
    "[ ]?(?:[块元毛角分个天日号月年周岁次遍条位名人家件张台部款种项点秒倍折斤克米千百万亿兆度级层楼班页单笔]"
    "|[套份只支把盒箱包瓶杯袋多来几余]"
    "|小时|公里|积分|左右|美元|人民币|工作日|星期|[GMK])"
)
# Three-digit numbers that are names of a line, not quantities.
_LINE = re.compile("11[0249]|12[02]|315|[48]00|0[129][0-9]")

_FIGURE = re.compile(
    r"(?P<date>(?<!\d)(?:19|20)\d\d[-/.](?:1[0-2]|0?[1-9])[-/.](?:3[01]|[12]\d|0?[1-9])(?!\d))"
    r"|(?P<time>(?<!\d)(?:2[0-4]|[01]?\d)[:：][0-5]\d(?:[:：][0-5]\d)?(?!\d))"
    r"|(?P<percent>\d+(?:\.\d+)?[%％])"
    r"|(?P<phone>\d{3,4}(?:[- ]\d{3,4}){1,2}(?!\d))"
    r"|(?P<range>(?<![\d.])\d{1,2}[-~～—至](?=\d{1,2}(?!\d)))"
    r"|(?P<thousands>\d{1,3}(?:,\d{3})+(?!\d))"
    r"|(?P<decimal>\d+(?:\.\d+)+)"
    r"|(?P<year>(?<!\d)(?:19|20)\d\d(?=年))"
    r"|(?P<whole>\d+)"
)


def cardinal(figure: int) -> str:
    """A whole number below 10**12 in words: 10500 is 一万零五百, 15 is 十五."""
    if figure == 0:
        return "零"
    words = ""
    gap = False
    groups = []
    while figure:
        figure, group = divmod(figure, 10_000)
        groups.append(group)
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if not group:
            gap = bool(words)
            continue
        if words and (gap or group < 1000):
            words += "零"
        words += _below_ten_thousand(group) + _GROUPS[place]
        gap = False
    return words[1:] if words.startswith("一十") else words


def _below_ten_thousand(figure: int) -> str:
    words = ""
    pending_zero = False
    for power in (3, 2, 1, 0):
        digit = figure // 10**power % 10
        if digit:
            words += ("零" if pending_zero and words else "") + DIGITS[digit] + _UNITS[power]
            pending_zero = False
        else:
            pending_zero = True
    return words


def one_by_one(figure: str) -> str:
    """Each digit by its name; points are spoken, everything else is not."""
    return "".join(DIGITS[int(c)] if c.isdigit() else "点" for c in figure if c.isdigit() or c == ".")


def _whole(figure: str, text: str, start: int, end: int) -> str:
    counted = _MEASURE.match(text, end) is not None or text[max(0, start - 1) : start] in (
        "第",
        "¥",
        "￥",
        "$",
    )
    if figure.startswith("0") and len(figure) > 1:
        return one_by_one(figure)
    if len(figure) <= 2:
        return cardinal(int(figure))
    numbered = text[end : end + 1] == "号" and (len(figure) > 3 or _LINE.fullmatch(figure) is not None)
    if counted and len(figure) <= 9 and (not numbered or text[start - 1 : start] == "第"):
        return cardinal(int(figure))
    if len(figure) == 3 and not _LINE.fullmatch(figure):
        return cardinal(int(figure))
    if len(figure) == 4 and figure.endswith("00"):
        return cardinal(int(figure))
    return one_by_one(figure)


def _decimal(figure: str) -> str:
    head, *rest = figure.split(".")
    if len(rest) > 1 or len(head) > 9:
        return one_by_one(figure)
    return cardinal(int(head)) + "点" + one_by_one(rest[0])


def _speak(match: re.Match[str]) -> str:
    kind, figure = match.lastgroup, match.group()
    if kind == "date":
        year, month, day = re.split(r"[-/.]", figure)
        return f"{one_by_one(year)}年{cardinal(int(month))}月{cardinal(int(day))}日"
    if kind == "time":
        hour, *rest = (int(part) for part in re.split(r"[:：]", figure))
        minutes = ("零" if 0 < rest[0] < 10 else "") + cardinal(rest[0]) if rest[0] else ""
        return f"{cardinal(hour)}点{minutes}" + (f"分{cardinal(rest[1])}秒" if len(rest) > 1 else "")
    if kind == "percent":
        inner = figure[:-1]
        return "百分之" + (_decimal(inner) if "." in inner else cardinal(int(inner[:12])))
    if kind == "phone":
        return one_by_one(figure)
    if kind == "range":
        return cardinal(int(figure[:-1])) + "到"
    if kind == "thousands":
        digits = figure.replace(",", "")
        return cardinal(int(digits)) if len(digits) <= 12 else one_by_one(digits)
    if kind == "decimal":
        return _decimal(figure)
    if kind == "year":
        return one_by_one(figure)
    return _whole(figure, match.string, match.start(), match.end())


def figures(text: str) -> Iterator[tuple[int, int, str]]:
    """Every figure in `text` with ASCII digits, as `(start, end, as spoken)`, in order.

    Departures: a number of three or four digits without a unit can be read both ways; lines such as 110 and 400 are
    read digit by digit, other three-digit numbers as quantities, four-digit ones digit by digit unless they end in 00.
    Four digits and more before 号 are somebody's or something's number, digit by digit, but not behind 第.
    """
    for match in _FIGURE.finditer(text):
        yield match.start(), match.end(), _speak(match)
