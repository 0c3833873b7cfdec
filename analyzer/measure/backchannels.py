"""What a listener says without taking the floor, and what asks for an answer: words as data.

The list merges the reactive tokens of Tao & Thompson (1991) and Clancy et al. (1996) for Mandarin with the service
telephone's own. A word alone never decides: a bare 好的 after a question is an answer.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pypinyin import lazy_pinyin

from analyzer.speech.syllables import cost

# fmt: off
_TOKENS = (
    "嗯", "嗯哼", "嗯呢", "恩", "呃", "额", "唔", "啊", "哦", "噢", "喔", "哎", "唉", "诶", "欸", "哈", "哟", "呀",
    "对", "对呀", "对啊", "对的", "是", "是的", "是啊", "是吧", "好", "好的", "好嘞", "好吧", "好啊", "好呀",
    "行", "可以", "中", "成",
    "明白", "明白了", "知道", "知道了", "了解", "了解了", "收到", "没错", "没事",
    "这样", "这样啊", "这样子", "是这样", "原来如此",
    "ok", "OK", "Ok", "okay",
)
# fmt: on
_LONGEST = 8
_ALIKE = 0.3  # mean cost of a syllable (`speech/syllables.py`): 你买了 is 0.27 from 明白了, 怎么了 0.45 from 知道了
_LISTENER = re.compile("(?:" + "|".join(sorted(map(re.escape, _TOKENS), key=len, reverse=True)) + ")+")
_QUESTION = re.compile(
    r"(?:吗|呢|么|嘛|[?？]|是不是|对不对|好不好|行不行|可不可以|可以吧|对吧|是吧|行吧|好吧|哪里|哪位|什么|多少|几位|怎么样|如何)"
    r"[。，、！!?？\s]*$"
)
_WAIT = re.compile(r"稍等|稍候|等一下|等一会|等下|等候|等待|别挂|不要挂|稍微等|请等|帮您查|为您查")
_SETS_ABOUT = re.compile(r"转接|转(?:到|给|至|入|人工)|我.{0,8}一下[啊哈吧哦呢\s，。！,.!]*$")
_BACK = re.compile(r"久等|感谢您的等待|谢谢您的等待|感谢等待|谢谢等待")
_GREETS = re.compile(r"[您你]好|喂|(?:早上|上午|中午|下午|晚上)好|感谢|欢迎|很高兴")
# what cannot end a sentence: prepositions, conjunctions, adverbs before a verb, pronouns that no verb stands before
_OPEN = re.compile(
    r"(?:把|被|给|从|跟|和|让|就|也|都|还|再|才|又|最|更|将|每|比|由|使|并|且|其|之|而|但|或|这|那|很|因为|所以|以及|如果|虽然"
    r"|认为|成为|由于|关于|对于|(?<![现存实内])在|(?<!方)向|(?<![谢诉帮找问等求烦扰到系爱想祝托给])[我你您他她它]"
    r"|(?<![零幺一二三四五六七八九十百千万第唯统单期周])一|(?<![是对好要])不)$"
)
_CLOSED = re.compile(r"(?:了|吧|呢|啊|呀|嘛|哦|啦|再见|拜拜|谢谢)$")
# who denies, stops the other or asks for something is no listener, however short
_CLAIM = re.compile(
    r"不|没|别|停|喂|错|取消|退|投诉|等(?:[等会下]|一[下会])|我(?:[要想说问]|没)|[你您](?:先|听|别)|[听让]我|打断"
)
_NOISE = re.compile(r"[\s，。、！？!?,.…~—-]+")


@lru_cache(maxsize=4096)  # rules ask for the same turns
def is_listener_token(text: str) -> bool:
    """Whether a text sounds like nothing but listener's tokens (嗯, 对对, 好的好的 …).

    By sound, because a short token out of context is what a recogniser writes most freely: 恩, 队, 事的.
    """
    bare = _NOISE.sub("", text)
    if not bare or len(bare) > _LONGEST:
        return False
    return _LISTENER.fullmatch(bare) is not None or _by_sound().fullmatch(_sound(bare)) is not None


def is_leading_token(text: str) -> bool:
    """Whether a text is a listener's token no other word begins with: 嗯, 好的, 对,; not 对 (对不起) or 是 (是不是)."""
    bare = _NOISE.sub("", text)
    return is_listener_token(bare) and (len(bare) > 1 or bare in "嗯哦噢喔唔啊" or text[-1] in ",，。")


def is_nearly_token(text: str) -> bool:
    """Whether a text is a listener's token but for one syllable it may have been misheard with.

    Said twice and more, with a syllable anywhere (对对我, 对一对对), or of three syllables and more, with one before or
    after (您明白了), or sounding like it up to the same last one (您白了, 你买了). Of 好 and 行 the repetition is not
    enough: 好好说, 行行好.
    """
    syllables = lazy_pinyin(_NOISE.sub("", text))
    if len(syllables) < 3 or claims_floor(text):
        return False
    if any(syllables.count(token) >= len(syllables) - 1 for token in _repeated()):
        return True
    if any("".join(f"{s} " for s in rest) in _longer() for rest in (syllables[1:], syllables[:-1])):
        return True
    return any(_is_like(syllables, token.split()) for token in _longer())


def _is_like(heard: list[str], token: list[str]) -> bool:
    """Whether syllables end as a token's and the others sound like its."""
    if len(heard) != len(token) or heard[-1] != token[-1]:
        return False
    return sum(cost(a, b) for a, b in zip(heard, token, strict=True)) <= _ALIKE * len(token)


def _sound(text: str) -> str:
    """Syllables without tones, each followed by a blank."""
    return "".join(f"{s} " for s in lazy_pinyin(text))


@lru_cache(maxsize=1)
def _repeated() -> frozenset[str]:
    return frozenset(lazy_pinyin("对嗯恩是"))


@lru_cache(maxsize=1)
def _longer() -> frozenset[str]:
    return frozenset(_sound(t) for t in _TOKENS if not t.isascii() and len(t) > 2)


@lru_cache(maxsize=1)
def _by_sound() -> re.Pattern[str]:
    sounds = sorted({_sound(t) for t in _TOKENS}, key=lambda s: (-len(s), s))
    return re.compile("(?:" + "|".join(map(re.escape, sounds)) + ")+")


def claims_floor(text: str) -> bool:
    """Whether a text says what no token is misheard for: it denies, stops the other or asks (不是, 等等, 取消)."""
    return not is_listener_token(text) and _CLAIM.search(text) is not None


@lru_cache(maxsize=4096)
def asks(text: str) -> bool:
    """Whether a text ends as a question, so that a short word after it is an answer."""
    return _QUESTION.search(text.strip()) is not None


def leaves_open(text: str) -> bool:
    """Whether a text stops at a word that cannot end a sentence (因为, 把, 就, 我 …)."""
    return _OPEN.search(_NOISE.sub("", text)) is not None


def closes(text: str) -> bool:
    """Whether a text ends in a final particle, a farewell or as a question."""
    bare = _NOISE.sub("", text)
    return _CLOSED.search(bare) is not None or asks(bare)


def announces_wait(text: str) -> bool:
    """Whether the end of a turn asks the other party to wait."""
    return _WAIT.search(text[-24:]) is not None


def sets_about(text: str) -> bool:
    """Whether the end of a turn hands over (转接) or sets about something (我看一下): its speaker may be quiet then."""
    return _SETS_ABOUT.search(text[-24:]) is not None


def comes_back(text: str) -> bool:
    """Whether the beginning of a turn is somebody coming back to the line (让您久等了)."""
    return _BACK.search(text[:16]) is not None


def greets(text: str) -> bool:
    """Whether a text begins as one who comes to the telephone does: 您好, 喂, 感谢来电."""
    return _GREETS.match(_NOISE.sub("", text[:16])) is not None
