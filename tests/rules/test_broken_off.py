"""Where a recording ends before the call: what was still to come is in no sound, and nobody fails by it."""

from dataclasses import replace

from analyzer.measure.types import HangupEvidence
from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.spans import Span
from tests.rules.small import find, standard, verdict

BYE = {"kind": "said", "any": ["bye"]}
SORRY = {"kind": "said", "any": ["sorry"], "where": {"after": {"event": "complaint"}, "within_turns": 1}}


def test_what_may_follow_the_end_of_the_sound_is_unsure() -> None:
    found = find("客服: 您好\n用户: 问一下\n客服: 十二块\nend cut", require=BYE)
    assert found.verdict == "unsure"
    assert "录音" in found.reason
    assert verdict("客服: 您好\n用户: 问一下\n客服: 十二块", require=BYE) == "fail"
    assert verdict("客服: 您好\n用户: 问一下\n客服: 再见\nend cut", require=BYE) == "pass"


def test_so_are_the_last_turns_steps_patterns_and_what_is_said_back() -> None:
    call = "客服: 您好\n用户: 问一下\n客服: 十二块\nend cut"
    last = {"where": {"last_turns": 3}}
    steps = [{"name": "a", "families": ["thanks"]}, {"name": "b", "families": ["bye"]}]
    for check in (BYE | last, {"kind": "pattern", "match": ["再见"]} | last, {"kind": "steps", "steps": steps},
                  {"kind": "said_back"}):  # fmt: skip
        assert verdict(call, require=check) == "unsure", check
        assert verdict(call.replace("\nend cut", ""), require=check) == "fail", check


def test_what_was_over_before_the_sound_ended_is_judged() -> None:
    call = "客服: 喂\n用户: 我要投诉\n客服: 号码报一下\n用户: 一三八\n客服: 好的您等\nend cut"
    assert verdict(call, require={"kind": "said", "any": ["hello"], "where": {"first_turns": 1}}) == "fail"
    assert verdict(call, require={"kind": "said", "any": ["hello"], "where": {"first_s": 2}}) == "fail"
    assert verdict(call, require=SORRY) == "fail"
    assert verdict(call, require=SORRY | {"where": SORRY["where"] | {"within_turns": 2}}) == "unsure"  # cut in the 2nd
    assert verdict(call, require=SORRY | {"where": SORRY["where"] | {"within_turns": 3}}) == "unsure"
    assert verdict(call, forbid={"kind": "said", "any": ["rude"]}) == "pass"


def test_words_that_stop_in_the_middle_are_such_an_end() -> None:
    made = parse_call("客服: 您好\n用户: 问一下\n客服: 十二块加上")
    stopped = HangupEvidence("cut_off", "customer", 0.2, Span(0, 1), "坐席说话中途断开", "cut off")
    rule = standard({"require": BYE})
    for party, expected in (("unknown", "unsure"), ("customer", "unsure"), ("agent", "fail")):
        hangup = replace(made.hangup, party=party, evidence=(stopped,))
        assert judge(rule, made.conversation, made.measures, hangup, made.metadata).findings[0].verdict == expected


def test_whoever_had_no_turn_left_is_not_accused() -> None:
    call = "客服: 您好\n用户: 我要投诉"
    for end, expected in (("end customer", "unsure"), ("end unknown", "unsure"), ("end agent", "fail")):
        assert verdict(f"{call}\n{end}", require=SORRY) == expected


def test_who_hung_up_is_not_heard_where_the_recording_is_cut() -> None:
    ended = {"kind": "hangup", "party": "agent"}
    assert verdict("客服: 您好\nend agent audio 0.95", forbid=ended) == "fail"
    assert verdict("客服: 您好\nend agent audio 0.95\nend cut", forbid=ended) == "not_applicable"
    assert verdict("客服: 您好\nend agent\nend cut", forbid=ended) == "fail"


def test_who_speaks_as_the_sound_begins_may_have_greeted_before_it() -> None:
    late, whole = "0-2 客服: 公司为您服务\n用户: 问一下", "0.3-2 客服: 公司为您服务\n用户: 问一下"
    for where in ({"first_turns": 1}, {"first_s": 5}):
        hello = {"kind": "said", "any": ["hello"], "where": where}
        assert verdict(late, require=hello) == "unsure"
        assert verdict(whole, require=hello) == "fail"
        assert verdict(f"0-1 用户: 喂\n{whole.replace('0.3', '1.5')}", require=hello) == "fail"  # not he
    assert verdict(late, require={"kind": "said", "any": ["hello"]}) == "fail"  # nor is all of the call a beginning
    rude = {"kind": "said", "none": ["rude"], "where": {"first_turns": 1}}
    hello = {"kind": "said", "any": ["hello"], "where": {"first_turns": 1}}
    assert verdict("0-2 客服: 我怎么知道\n用户: 问一下", require={"kind": "all", "of": [hello, rude]}) == "fail"


def test_a_silence_that_a_lost_one_may_go_on_is_perhaps_not_over() -> None:
    wait = {"event": "silence", "min_s": 10, "which": "every", "joined_s": 9}
    back = {"kind": "said", "any": ["back"], "where": {"after": wait, "within_turns": 1}}
    told = "客服: 请稍等\nhold 20s\n客服: 正在谈再等一会儿\n用户: 好的我等着\n客服: 嗯"
    assert verdict(f"{told}\nend cut", require=back) == "unsure"
    assert verdict(told, require=back) == "fail"
    later = f"{told}\n用户: 那我的套餐怎么办我上个月刚办的\n客服: 您的套餐不变到年底都照原来的价格"
    assert verdict(f"{later}\nend cut", require=back) == "fail"  # nothing further on belongs to that wait
