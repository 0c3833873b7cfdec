"""What is wrong with a pack, in Chinese: the words that the loader says in English, sentence by sentence."""

from __future__ import annotations

import re

_KINDS = {"rule": "规则", "family": "说法族", "clause": "条款", "observation": "观察项", "situation": "情形",
          "section": "分组", "phrase family": "说法族", "measure": "指标", "curve": "曲线"}  # fmt: skip
_TYPES = {"array": "列表", "str": "文字", "int": "整数", "float": "数字", "bool": "true 或 false",
          "object": "一组字段 {…}", "null": "空"}  # fmt: skip
_LONGEST = 1_000
_PLACE = re.compile(r"(?P<file>\S+), line (?P<line>\d+)(?: \((?P<kind>\w+) (?P<item>[^)]*)\))?: (?P<rest>.*)\Z", re.S)
_PROFILE = re.compile(r"(.*), in the profile (\S+)\Z", re.S)
_IN_PART = re.compile(r"(\w+): (.*)\Z", re.S)
_GIVEN = re.compile(r"(.*?) \((\$[^()]*)\)\Z", re.S)
_A_TYPE = re.compile(r"`([a-z| ]+)`")

# English, as a pattern of the whole sentence -> Chinese
_SEEN = {
    r"object contains unknown field `(.*)`": "没有 {0} 这个字段",
    r"object missing required field `(.*)`": "缺少字段 {0}",
    r"there is no such check kind \((.*)\)": "没有 {0} 这种检查（kind）",
    r"invalid enum value '(.*)'": "不能填“{0}”",
    r"expected (.*?) of length (\S+) (\d+), got (.*)": "{t0}的长度应 {1} {2}，写的是 {3}",
    r"expected (.*?) of length (\S+) (\d+)": "{t0}的长度应 {1} {2}（不能是空的）",
    r"expected (`[^`]*`), got (`[^`]*`)": "应填{t0}，写的是{t1}",
    r"expected (`[^`]*`) (\S+) (\S+), got (.*)": "应填{t0}，并且 {1} {2}，写的是 {3}",
    r"a comma or full stop inside (.*)": "一条说法里有标点：{0}",
    r"(\{.*\}) without quotes": "{0} 没有加引号",
    r"there is no (section|clause|phrase family|measure|curve) (.*)": "没有名为 {1} 的{k0}",
    r"there is no component of (\S+) (.*)": "指标 {0} 没有 {1} 这个部分",
    r"there is no (?:parameter|situation) (.*)": "pack.yaml 里没有定义 {0}",
    r"no check uses the parameter (.*)": "没有检查用到参数 {0}",
    r"profile (.*) sets (.*), and there is no parameter .*": "档 {0} 设了 {1}，但没有这个参数",
    r"there is no rule (.*) to disable": "disable 里的 {0} 不是规则",
    r"nothing called (.*) to change": "没有名为 {0} 的条目可改（change）",
    r"a change of (.*) that holds (.*)": "改 {0} 时不能带 {1}",
    r"(.*) is already in the pack (.*), (.*), line (\d+)": "{0} 已经在规则包 {1} 里用过（{2} 第 {3} 行）",
    r"(.*) is already in (.*), line (\d+)": "{0} 已经写过（{1} 第 {2} 行）",
    r"the (\w+) (.*) is no text": "{0} 写成了数字 {1}，应是文字",
    r"the (\w+) (.*) holds a mark": "{0} {1} 里不能有 {{…}}",
    r"an item without (\w+)": "这一条没有 {0}",
    r"an item that is not a mapping": "这一条不是“字段: 值”",
    r"the file is not a list": "文件内容不是列表",
    r"(\w+) is not a (?:list|mapping)": "{0} 的写法不对",
    r"(\w+) is empty": "{0} 后面是空的",
    r"both require and forbid": "require 和 forbid 都写了",
    r"neither require nor forbid": "require 和 forbid 都没有写",
    r"fatal and review_only: .*": "fatal 和 review_only 不能同时用：只提请复核的规则不会判违反",
    r"a family without phrases": "说法族里没有说法",
    r"a phrase of (\d+) spoken characters": "有一条说法是 {0} 个字",
    r"the section (.*) twice": "分组 {0} 写了两次",
    r"the key (.*) twice": "{0} 写了两次",
    r"(\{.*\}) stands here, and no (\w+) is set": "这里用了 {0}，但没有设 {1}",
    r"nothing fills (.*)": "{0} 没有内容可填",
    r"no pack\.yaml in (.*)": "{0} 里没有 pack.yaml",
    r"extends: (.*) is a path": "extends 写成了路径：{0}",
    r"(.*) extends itself, or too deep": "{0} 又沿用了自己，或层数太多",
    r"(.*) would not be read": "{0} 不会被读到",
    r"no profile (.*)": "没有 {0} 这个档",
    r"not UTF-8 text": "文件不是 UTF-8 编码",
    r"too many (phrases|frames)": "说法或句式太多",
    r"can't read the example line: (.*)": "看不懂示例里的这一行：{0}",
    r"a turn that ends before it begins: (.*)": "结束时间早于开始时间：{0}",
    r"nobody speaks yet whom this could come in on: (.*)": "前面还没有人说话，不能插话：{0}",
    r"(\w+) is of the whole call, not of one party": "{0} 是整通电话的指标，不分坐席、客户",
    r"(\w+) is of one party, not of the whole call": "{0} 是一方的指标，不是整通电话的",
    r"two turns on one line: (.*)": "一行里有两个人的话：{0}",
    r"an example without a line": "示例是空的",
    r"(.*) is given twice": "{0} 写了两次",
    r"(\S+) is in (\S+), (\S+) in (\S+)": "{0} 的单位是 {1}，{2} 的单位是 {3}",
    r"not a pattern: (.*) \((.*)\)": "不是可用的模式：{0}（{1}）",
    r"a pattern that matches nothing at all: (.*)": "模式什么也没有也算符合：{0}",
    r"a pattern of (\d+) characters, more than (\d+)": "模式有 {0} 个字符，超过 {1} 个",
    r"a pattern that no spoken text fits: (.*) \(figures .*\)":
        "没有一句话会符合这个模式：{0}（数字要写成念的字，外文一个音节写一个 x，没有标点和繁体字）",
    r"no spoken text holds (.*?)(?:, it is written (.*?))? \(figures .*\)":
        "没有一句话里会有 {0}（数字要写成念的字，外文一个音节写一个 x，没有标点和繁体字）",
    r"needs exactly one of (.*)": "{0} 里要写、也只能写一个，而且不能是空的",
    r"needs (\w+) or (\w+)": "{0} 和 {1} 至少要写一个",
    r"(\w+) lies above (\w+)": "{0} 比 {1} 大",
    r"(\S+) goes with (.*)": "{0} 要和 {1} 一起用",
    r"(\w+) is more than there are (families|steps)": "{0} 比列出的还多",
    r"times is more than within_turns can hold": "times 比 within_turns 能容纳的还多",
    r"every step is optional, so nothing need be said": "每一步都可省（optional），等于什么都不要求",
    r"a phrase needs families": "event: phrase 要写 families",
    r"(\w+) has no (families|min_s|role)": "{0} 不能带 {1}",
    r"without families it excuses nothing": "families 是空的，什么也排除不了",
    r"same_turn and last_turn are not both to be had.*": "same_turn 和 last_turn 不能同时用，把一个放进 also",
    r"a response is shorter.*": "response 短于 3 秒，从 3 秒起是 dead_air，of 里两个都要写",
    r"dead_air is .*": "dead_air 从 3 秒起，更短的是 response",
    r"nobody speaks (before an opening|behind a closing)": "opening 之前、closing 之后没有人说话",
    r"a jump is of one party's curve.*": "jump 只看一方的曲线，role 要写 agent 或 customer",
    r"compares a figure with the same": "同一个指标和自己相比",
    r"only an interruption is a contest.*": "只有 interruption 才有 outcome",
    r"asked_by and answered_by are the same": "asked_by 和 answered_by 是同一方",
    r"(.*) stands in of and in against": "{0} 在 of 和 against 里都有",
    r"is_callback is true or false": "is_callback 只能是 true 或 false",
    r"direction is inbound or outbound": "direction 只能是 inbound 或 outbound",
    r"team is a name": "team 应是名称（文字）",
    r"a phrase without spoken characters: (.*)": "有一条说法里没有字：{0}",
    r"'(.*)' (?:has|is|stands) .*": "说法 {0} 里的 (…|…) 写得不对",
    r"clause (.*): no rule names it and it has no not_heard": "条款 {0}：没有规则引用它，也没有写 not_heard",
    r"clause (.*): named by (.*) and also says not_heard": "条款 {0}：{1} 引用了它，它又写了 not_heard",
    r"rule (.*): (.*) example\(s\) missing": "规则 {0}：还缺示例 {1}",
    r"family (.*): no rule uses it": "说法族 {0}：没有规则用到它",
    r"family (.*): (.*), of one character, is easily found .*": "说法族 {0}：“{1}”只有一个字，容易误命中",
    r"(\w+) is in ms, and its (\w+) is (\S+): (\S+) s are (\S+)":
        "{0} 的单位是毫秒，{1} 却写了 {2}：{3} 秒要写 {4}",
    r"(\w+) is in seconds, and is (\S+): (\S+) ms are (\S+)": "{0} 的单位是秒，写了 {1}：{2} 毫秒要写 {3}",
    r"unsure_s is a margin: (\S+) below a min_s of (\S+) is unsure from (\S+) s on":
        "unsure_s 是界限以下的余量：min_s {1} 减 {0}，从 {2} 秒起都待复核",
    r"mapping values are not allowed in this context": "这里不该有“字段: 值”",
    r"did not find expected '-' indicator": "列表里的这一行没有对齐",
    r"did not find expected key": "这一行没有对齐，或前面没有写完",
    r"could not find expected ':'": "缺少半角冒号",
    r"found unexpected end of stream|found unexpected end.*": "到文件末尾也没有写完",
    r"did not find expected ('.*)": "缺少 {0}",
    r"found unknown escape character": "双引号里的 \\ 写法不对",
    r"found a tab character.*|found character that cannot start any token": "行首或值的开头有不能用的字符",
    r"did not find expected .*|block sequence entries are not allowed.*|control characters.*": "写法不合 YAML",
    r"while .*|found .*|not YAML": "写法不合 YAML",
}  # fmt: skip
_TODO = {
    r"Did you mean (\S+)\?": "是不是 {0}？",
    r"Did you mean two phrases\?.*": "是不是两条说法？中间用半角逗号分开；一条说法里没有标点，中间隔着别的话写 …",
    r"Remove it or correct its name(?: \(did you mean (.*)\?\))?": "去掉它，或改正名称{m0}",
    r"Correct it: a list, as \[(.*)\]": "写成列表：[{0}]",
    r"Correct it: true or false": "写 true 或 false",
    r"Correct it: a plain number.*": "只写数字，例如 310 或 1.5，不带单位和引号",
    r"Correct it: fields in braces.*": "写成 {{字段: 值}}，有哪些字段见 docs/house-packs.md",
    r"Correct it; docs/house-packs.md says what a frame is":
        "请改正；模式怎么写见 docs/house-packs.md（RE2，不能用反向引用和前后查看）",
    r"Correct it; docs/house-packs.md lists the fields|Correct the value; .*":
        "请改正；有哪些字段、能填什么见 docs/house-packs.md",
    r"Correct it: (.*?)(?: \(did you mean (.*)\?\))?": "可填：{0}{m1}",
    r"Add the field": "请补上",
    r"Write the value behind the colon, or take the field away": "在冒号后面写上内容，或去掉这个字段",
    r"Write \[ and \] where 【 and 】 stand": "把 【 】 改成半角的 [ ]",
    r"Use one of: (.*)": "可用：{0}",
    r'Put it in quotes: (.*)': "加上引号：{0}",
    r"Write a plain : or , and a blank in (.*?): .*": "“{0}”里改用半角的冒号或逗号，后面空一格",
    r"Define the (section|clause|phrase family|measure|curve|component.*), or name one that exists":
        "先定义这个{k0}，或写一个已有的（这里写的是 id，不是中文名，也不是话）",
    r"Put a plain comma between two names": "两个名称之间用半角逗号",
    r"Define it under parameters in pack\.yaml|Define it under parameters": "在 pack.yaml 的 parameters 里定义它",
    r"Define it in families/": "在 families/ 里定义它",
    r"Use it as (.*), or remove it": "在检查里写 {0} 来用它，或去掉它",
    r"Write \{kind: situation, name: …\}; pack\.yaml says which there are":
        "写 {{kind: situation, name: …}}，名称见 pack.yaml 的 situations",
    r"Name rules that exist": "写已有规则的 id",
    r"Name one of the extended pack's": "写所沿用的规则包里的 id",
    r"Take the (\w+) away; .*": "去掉 {0}；要换名称，就停用（disable）原来的，另写一条",
    r"Write change: (.*) to change it, or take another (\w+)": "要改它就写 change: {0}；要另写一条就换一个 {1}",
    r"Rename or remove one": "改名，或去掉一个",
    r"Give it a (\w+) \(text\)": "写上 {0}（文字）",
    r"Give it forms": "写上 forms",
    r"Take (.*) out of it": "去掉其中的 {0}",
    r"Begin it with (\w+):": "以 {0}: 开头",
    r"Write a list of items, each beginning with - (\w+):": "写成列表，每条以 - {0}: 开头",
    r"Write a list": "写成列表",
    r"Write pass:, fail:, unsure: or not_applicable: .*": "分别在 pass:、fail:、unsure:、not_applicable: 下列出通话",
    r"Remove it, or say what it is": "去掉它，或写上内容",
    r"Keep (?:exactly )?one of them": "只留一个",
    r"Write one of them": "写上其中一个",
    r"Use 1 to (\d+) characters": "写 1 到 {0} 个字",
    r"Keep at most (\d+)(?: lines)?": "最多 {0}",
    r"Write organisation: into pack\.yaml.*": "在 pack.yaml 里写 organisation:，或用 --organisation 给出",
    r"Write greeting: into pack\.yaml": "在 pack.yaml 里写 greeting:",
    r"There are \{organisation\} and \{greeting\}": "只有 {{organisation}} 和 {{greeting}}",
    r"Name a shipped pack or a folder beside this one(?:: (.*))?": "写随产品带的规则包（base），或旁边一个文件夹的名称",
    r"Name a pack's folder, or one of: (.*)": "给出规则包的文件夹，或其中之一：{0}",
    r"Break the circle": "不要绕回自己",
    r"Name it (.*)": "请改名为 {0}",
    r"Save the file as UTF-8": "另存为 UTF-8 编码（记事本：另存为，编码选 UTF-8）",
    r"Split (?:it into several files|the file)": "拆成几个文件",
    r"See the notation in docs/house-packs\.md": "写法见 docs/house-packs.md 的 Example calls",
    r"docs/measures lists them": "有哪些指标见 docs/measures",
    r"Begin a new line for each turn, below a - \|": "每句话另起一行，前面用 - |",
    r"Write the turns of the call, or take the example away": "写上通话，或去掉这个示例",
    r"Write the later time behind the -": "较晚的时间写在 - 后面",
    r"Take (\S+) away, or write a turn before it": "去掉 {0}，或在前面写一句话",
    r"Set its role to (any|agent or customer)": "role 写 {0}",
    r"Compare figures of one unit, or set ratio: true": "比较同一单位的指标，或写 ratio: true",
    r"Write \(a\|b\|c\), at most (\d+) ways a phrase": "写成 (甲|乙|丙)，一条最多 {0} 种",
    r"Write : and a blank where ： stands": "把 ： 改成半角冒号，后面空一格",
    r"Write (.) where (.) stands": "把 {1} 改成半角的 {0}",
    r"Write a blank behind the -": "- 后面空一格",
    r"Indent with blanks, not with a tab": "缩进用空格，不用制表符（Tab）",
    r"Indent with plain blanks.*": "缩进用半角空格，不用全角空格",
    r"Put what holds a \\ in single quotes.*": "含 \\ 的内容用单引号，不用双引号",
    r"A quote inside a text ends it: .*": "文字里的引号会让它提前结束：里面改用“ ”，或整段用 ' ' 括起来",
    r"Put a text that begins with a sign.*": "以符号开头、或里面有冒号加空格的文字，要加引号",
    r"Indent the line with (\d+) blanks, as line (\d+); it has (\d+)":
        "这一行应缩进 {0} 个空格，与第 {1} 行对齐，现在是 {2} 个",
    r"Indent the lines of a text or call alike, and deeper than line (\d+)":
        "通话或文字的各行要对齐，并比第 {0} 行缩进得多",
    r"Close the quote that begins at that line": "这一行开头的引号没有成对",
    r"Close the bracket that begins at that line.*": "这一行开头的括号没有成对，或里面缺少逗号",
    r"Mend the YAML at that line.*": "检查这一行的缩进、括号和引号",
    r"Remove the character that YAML doesn't allow": "去掉 YAML 不允许的字符",
    r"Flatten it|Make it smaller": "写得简单些",
    r"Keep one document per file": "一个文件里不要用 --- 分段",
    r"Write the values? out.*|Use plain values.*|Write a smaller one|Use text as the key": "直接写出内容",
}  # fmt: skip


def in_chinese(seen: str, todo: str) -> tuple[str, str]:
    """What was seen in a pack and what to do, in Chinese; in English what nobody has said in Chinese."""
    return _seen(seen) or seen, translated(todo, _TODO) or todo


def caution(text: str) -> str:
    """A warning, or what a pack lacks, in Chinese."""
    whole = translated(text, _SEEN)
    if whole is not None:
        return whole
    kind, _, rest = text.partition(": ")
    what, _, name = kind.partition(" ")
    return f"{_KINDS.get(what, what)} {name}：{translated(rest, _SEEN) or rest}"


def _seen(seen: str) -> str | None:
    place, end = _PLACE.match(seen), ""
    if place is None:
        return translated(seen, _SEEN)
    item = f"（{_KINDS[place['kind']]} {place['item']}）" if place["kind"] else ""
    rest = place["rest"]
    if (profile := _PROFILE.match(rest)) is not None:
        rest, end = profile[1], f"（档 {profile[2]}）"
    words = translated(rest, _SEEN)
    if words is None and (part := _IN_PART.match(rest)) is not None:
        given = _GIVEN.match(part[2])
        inner = translated(given[1] if given else part[2], _SEEN)
        words = inner and f"{part[1]}：{inner}" + (f"（{given[2]}）" if given else "")
    return f"{place['file']} 第 {place['line']} 行{item}：{words or rest}{end}" if words else None


def translated(text: str, table: dict[str, str]) -> str | None:
    """A sentence by the first pattern of a table that it fits as a whole; None where none does."""
    for pattern, words in table.items() if len(text) <= _LONGEST else ():  # a pack is untrusted
        found = re.fullmatch(pattern, text, re.S)
        if found is not None:
            parts = [part or "" for part in found.groups()]
            named = {f"t{i}": _type(p) for i, p in enumerate(parts)} | {
                f"k{i}": _KINDS.get(p, "名称") for i, p in enumerate(parts)
            }
            meant = {f"m{i}": f"（是不是 {p}？）" * bool(p) for i, p in enumerate(parts)}
            return words.format(*parts, **named, **meant)
    return None


def _type(text: str) -> str:
    names = _A_TYPE.fullmatch(text)
    return "或".join(_TYPES.get(one, one) for one in names[1].split(" | ")) if names else text
