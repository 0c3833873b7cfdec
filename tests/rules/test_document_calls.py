"""The documents' own sample calls, as text: the well-handled one, the badly handled one, the one kept waiting."""

# ruff: noqa: E501

from analyzer.rules.evaluate import Judgement, judge
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.score import score

BASE = load_standard("base")

WELL = """\
用户: 喂，你们怎么乱扣钱啊
客服: 请问您在哪里查到乱扣钱了
用户: 我充值了一百块钱，没两天就停机了，你们怎么回事
客服: 请稍等，我帮您查询一下
客服: 请问您什么时候充值的
用户: 上个星期吧
客服: 那什么时候停机的
用户: 今天上午
客服: 请问您都打了一些什么电话，有没有打长途或者打一些信息台，这些收费都比较多
用户: 长途我打了，你们不是说三毛钱一分钟吗，怎么扣起来那么快
客服: 是这样的，先生，您打长途的时候，每分钟的话费分成两个部分，一部分是基本话费，也就是市话费，另一部分是长途费，要把两个费用加起来才可以
用户: 啊，不是三毛钱
客服: 不是的，您在打长途的时候是怎么打的
用户: 就这么打呗，直接打区号加他的号码
客服: 请问前面有没有加一七九五一
用户: 没有
客服: 先生，是这样的，您以后打长途电话，可以前面加一七九五一，这样每分钟一共是六毛钱的市话费再加上三毛钱的长途费，一共是九毛钱
用户: 哦，是这样
客服: 是的，您现在直接打过去，那么一分钟就要六毛加七毛，一共一块三毛钱了，所以您以为是三毛钱一分钟，打了很长时间
用户: 这么贵啊
客服: 如果用我告诉您的方法打长途，可以节省一些钱，请您记一下，先拨一七九五一，然后再拨对方的号码，这样就可以了
用户: 哦
客服: 这样吧先生，我这里发给您一条短信，上面有拨打长途电话的方法，您照着做就可以了，好吗
用户: 好吧
客服: 谢谢您的来电，以后有什么问题可以再给我们打电话，再见
用户: 再见
end customer
"""
BADLY = """\
用户: 喂，你们怎么乱扣钱啊
客服: 对不起，我们是不会乱扣钱的
用户: 那我的钱怎么少了
客服: 您可以到我们的营业厅打印清单
用户: 明明是你们扣错了钱，为什么要我去查，来回路费你给报销啊，花的时间怎么算
客服: 那什么时候停机的
用户: 今天上午，连个通知都没有就停了，耽误了我的生意你们赔得起吗
客服: 请问您都打了一些什么电话，有没有打长途或者打一些信息台，这些收费都比较多
用户: 我怎么记得清这么多，让你们领导来接电话
end customer
"""
WAITING = """\
客服: 您好，我是某服务中心三十二号，竭诚为您服务，我有什么可以帮助您
用户: 你能不能让我少等会儿
客服: 哦，今天电话特别多，一下忙不过来，您有什么事
用户: 你们为什么不配多点人
客服: 那是我们领导的事，我也想人多点呀
用户: 那你们领导真蠢，总是让我们花大把时间等，难道顾客的时间就不值钱吗
end customer
"""

DENYING = """\
客服: 你好客户服务中心请问有什么可以帮您
用户: 我的电视又坏了，你们上次根本没有修好
客服: 我们上次已经给您修好了
用户: 可是今天早上又没有声音了
客服: 我跟你说了多少遍了，这不是我们的问题
用户: 你怎么这么说话
客服: 您去找厂家
measure agent.shouting_time=3070
"""


def judged(text: str) -> Judgement:
    call = parse_call(text)
    heard = (call.conversation, call.measures, call.hangup, call.metadata)
    return judge(BASE, *heard, cut_short=call.cut_short)


def failed(text: str) -> dict[str, tuple[str, ...]]:
    return {f.rule: f.clauses for f in judged(text).findings if f.verdict == "fail"}


def total(text: str) -> float:
    value = score(BASE, judged(text).findings).total
    assert value is not None
    return value


def test_the_good_call_scores_far_above_the_bad_one() -> None:
    assert total(WELL) - total(BADLY) >= 25


def test_the_good_call_has_no_prohibited_phrase() -> None:
    assert not [r for r, clauses in failed(WELL).items() if any(c.startswith("P") for c in clauses)]


def test_the_bad_call_denies_pushes_away_and_shows_no_empathy() -> None:
    clauses = {c for cs in failed(BADLY).values() for c in cs}
    assert {"C2", "C9", "W6"} <= clauses
    denial = next(f for f in judged(BADLY).findings if f.verdict == "fail" and "C2" in f.clauses)
    assert "不会乱扣钱" in denial.evidence[0].quote


def test_the_waiting_call_shirks_and_does_not_apologise_but_says_no_hey() -> None:
    clauses = {c for cs in failed(WAITING).values() for c in cs}
    assert {"E1", "E2"} <= clauses
    assert not clauses & {"P1", "E6"}


def test_escalation_is_observed_and_never_scored() -> None:
    seen = {o.name: o for o in judged(BADLY).observations}
    assert seen["complaint_level"].value in ("complaint", "severe")
    assert seen["escalation"].value in ("leader", "compensation")
    assert all(e.role == "customer" for o in seen.values() for e in o.evidence)


def verdicts(text: str, *rules: str) -> dict[str, str]:
    return {f.rule: str(f.verdict) for f in judged(text).findings if f.rule in rules}


def test_a_customer_who_leaves_is_owed_no_closing() -> None:
    assert verdicts(BADLY, "C8", "W7") == {"C8": "not_applicable", "W7": "not_applicable"}
    unknown = WAITING.replace("end customer\n", "")
    assert verdicts(unknown, "C8") == {"C8": "unsure"}
    assert verdicts(WELL, "C8", "W7") == {"C8": "pass", "W7": "pass"}


def test_a_recording_cut_short_accuses_nobody_of_what_came_after() -> None:
    cut = WELL[: WELL.index("用户: 啊，不是三毛钱")] + "end cut\n"
    assert failed(cut) == {}
    assert verdicts(cut, "C8", "W7") == {"C8": "unsure", "W7": "unsure"}


def test_turning_to_the_matter_counts_where_the_customer_follows() -> None:
    assert verdicts(WAITING, "E3", "E4") == {"E3": "unsure", "E4": "unsure"}
    assert verdicts("measure opening_delay=800\n" + WAITING, "E4") == {"E4": "unsure"}
    assert verdicts(BADLY, "E3") == {"E3": "unsure"}
    assert verdicts(WELL, "E3") == {"E3": "pass"}


def test_rules_about_one_complaint_agree() -> None:
    unconsoled = {"E1": "fail", "W6": "fail", "H2": "unsure"}
    for call in (BADLY, WAITING, DENYING):
        assert verdicts(call, *unconsoled) == unconsoled
    fierce = {"C2": "unsure", "T6": "unsure", "T12": "unsure", "T7": "fail"}
    assert verdicts(DENYING, *fierce) == fierce
    assert next(o for o in judged(DENYING).observations if o.name == "complaint_level").value == "grumble"
    assert not {"E1", "W6", "H2", "T6", "T12", "C2"} & failed(WELL).keys()


def test_an_explanation_reads_nothing_back() -> None:
    said = next(f for f in judged(WELL).findings if f.rule == "W14")
    assert not [e.quote for e in said.evidence if e.quote.startswith(("是这样", "也就是"))]
