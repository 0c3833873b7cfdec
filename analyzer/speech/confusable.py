"""Which sounds of Mandarin are taken for which, as data: accents, the telephone band, the recogniser's habits.

A cost of 0 is the same sound, 1 is nothing alike. Pairs not listed cost 1. Tone is not here: it is ignored.
"""

from __future__ import annotations

INITIALS = (
    "",
    "b",
    "p",
    "m",
    "f",
    "d",
    "t",
    "n",
    "l",
    "g",
    "k",
    "h",
    "j",
    "q",
    "x",
    "zh",
    "ch",
    "sh",
    "r",
    "z",
    "c",
    "s",
)

# Alike in accents (flat and curled tongue, n/l, f/h, r/l) or over a telephone band (s/f/x, the stops).
INITIAL_PAIRS: dict[tuple[str, str], float] = {
    ("zh", "z"): 0.12,
    ("ch", "c"): 0.12,
    ("sh", "s"): 0.12,
    ("n", "l"): 0.25,
    ("f", "h"): 0.3,
    ("r", "l"): 0.35,
    ("zh", "ch"): 0.35,
    ("z", "c"): 0.35,
    ("j", "q"): 0.35,
    ("zh", "j"): 0.4,
    ("ch", "q"): 0.4,
    ("sh", "x"): 0.4,
    ("z", "j"): 0.45,
    ("c", "q"): 0.45,
    ("s", "x"): 0.45,
    ("zh", "c"): 0.45,
    ("ch", "z"): 0.45,
    ("b", "p"): 0.4,
    ("d", "t"): 0.4,
    ("g", "k"): 0.4,
    ("k", "h"): 0.5,
    ("g", "h"): 0.6,
    ("ch", "sh"): 0.5,
    ("c", "s"): 0.5,
    ("q", "x"): 0.5,
    ("zh", "sh"): 0.6,
    ("j", "x"): 0.6,
    ("z", "s"): 0.6,
    ("m", "n"): 0.5,
    ("m", "b"): 0.6,
    ("d", "l"): 0.6,
    ("n", "d"): 0.6,
    ("d", "zh"): 0.7,
    ("t", "ch"): 0.7,
    ("d", "g"): 0.6,
    ("b", "d"): 0.6,
    ("p", "t"): 0.6,
    ("t", "k"): 0.6,
    ("s", "f"): 0.6,
    ("sh", "f"): 0.7,
    ("x", "h"): 0.7,
    ("r", "zh"): 0.6,
    ("r", "n"): 0.6,
    ("", "r"): 0.55,
    ("", "n"): 0.55,
    ("", "l"): 0.6,
    ("", "h"): 0.6,
    ("", "m"): 0.7,
    ("", "g"): 0.7,
    ("", "j"): 0.7,
    ("", "x"): 0.7,
}

# Finals as (medial, nucleus, coda): their distance follows from the parts.
FINALS: dict[str, tuple[str, str, str]] = {
    "a": ("", "a", ""),
    "o": ("u", "o", ""),  # o and uo are one sound
    "e": ("", "e", ""),
    "ê": ("", "ê", ""),
    "i": ("i", "i", ""),
    "-i": ("", "-i", ""),  # after zh ch sh r z c s
    "u": ("u", "u", ""),
    "ü": ("ü", "ü", ""),
    "er": ("", "e", "r"),
    "ai": ("", "a", "i"),
    "ei": ("", "ê", "i"),
    "ao": ("", "a", "u"),
    "ou": ("", "o", "u"),
    "an": ("", "a", "n"),
    "en": ("", "e", "n"),
    "ang": ("", "a", "ng"),
    "eng": ("", "e", "ng"),
    "ong": ("u", "o", "ng"),
    "ia": ("i", "a", ""),
    "ie": ("i", "ê", ""),
    "iao": ("i", "a", "u"),
    "iou": ("i", "o", "u"),
    "ian": ("i", "a", "n"),
    "in": ("i", "i", "n"),
    "iang": ("i", "a", "ng"),
    "ing": ("i", "i", "ng"),
    "iong": ("i", "o", "ng"),
    "ua": ("u", "a", ""),
    "uo": ("u", "o", ""),
    "uai": ("u", "a", "i"),
    "uei": ("u", "ê", "i"),
    "uan": ("u", "a", "n"),
    "uen": ("u", "e", "n"),
    "uang": ("u", "a", "ng"),
    "ueng": ("u", "e", "ng"),
    "üe": ("ü", "ê", ""),
    "üan": ("ü", "a", "n"),
    "ün": ("ü", "ü", "n"),
    "n": ("", "e", "n"),
    "ng": ("", "e", "ng"),
    "m": ("", "e", "n"),
}

MEDIAL_PAIRS: dict[tuple[str, str], float] = {
    ("", "i"): 0.4,
    ("", "u"): 0.3,
    ("", "ü"): 0.5,
    ("i", "ü"): 0.25,
    ("i", "u"): 0.5,
    ("u", "ü"): 0.4,
}

NUCLEUS_PAIRS: dict[tuple[str, str], float] = {
    ("a", "e"): 0.5,
    ("a", "ê"): 0.5,
    ("a", "o"): 0.5,
    ("e", "o"): 0.3,
    ("e", "ê"): 0.35,
    ("e", "-i"): 0.3,
    ("e", "i"): 0.5,
    ("e", "u"): 0.5,
    ("e", "ü"): 0.7,
    ("ê", "i"): 0.4,
    ("ê", "ü"): 0.5,
    ("i", "-i"): 0.35,
    ("i", "ü"): 0.25,
    ("o", "u"): 0.35,
    ("u", "ü"): 0.45,
    ("u", "-i"): 0.6,
    ("o", "ê"): 0.6,
}

CODA_PAIRS: dict[tuple[str, str], float] = {
    ("n", "ng"): 0.15,
    ("", "n"): 0.45,
    ("", "ng"): 0.5,
    ("", "i"): 0.35,
    ("", "u"): 0.35,
    ("", "r"): 0.25,
    ("i", "n"): 0.6,
    ("u", "ng"): 0.6,
    ("i", "u"): 0.7,
    ("r", "n"): 0.6,
}

# Said without stress and often lost, or put in, without changing what is meant.
PARTICLES = frozenset("的了吗呀啊吧呢嘛哦噢喔哎呐哈啦喽呗地得着嘞哇诶嗯呃额唔呣")
# Put in while thinking; all of them are particles too.
FILLERS = frozenset("嗯呃额唔呣哎诶啊哦噢")
FILLER_WORDS = ("那个", "这个", "就是", "然后", "就是说", "那么", "对吧")
# A phrase with one of these lost or put in says the opposite.
NEGATORS = frozenset("不没别未非勿甭无")
# Written differently, the same to a rule: every key counts as its value.
SAME = {
    "您": "你",
    "她": "他",
    "它": "他",
    "地": "的",
    "得": "的",
    "两": "二",
    "幺": "一",
    "哪": "那",
    "作": "做",
    "嘿": "嗨",
}

# Characters often read in two ways; of all others only the usual reading counts (有 can be read wei, but never is).
TWO_WAYS = frozenset("还行长得了都重着便只调差发数当系会种处更空间应量率假降参")
