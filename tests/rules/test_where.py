"""Parts of a call: what every check says of them, and that an event in doubt accuses nobody."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.small import find, verdict

QUOTED = {"after": {"event": "phrase", "families": ["customer_wait"], "role": "customer"}}
BEGIN, ASKED, PERHAPS = "客服: 今天天气很好\n", "用户: 你等一下\n", "用户: 您是说你等一下\n"
LINE = "客服: 我给您查一查这个单子的情况请讲\n用户: 嗯好的\n"
BACK = "用户: 财务负责人变更办不了\n客服: 好的财务负责人变更"


@pytest.mark.parametrize(
    ("check", "then", "accuses"),
    [
        ({"kind": "pause", "of": ["dead_air", "response"], "min_s": 10}, "客服: 好的\n~20s\n客服: 查到了", "forbid"),
        ({"kind": "overlap"}, "用户: 我上个星期充了一百块钱到今天就停机了怎么回事\n客服!2.5 您先听我说一下", "forbid"),
        ({"kind": "turns"}, "客服: 好的", "forbid"),
        ({"kind": "repeated"}, LINE * 2, "forbid"),
        ({"kind": "said_back"}, BACK, "forbid"),
        ({"kind": "said", "any": ["bye"]}, "客服: 再见", "forbid"),
        ({"kind": "pattern", "match": ["再见"]}, "客服: 再见", "forbid"),
        ({"kind": "rate", "tokens": ["嘛"], "max_per_min": 2, "min_speech_s": 4}, LINE + "客服: 嘛嘛你嘛嘛", "require"),
        ({"kind": "share", "of": ["你"], "against": ["您"], "max": 0.2}, LINE + "客服: 你看你的", "require"),
        ({"kind": "similar", "phrases": ["请您留下您的联系方式"]}, LINE, "require"),
    ],
)
def test_what_hangs_on_an_event_in_doubt_is_unsure(check: dict[str, Any], then: str, accuses: str) -> None:
    rule = {accuses: {**check, "where": QUOTED}}
    assert verdict(BEGIN + ASKED + then, **rule) == "fail"
    assert verdict(BEGIN + PERHAPS + then, **rule) == "unsure"
    assert verdict(BEGIN + then, **rule) == "not_applicable"


@pytest.mark.parametrize("which", ["first", "any", "every"])
def test_a_turn_in_two_parts_of_the_call_is_said_once(which: str) -> None:
    check = {"kind": "repeated", "where": {"after": {"event": "complaint", "which": which}}}
    call = f"{BEGIN}用户: 我要投诉你们\n客服: 好的请讲\n用户: 我要投诉他\n{LINE}"
    assert verdict(call, forbid=check) == "pass"
    assert verdict(call + LINE, forbid=check) == "fail"
    doubted = f"{BEGIN}用户: 您是说我要投诉\n客服: 好的请讲\n用户: 我要投诉他\n{LINE}"
    assert verdict(doubted, forbid=check) == "pass"


def test_every_part_counts_for_every_check() -> None:
    silence = {"kind": "pause", "of": ["dead_air", "response"], "min_s": 10,
               "where": {"after": {"event": "complaint", "which": "every"}}}  # fmt: skip
    call = "用户: 我要投诉\n客服: 好的\n~20s\n客服: 查到了"
    assert verdict(call, forbid=silence) == "fail"
    assert verdict(f"{call}\n用户: 我要投诉他", forbid=silence) == "pass"


@pytest.mark.parametrize("which", ["first", "every"])
@pytest.mark.parametrize(
    ("said", "required", "forbidden"),
    [
        ("客服: 好的\n{}客服: 对不起\n用户: 嗯", "pass", "unsure"),  # behind what perhaps ends the part
        ("客服: 对不起\n{}客服: 好的\n用户: 嗯", "pass", "fail"),
        ("客服: 好的\n{}客服: 好的\n用户: 嗯", "fail", "pass"),
        ("客服: 好的\n{}客服: 好的\n用户: 你等一下\n客服: 对不起", "fail", "pass"),  # a sure event ends it
    ],
)
def test_an_end_in_doubt_may_be_none(said: str, required: str, forbidden: str, which: str) -> None:
    where = {"after": {"event": "complaint", "which": which}, "before": {**QUOTED["after"], "which": "any"}}
    check = {"kind": "said", "any": ["sorry"], "where": where}
    call = f"{BEGIN}用户: 我要投诉\n{said.format(PERHAPS)}"
    assert verdict(call, require=check) == required
    assert verdict(call, forbid=check) == forbidden
    absent = {"kind": "said", "none": ["sorry"], "where": where}
    assert verdict(call, forbid=absent) == ("unsure" if forbidden == "unsure" else required)


def test_a_figure_of_a_part_is_shown_with_that_part() -> None:
    where = {"after": {"event": "complaint"}}
    call = f"{BEGIN}用户: 我要投诉\n客服: 你看你的你说"
    finding = find(call, require={"kind": "share", "of": ["你"], "against": ["您"], "max": 0.2, "where": where})
    assert finding.verdict == "fail"
    assert finding.evidence[0].span.start_ms > 1000


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("客服: 请稍等\n~12s\n客服: 让您久等了", "pass"),
        ("客服: 请稍等\n~12s\n客服: 查到了", "fail"),
        ("用户: 你等一下\n~12s\n用户: 好了\n客服: 查到了", "not_applicable"),  # left out, and there is no other
        ("用户: 你等一下\n~12s\n用户: 好了\n客服: 请稍等\n~12s\n客服: 查到了", "fail"),  # the other one counts
    ],
)
def test_events_close_to_a_phrase_are_left_out(call: str, expected: str) -> None:
    near = {"families": ["customer_wait"], "role": "customer", "before_s": 5}
    silence = {"event": "silence", "min_s": 10, "which": "every", "except_near": near}
    assert verdict(call, require={"kind": "said", "any": ["back"], "where": {"after": silence}}) == expected


@pytest.mark.parametrize(
    ("between", "expected"),
    [("", "not_applicable"), ("用户: 是我\n", "fail")],
)
def test_an_excuse_may_have_to_stand_in_the_last_turn(between: str, expected: str) -> None:
    """Who has asked waits for the answer; once it is given, the other waits."""
    near = {"families": ["hello"], "role": "agent", "before_s": 5, "last_turn": True}
    silence = {"event": "silence", "min_s": 10, "which": "every", "except_near": near}
    call = f"客服: 您好\n{between}~12s\n客服: 查到了"
    assert verdict(call, require={"kind": "said", "any": ["back"], "where": {"after": silence}}) == expected


@pytest.mark.parametrize(
    ("silence", "next_turn", "expected"),
    [
        ("~12s", "用户: 按了没有变化", "not_applicable"),
        ("~12s", "用户: 让您久等了", "fail"),  # what takes the excuse back
        ("~12s", "用户: 让您九等了", "not_applicable"),  # not surely
        ("~12s", "客服: 查到了", "fail"),
        ("hold 12s", "用户: 按了没有变化", "fail"),
        ("hold 12s music", "用户: 按了没有变化", "fail"),
    ],
)
def test_a_silence_is_excused_by_who_breaks_it(silence: str, next_turn: str, expected: str) -> None:
    """Who speaks next was busy, or thought; unless he asks where the other is. A hold is the agent's."""
    near = {"broken_by": "customer", "unless": {"families": ["back"], "role": "customer", "before_s": 0, "after_s": 4}}
    event = {"event": "silence", "min_s": 10, "which": "every", "except_near": near}
    call = f"客服: 您把盖子打开\n{silence}\n{next_turn}\n客服: 好的"
    required = {"kind": "said", "any": ["back"], "role": "agent", "where": {"after": event}}
    assert verdict(call, require=required) == expected


ASKED_TO_WAIT = {"families": ["customer_wait"], "role": "customer", "before_s": 5}
NOBODY_WAITED = {"broken_by": "agent", "unless": ASKED_TO_WAIT}


@pytest.mark.parametrize(
    ("before", "silence", "expected"),
    [
        ("用户: 你等一下", "~12s", "fail"),
        ("用户: 我翻翻看", "~12s", "unsure"),
        ("用户: 您是说你等一下", "~12s", "unsure"),  # not surely
        ("用户: 我翻翻看", "hold 12s", "fail"),
    ],
)
def test_a_silence_is_in_doubt_where_nothing_shows_whose_it_is(before: str, silence: str, expected: str) -> None:
    call = f"客服: 您把盖子打开\n{before}\n{silence}\n客服: 好的"
    silence = {"event": "silence", "min_s": 10, "unsure_near": NOBODY_WAITED}
    said = {"kind": "said", "any": ["back"], "where": {"after": {**silence, "which": "every"}}}
    pause = {"kind": "pause", "of": ["dead_air", "hold", "response"], "min_s": 10, "unsure_near": NOBODY_WAITED}
    for rule in ({"require": said}, {"forbid": pause}, {"forbid": {"kind": "happens", **silence}}):
        found = find(call, **rule)
        assert found.verdict == expected
        assert ("听不出是谁在等谁" in found.reason) == (expected == "unsure")
    assert verdict(f"{call}让您久等了", require=said) == "pass"


@pytest.mark.parametrize(("perhaps", "expected"), [(False, "unsure"), (True, "fail")])
def test_what_is_in_doubt_may_show_whose_it_is(perhaps: bool, expected: str) -> None:
    near = {"broken_by": "agent", "unless": {**ASKED_TO_WAIT, "perhaps": perhaps}}
    pause = {"kind": "pause", "of": ["dead_air", "response"], "min_s": 10, "unsure_near": near}
    assert verdict("客服: 您把盖子打开\n用户: 您是说你等一下\n~12s\n客服: 好的", forbid=pause) == expected


@pytest.mark.parametrize(("first", "second", "expected"), [(12, 12, "fail"), (12, 6, "fail"), (6, 12, "unsure")])
def test_silences_that_are_one_are_in_doubt_where_each_long_one_is(first: int, second: int, expected: str) -> None:
    event = {"event": "silence", "min_s": 10, "which": "every", "joined_s": 5, "unsure_near": NOBODY_WAITED}
    call = f"客服: 您好\n用户: 你等一下\n~{first}s\n客服: 这个还在查\n~{second}s\n客服: 好的"
    assert verdict(call, require={"kind": "said", "any": ["back"], "where": {"after": event}}) == expected


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        ("客服: 还在查", "pass"),
        ("客服: 还在查\n用户: 好的", "pass"),
        ("客服: 查到了一共三百二十块钱是上个月的月租费还有两笔加起来的增值业务费用", "fail"),  # too far apart
    ],
)
def test_silences_close_to_each_other_are_one(between: str, expected: str) -> None:
    """He is thanked for waiting behind the last, and asked before the first."""
    event = {"event": "silence", "min_s": 10, "which": "every", "joined_s": 5}
    call = f"客服: 您好\n~12s\n{between}\n~14s\n客服: 让您久等了"
    for where, said in (("before", "hello"), ("after", "back")):
        required = {"kind": "said", "any": [said], "where": {where: event, "within_s": 8}}
        assert verdict(call, require=required) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [(12, 6, "pass"), (6, 12, "pass"), (12, 4, "fail"), (9, 9, "not_applicable")],
)
def test_of_silences_that_are_one_one_is_long_enough(first: int, second: int, expected: str) -> None:
    """The others are half as long; a breath ends none."""
    event = {"event": "silence", "min_s": 10, "which": "every", "joined_s": 5}
    call = f"客服: 您好\n~{first}s\n客服: 还在查\n~{second}s\n客服: 让您久等了"
    required = {"kind": "said", "any": ["back"], "where": {"after": event, "within_s": 4}}
    assert verdict(call, require=required) == expected


PARTED = {"back": {"families": ["back"], "role": "agent"}, "unless": {"families": ["wait"], "role": "agent"},
          "asked": {"families": ["why"], "role": "customer"}}  # fmt: skip


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        ("客服: 让您久等了\n用户: 为啥退啊\n客服: 嗯", "fail"),
        ("客服: 让您久等了\n用户: 为啥退啊", "pass"),  # he may have asked somebody beside him
        ("客服: 让您久等了请稍等\n用户: 为啥退啊\n客服: 嗯", "pass"),  # back to have him wait again
        ("客服: 还在查\n用户: 为啥退啊\n客服: 嗯", "pass"),
        ("客服: 让您久等了\n用户: 好的", "pass"),
        ("用户: 为啥退啊\n客服: 让您久等了", "pass"),  # nothing is asked behind it
    ],
)
def test_who_is_back_and_asked_anew_lets_wait_a_second_time(between: str, expected: str) -> None:
    event = {"event": "silence", "min_s": 10, "which": "every", "joined_s": 9, "parted_by": PARTED}
    required = {"kind": "said", "any": ["hello"], "where": {"before": event, "within_s": 8}}
    assert verdict(f"客服: 您好\n~12s\n{between}\n~14s\n客服: 查到了", require=required) == expected


def test_what_is_said_between_silences_that_are_one_is_said_behind() -> None:
    event = {"event": "silence", "min_s": 10, "which": "every", "joined_s": 5}
    required = {"kind": "said", "any": ["back"], "where": {"after": event, "within_s": 4}}
    assert verdict("客服: 您好\n~12s\n客服: 让您久等了\n~6s\n客服: 查到了", require=required) == "pass"
    assert verdict("客服: 您好\n~12s\n客服: 还在查\n~6s\n客服: 查到了", require=required) == "fail"


def test_with_families_who_breaks_it_and_what_is_said_are_both_wanted() -> None:
    near = {"families": ["hello"], "role": "agent", "before_s": 5, "broken_by": "customer"}
    event = {"event": "silence", "min_s": 10, "which": "every", "except_near": near}
    required = {"kind": "said", "any": ["back"], "where": {"after": event}}
    for said, expected in (("您好", "not_applicable"), ("您把盖子打开", "fail")):
        assert verdict(f"客服: {said}\n~12s\n用户: 好了\n客服: 好的", require=required) == expected
    assert verdict("客服: 您好\n~12s\n客服: 好的", require=required) == "fail"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("您说师傅当时跟您说我怎么知道还挂了电话", "unsure"),
        ("您说师傅没来我怎么知道", "fail"),
        ("师傅说我怎么知道", "fail"),
    ],
)
def test_what_lies_in_a_quoting_frame_is_quoted(said: str, expected: str) -> None:
    assert verdict(f"客服: {said}", forbid={"kind": "said", "any": ["rude"]}) == expected


@pytest.mark.parametrize(
    ("which", "expected"), [("first", "fail"), ("any", "fail"), ("every", "fail"), ("last", "pass")]
)
def test_what_lies_after_an_event_ends_with_the_next_of_the_others(which: str, expected: str) -> None:
    call = (
        "客服: 请稍等\nhold 10s\n客服: 让您久等了\n用户: 我要投诉\n客服: 我记录一下您的情况\n"
        "hold 40s\n客服: 对不起我没记下来\nhold 20s\n客服: 好的"
    )
    where = {"after": {"event": "complaint"}, "before": {"event": "hold_start", "which": which}}
    assert verdict(call, require={"kind": "said", "any": ["sorry"], "where": where}) == expected
    never = "用户: 我要投诉\n客服: 我记录一下\n客服: 对不起"
    assert verdict(never, require={"kind": "said", "any": ["sorry"], "where": where}) == "pass"


def test_what_is_missing_is_shown_with_what_it_hangs_on() -> None:
    bye = {"kind": "said", "any": ["bye"]}
    phrase = {"event": "phrase", "families": ["complains"]}
    found = find("用户: 我要投诉\n客服: 好的好的好的", require={**bye, "where": {"after": phrase}})
    assert found.verdict == "fail"
    about = found.evidence[0]
    assert (about.what, about.quote, about.role) == ("针对这一处", "我要投诉", "customer")
    assert [e.context for e in found.evidence] == [True, False]
    wait = {"event": "silence", "min_s": 10, "which": "every"}
    found = find("客服: 好\n~18s\n客服: 查到了", require={**bye, "where": {"before": wait}})
    missing, about = found.evidence
    assert (missing.context, about.context) == (False, True)
    assert (about.what, about.value, about.unit) == ("针对这一处：冷场", 18.0, "s")
    assert missing.span.end_ms == about.span.start_ms
    # what is there needs no reason to be wanted
    assert len(find("用户: 我要投诉\n客服: 再见", require={**bye, "where": {"after": phrase}}).evidence) == 1


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("那本书叫我怎么知道", "unsure"),
        ("杯子上应该是我怎么知道", "unsure"),
        ("它叫我怎么，两岁了", "fail"),  # another
        ("我怎么知道要带什么", "fail"),  # only said
        ("我打了三回电话", "fail"),
    ],
)
def test_what_the_other_party_has_named_so_is_a_name(named: str, expected: str) -> None:
    call = f"客服: 您好\n用户: {named}\n客服: 好的我看一下\n用户: 嗯\n客服: 那我怎么知道\n用户: 对"
    assert verdict(call, forbid={"kind": "said", "any": ["rude"]}) == expected


def test_a_short_name_ends_its_clause() -> None:
    def named(text: str) -> str:
        call = f"客服: 您好\n用户: {text}\n客服: 记一下，又坏了，是吧"
        return verdict(call, forbid={"kind": "said", "any": ["grumbles"]})

    assert named("柯基，两岁，叫又坏了。") == named("叫又坏了，两岁") == "unsure"
    assert named("叫又坏了头两岁") == named("柯基，两岁") == "fail"


@pytest.mark.parametrize(("role", "named"), [("customer", "unsure"), ("agent", "fail")])
def test_what_the_customer_names_himself_is_a_name(role: str, named: str) -> None:
    """A sauce called 气死我了 makes nobody angry; an agent's own words are what they say."""
    who = {"customer": "用户", "agent": "客服"}[role]
    said = {"kind": "said", "any": ["rude"], "role": role}
    assert verdict(f"客服: 您好\n{who}: 再来一瓶那个叫我怎么知道\n用户: 对", forbid=said) == named
    assert verdict(f"客服: 您好\n{who}: 我怎么知道\n用户: 对", forbid=said) == "fail"


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        ("里面的编号给我看\n用户: 嗯\n客服: 一下", "pass"),  # all one turn
        ("里面的编号给我看\n用户: 嗯\n客服: 一下就行\n用户: 好\n客服: 我记下来", "pass"),
        ("里面的编号给我看\n用户: 我不想看\n客服: 看一下就行", "fail"),
        ("里面的编号是多少呢\n用户: 对\n客服: 给我看一下", "fail"),  # an answer
        ("里面的编号给我看\n~4s\n用户: 嗯\n客服: 给我看一下", "fail"),
    ],
)
def test_turns_that_only_a_listener_parts_count_as_one(between: str, expected: str) -> None:
    call = f"{BEGIN}用户: 我要投诉\n客服: {between}\n用户: 你们换一个人来\n客服: 很抱歉"
    check = {"kind": "said", "any": ["sorry"], "where": {"after": {"event": "complaint"}, "within_turns": 2}}
    assert verdict(call, require=check) == expected
    before = {"kind": "said", "any": ["sorry"], "where": {"before": {"event": "end"}, "within_turns": 2}}
    call = f"{BEGIN}客服: 很抱歉\n用户: 你们换一个人来\n客服: {between}\n用户: 嗯我不想说了"
    assert verdict(call, require=before) == expected
