"""Each prohibited phrase inside an otherwise good call is found, and what only resembles one is not."""

import pytest

from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.types import Finding

BASE = load_standard("base")

GOOD = """\
客服: 您好，齐派送客服中心，很高兴为您服务
用户: 你好，我想查一下我的订单到哪里了
客服: 好的，请您报一下会员卡号，您请说
用户: 八八零一二三
客服: 请问您说的是昨天下的那个订单，对吗
用户: 对
{there}
客服: 很抱歉，先生，我帮您查询一下，请您稍等片刻，谢谢
hold 12s
客服: 让您久等了，您的订单已经发出，预计明天下午送到，您看可以吗
用户: 可以的，谢谢你
客服: 谢谢您的来电，以后有什么问题可以再给我们打电话，再见
用户: 再见
end customer
"""

PROHIBITED = {
    "P1": "喂，你说",
    "P2": "你的电话怎么回事，一会儿大，一会儿小的",
    "P3": "我不是跟你说得很清楚了吗",
    "P4": "谁告诉您的",
    "P5": "你不明白",
    "P6": "别人跟你说的？别人怎么知道",
    "P7": "我怎么知道",
    "P8": "你怎么这样",
    "P9": "刚才跟你说过了，怎么还问",
    "P10": "还有没有问题，没有的话，请挂机",
    "P11": "你说什么呀，我听不懂",
    "P12": "你这么激动干什么，我不是正在给你处理吗",
    "P13": "你为什么要这样做",
    "P14": "叫他自己来和我讲，我不想和你讲",
    "P15": "都说是正常的，你还要怎样",
    "P16": "你的问题怎么这么多",
    "P17": "你怎么这么不讲理",
    "P18": "不是我受理的，我不清楚",
    "P19": "你还想怎样",
    "P20": "这又不是我制定的",
}
PROVOKING = (
    "你太马虎了",
    "一定是你搞错了",
    "一定是你操作不当造成的",
    "让我说完行不行",
    "你怎么毫不讲理",
    "你太固执了",
    "你开玩笑呢",
)

# Said by the customer, politely asked, about a thing, quoted, or simply another sentence with the same words.
NEAR_MISSES = (
    "用户: 我怎么知道我的订单到哪里了",
    "用户: 你不明白我的意思",
    "用户: 你怎么这样",
    "用户: 你还想怎样",
    "用户: 我不是跟你说得很清楚了吗",
    "用户: 你怎么这么不讲理",
    "用户: 刚才跟你说过了，怎么还问",
    "用户: 你说什么呀，我听不懂",
    "用户: 这又不是我制定的",
    "用户: 谁告诉您的",
    "客服: 我怎么知道您的卡号呢，请您告诉我",
    "客服: 请问您怎么知道这个活动的呢",
    "客服: 我知道怎么处理了，您放心",
    "客服: 机器为什么会这样，我帮您查一下",
    "客服: 请问是谁告诉您的，我好帮您核实",
    "客服: 您不明白的地方可以随时问我",
    "客服: 如果您不明白，我再给您解释一下",
    "客服: 怎么会这样呢，我马上帮您查",
    "客服: 您这样操作就可以了",
    "客服: 您想怎样处理都可以",
    "客服: 请问您希望怎样处理",
    "客服: 您说什么时候送都可以",
    "客服: 很抱歉，我没有听清楚您的意思，请您再说一遍好吗",
    "客服: 我正在给您处理，请您稍等",
    "客服: 您别着急，我马上帮您处理",
    "客服: 您的问题我都记下了",
    "客服: 没关系，这么多问题我一个一个帮您解答",
    "客服: 您说得很有道理",
    "客服: 虽然不是我受理的，但是我马上帮您跟进",
    "客服: 您的申请我们已经受理了",
    "客服: 这个标准是国家制定的，我给您说明一下",
    "客服: 检测结果是正常的，请您放心",
    "客服: 请您不要挂机，我为您转接",
    "客服: 没有的话，感谢您的来电",
    "客服: 请问您的电话号码是多少",
    "客服: 您的声音有点小，麻烦您大声一点好吗",
    "客服: 刚才您说的是会员卡的问题，对吗",
    "客服: 您说得很清楚，我已经记下来了",
    "客服: 密码请不要告诉别人",
    "客服: 我来跟您讲一下流程",
    "客服: 给宝宝喂奶的时候可以用这个水温",
    "客服: 可能是我刚才没有说清楚，我再给您解释一遍",
)


def breaches(there: str) -> dict[str, Finding]:
    call = parse_call(GOOD.format(there=there))
    findings = judge(BASE, call.conversation, call.measures, call.hangup, call.metadata).findings
    return {f.rule: f for f in findings if f.verdict == "fail"}


def test_the_good_call_breaks_nothing() -> None:
    assert {r: f.evidence for r, f in breaches("用户: 好的").items()} == {}


@pytest.mark.parametrize(("rule", "phrase"), PROHIBITED.items())
def test_a_prohibited_phrase_is_found(rule: str, phrase: str) -> None:
    found = breaches(f"客服: {phrase}")
    assert rule in found, found.keys()
    quote = found[rule].evidence[0].quote
    assert quote
    assert quote in "".join(c for c in phrase if c.isalnum())


@pytest.mark.parametrize("phrase", PROVOKING)
def test_provoking_words_are_found(phrase: str) -> None:
    assert any("H5" in f.clauses for f in breaches(f"客服: {phrase}").values())


@pytest.mark.parametrize("line", NEAR_MISSES)
def test_near_misses_are_no_breach(line: str) -> None:
    assert {r: (f.reason, f.evidence[:1]) for r, f in breaches(line).items()} == {}


@pytest.mark.parametrize("line", ["我我怎么知道您的卡号呢", "我我我怎怎么知道您的卡号呢，请您告诉我"])
def test_a_stuttered_near_miss_is_none_either(line: str) -> None:
    assert not breaches(f"客服: {line}")
    assert "P7" in breaches("客服: 我我怎么知道")


def test_there_are_forty_near_misses() -> None:
    assert len(set(NEAR_MISSES)) >= 40
