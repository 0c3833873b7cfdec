"""Where a Mandarin text gives away a person: numbers, names, addresses, e-mail, spoken or written.

Numbers are found by their digits, however they are said: 138, 幺三八, 一三八, 三个零, with pauses and fillers between
them. Seven digits in a row are private unless they count money; fewer only where the words around them say so
(尾号, 验证码, 后四位). Where a number is spoken of or was asked for, words that sound like digits (要 for 幺) count
as digits. It is better to hide a number too many than to show one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import re2

from analyzer.call.width import narrow
from analyzer.speech.difference import unlike

KINDS = ("phone", "id_card", "bank_card", "order", "name", "address", "email")
MASK = "*"

_DIGITS = {sign: str(value) for value, signs in enumerate(
    ("0零〇洞", "1一幺么腰壹", "2二两贰", "3三叁", "4四肆", "5五伍", "6六陆", "7七拐柒", "8八捌", "9九勾玖")
) for sign in signs}  # fmt: skip
_UNSURE_DIGITS = set("么腰勾拐洞两")  # digits only among digits
_ALIKE = 0.25  # how unlike a digit a misheard one may sound: 由 is 幺, 森 三
_NEVER_ALIKE = set("你您我的不在那好")
_SELDOM_ALIKE = set("是就有吧呢啊以已也而")  # words of their own where a number begins or ends
_BETWEEN = set(" \t\n-–—·.。,、:…~/") | set("嗯呃啊哦额唔诶哎")
_BETWEEN_WORDS = ("然后", "那个", "杠", "空格", "接着", "后面", "再来")
_MOST_BETWEEN = 4
_SPEAKS_OF = {
    "id_card": ("身份证", "证件号"),
    "bank_card": ("银行卡", "信用卡", "储蓄卡", "卡号", "账号", "账户"),
    "order": (
        "订单",
        "单号",
        "运单",
        "快递",
        "工单",
        "编号",
        "会员号",
        "会员卡",
        "会员卡号",
        "流水号",
        "验证码",
        "合同",
        "保单",
    ),
    "phone": ("电话", "手机", "联系方式", "号码", "座机", "微信", "打我", "区号"),
}
_PARTS = ("尾号", "后四位", "后六位", "后四", "前四位", "前六位", "末四位", "验证码", "密码")
_MONEY = ("元", "块", "万", "亿", "角", "分钱", "兆", "流量", "人", "年", "个月", "字节", "度电", "积分")
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭"
    "陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐"
    "易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳"
    "管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵"
    "苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌"
)
_COMPOUND = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "夏侯",
    "司徒",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "端木",
    "独孤",
)
_NOT_GIVEN = set("的了是在吗呢啊吧呀哦嗯,。!?、. 电手我你您他住要想这那就也都不有和跟给打来叫去")
_CALLED = re.compile(
    r"(?:我的?名字[是叫]?|我叫做?|本人叫|名叫|联系人[是叫]?|收[件货]人[是叫]?|姓名[是叫]?|户主[是叫]?|全名[是叫]?)[:,\s]*"
)
_SURNAMED = re.compile(r"(?:我|免贵|贵|本人|他|她|客户|机主)姓[:\s]*")
_TITLED = re.compile(rf"({'|'.join(_COMPOUND)}|[{_SURNAMES}])(?=先生|女士|小姐|太太|师傅|阿姨|大爷)")
_NUMBER = r"[0-9零〇一二两三四五六七八九十百幺-]{1,9}"
_STREET = r"(?:路|街|大道|大街|巷|弄|胡同|村|小区|花园|家园|新村|公寓|广场|大厦|苑|里|庄|镇|城|园)"
_DOOR = r"(?:号楼|号院|号|弄|栋|幢|座|楼|单元|室|层|期|门|户|组|队|房)"
_ADDRESS = re2.compile(  # linear in the text, whatever stands in it
    rf"(?:[一-龥]{{2,3}}(?:省|市|自治区))?(?:[一-龥]{{1,4}}?(?:市|区|县|旗))?(?:[一-龥]{{1,5}}?(?:镇|乡|街道))?"
    rf"[一-龥]{{1,7}}?{_STREET}(?:[一-龥]{{0,4}}?[,\s]?{_NUMBER}\s?{_DOOR})+(?:[,\s]?{_NUMBER}(?:{_DOOR})?)*"
)
_LIVES = re.compile(
    r"(?:家住|住在|我住(?![的这那])|住址[是为]?|地址[是为在]?|送到|寄到|送货到|寄往|装在|安装在)[:,\s]*"
)
_PLACE = re.compile(rf"[^。!?;,]{{1,30}}?(?:省|市|区|县|路|街|大道|小区|花园|公寓|{_NUMBER}{_DOOR})[^。!?;]{{0,30}}")
_LAST = re.compile(r"[\s,]{0,2}[Xx叉]")
_LEAD = re.compile(r"^(?:.*?(?:家住|住在|我住|地址[是为在]?|送到|寄到|寄往|装在|我在|就在|是在|就是|在|是))")
_SPELLED = "A-Za-z0-9零〇一二两三四五六七八九幺"
_EMAIL = re2.compile(
    r"(?i)[A-Za-z0-9][A-Za-z0-9._%+-]*\s*@\s*[A-Za-z0-9-]+(?:\s*\.\s*[A-Za-z0-9-]+)+"
    rf"|[{_SPELLED}][{_SPELLED} ._-]*(?:下划线|杠|点)?[{_SPELLED} ._-]*\s*(?:@|艾特|圈a|小老鼠|at\s)"
    rf"\s*[{_SPELLED}扣 -]+\s*(?:\.|点|dot)\s*(?:com|cn|net|org|康姆|抗姆|靠姆|西恩)"
)


@dataclass(frozen=True, slots=True, order=True)
class Private:
    """A stretch `[start, end)` of a text that gives somebody away."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class _Run:
    digits: str
    start: int
    end: int


def find_private(text: str, strict: bool = False, answers: Sequence[tuple[int, int]] = ()) -> tuple[Private, ...]:
    """What a text gives away, in order, without overlaps.

    Args:
        text: spoken or written Mandarin.
        strict: only what can't be anything else (mobile and ID-card numbers, e-mail): for file names and identifiers,
            which are full of digits.
        answers: stretches `[start, end)` of it in which somebody answers who was asked for a number, or says one back.
    """
    text = narrow(text)  # what follows knows the marks and digits of ASCII alone
    found = [Private(m.start(), m.end(), "email") for m in _EMAIL.finditer(text)]
    if strict:
        found += _strict_numbers(text)
    else:
        found += [*_numbers(text), *_misheard(text, answers), *_names(text), *_addresses(text)]
    found.sort(key=lambda p: (-(p.end - p.start), p.start))
    kept: list[Private] = []
    at: dict[int, list[int]] = {}  # by sign, which of those kept lie there
    for one in found:
        touched = [kept[i] for i in sorted({i for sign in range(one.start, one.end) for i in at.get(sign, ())})]
        if any(other.start <= one.start and one.end <= other.end for other in touched):
            continue
        rest = _outside(one, touched)
        if rest is not None:
            for sign in range(rest.start, rest.end):
                at.setdefault(sign, []).append(len(kept))
            kept.append(rest)
    return tuple(sorted(kept))


def mask(text: str, found: tuple[Private, ...]) -> str:
    """The text with every private sign as `*`; as long as before, so that times and places still fit."""
    signs = list(text)
    for one in found:
        signs[one.start : one.end] = MASK * (one.end - one.start)
    return "".join(signs)


def digits_of(text: str) -> str:
    """The digits among a text's signs, each read by itself: 幺三八 is 138."""
    return "".join(_DIGITS.get(sign, "") for sign in narrow(text))


def _outside(one: Private, kept: list[Private]) -> Private | None:
    start, end = one.start, one.end
    for other in kept:
        if other.start <= start < other.end:
            start = other.end
        if other.start < end <= other.end:
            end = other.start
    return Private(start, end, one.kind) if end > start else None


def _strict_numbers(text: str) -> Iterator[Private]:
    for m in re.finditer(r"(?<!\d)(?:1[3-9]\d{9}|[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[\dXx])(?!\d)", text):
        yield Private(m.start(), m.end(), "phone" if len(m[0]) == 11 else "id_card")


def _numbers(text: str) -> Iterator[Private]:
    for run in _digit_runs(text):
        kind = _kind(run, text)
        if kind:
            start = run.start
            while start > 0 and run.start - start < 4 and text[start - 1].isascii() and text[start - 1].isalpha():
                start -= 1  # an order number's letters
            yield Private(start, run.end, kind)


def speaks_of_number(text: str) -> bool:
    """Whether a turn is about a private number: whoever speaks next may say one."""
    told = any(word in text for words in _SPEAKS_OF.values() for word in words) or any(part in text for part in _PARTS)
    return told or any(_kind(run, text) for run in _digit_runs(narrow(text)))


def _misheard(text: str, answers: Sequence[tuple[int, int]]) -> Iterator[Private]:
    """Numbers of which digits were written as words of the same sound."""
    for start, end in _alike_runs(text):
        signs = [sign for sign in text[start:end] if _is_alike(sign)]
        digits = sum(sign in _DIGITS for sign in signs)
        about = _about(text[max(0, start - 14) : start])
        asked = any(a <= start < b for a, b in answers)
        if not (about or asked) and text[end : end + 4].startswith(_MONEY):
            continue
        if digits == len(signs):
            private = asked and digits >= 4
        elif about or asked:
            private = digits >= (3 if len(signs) < 7 else 2) and len(signs) >= 5
        else:
            private = digits >= 7 and len(signs) >= 10
        if private:
            yield Private(start, end, about or "phone")


def _alike_runs(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of signs that sound like digits, with nothing but pauses and marks between them."""
    at = 0
    while at < len(text):
        if not _is_alike(text[at]) or text[at] in _SELDOM_ALIKE:
            at += 1
            continue
        start, end, last = at, at + 1, at + 1
        while end < len(text) and end - last <= _MOST_BETWEEN and (_is_alike(text[end]) or text[end] in _BETWEEN):
            end += 1
            if _is_alike(text[end - 1]) and text[end - 1] not in _SELDOM_ALIKE:
                last = end
        yield start, last
        at = end


@lru_cache(maxsize=8192)
def _is_alike(sign: str) -> bool:
    """Whether a sign is a digit, or sounds like one."""
    if sign in _DIGITS:
        return True
    if sign in _NEVER_ALIKE or sign in _BETWEEN or not "一" <= sign <= "龥":
        return False
    return any(unlike(sign, digit) <= _ALIKE for digit in "零洞一幺二两三四五六七拐八九")


def _digit_runs(text: str) -> Iterator[_Run]:
    """Stretches of digits with nothing but pauses, fillers and marks between them."""
    at, digits, start, end = 0, "", 0, 0
    while at < len(text):
        said, length = _digit_at(text, at, bool(digits))
        if said:
            if not digits:
                start = at
            digits, at = digits + said, at + length
            end = at
            continue
        skip = _between(text, at) if digits else 0
        if skip:
            at += skip
            continue
        if digits:
            yield from _whole(digits, start, end, text)
            digits = ""
            continue
        at += 1
    if digits:
        yield from _whole(digits, start, end, text)


def _whole(digits: str, start: int, end: int, text: str) -> Iterator[_Run]:
    last = _LAST.match(text, end) if len(digits) in (17, 14) else None
    if last:
        digits, end = digits + "X", last.end()
    yield _Run(digits, start, end)


def _digit_at(text: str, at: int, inside: bool) -> tuple[str, int]:
    """The digits said at a place and the signs they take: 八 is 8, 三个零 is 000.

    洞, 两, 勾 and the like are digits only inside a number or before a digit.
    """
    sign = text[at]
    if sign not in _DIGITS:
        return "", 0
    times = _DIGITS[sign]
    if text[at + 1 : at + 2] == "个" and text[at + 2 : at + 3] in _DIGITS and "2" <= times <= "8":
        return _DIGITS[text[at + 2]] * int(times), 3
    if sign in _UNSURE_DIGITS and not (inside or text[at + 1 : at + 2] in _DIGITS):
        return "", 0
    if text[at + 1 : at + 2] in ("十", "百", "千", "万", "亿"):
        return "", 0
    return times, 1


def _between(text: str, at: int) -> int:
    """How many signs from here on are a pause inside a number; 0 when the number ends here."""
    end = at
    while end < len(text) and end - at <= 2 * _MOST_BETWEEN:
        word = next((w for w in _BETWEEN_WORDS if text.startswith(w, end)), "")
        if word:
            end += len(word)
        elif text[end] in _BETWEEN:
            end += 1
        else:
            break
    going_on = end < len(text) and text[end] in _DIGITS
    return end - at if going_on and end - at <= 2 * _MOST_BETWEEN else 0


def _kind(run: _Run, text: str) -> str | None:
    """What a number is; None for one that gives nobody away."""
    before, after, n = text[max(0, run.start - 14) : run.start], text[run.end : run.end + 4], len(run.digits)
    about = _about(before)
    if n >= 7 and after.startswith(_MONEY) and about is None:
        return None
    if re.fullmatch(r"[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[\dX]", run.digits) or (
        n in (15, 18) and about == "id_card"
    ):
        return "id_card"
    if re.fullmatch(r"(?:86)?1[3-9]\d{9}", run.digits):
        return "phone"
    if about and n >= 7:
        return about
    if 16 <= n <= 19:
        return "bank_card"
    if n >= 7:
        return "phone" if n <= 12 else "order"
    near = text[max(0, run.start - 8) : run.start]
    if n >= 3 and any(part in near for part in _PARTS):
        return about or "order"
    if n >= 4 and about in ("id_card", "bank_card", "order") and not after.startswith(_MONEY):
        return about
    return None


def _about(before: str) -> str | None:
    """What the words before a number speak of; the nearest wins."""
    places = [
        (before.rfind(word) + len(word), len(word), kind)
        for kind, words in _SPEAKS_OF.items()
        for word in words
        if word in before
    ]
    if places:
        return max(places)[2]
    return "bank_card" if "尾号" in before else None


def _names(text: str) -> Iterator[Private]:
    for m in _SURNAMED.finditer(text):
        length = 2 if text[m.end() : m.end() + 2] in _COMPOUND else 1
        if text[m.end() : m.end() + 1] in _SURNAMES and text[m.end() : m.end() + 1]:
            yield Private(m.end(), m.end() + length, "name")
    for m in _CALLED.finditer(text):
        length = _name_length(text[m.end() : m.end() + 4])
        if length:
            yield Private(m.end(), m.end() + length, "name")
    for m in _TITLED.finditer(text):
        yield Private(m.start(), m.end(), "name")


def _name_length(text: str) -> int:
    """How many signs of a name stand at the beginning; 0 when none does."""
    surname = 2 if text[:2] in _COMPOUND else 1 if text[:1] and text[:1] in _SURNAMES else 0
    if not surname:
        return 0
    given = 0
    for sign in text[surname : surname + 2]:
        if sign in _NOT_GIVEN or text[surname:].startswith(("先生", "女士", "小姐")) or not "一" <= sign <= "龥":
            break
        given += 1
    return surname + given if given else 0


def _addresses(text: str) -> Iterator[Private]:
    for m in _ADDRESS.finditer(text):
        lead = _LEAD.match(m[0])
        start = m.start() + (lead.end() if lead and lead.end() < len(m[0]) - 3 else 0)
        yield Private(start, m.end(), "address")
    for m in _LIVES.finditer(text):
        place = _PLACE.match(text, m.end())
        if place:
            yield Private(m.end(), m.end() + len(place[0].rstrip()), "address")
