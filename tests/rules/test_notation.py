import pytest

from analyzer.call.types import Role
from analyzer.errors import StandardError
from analyzer.measure.types import OverlapKind, OverlapOutcome, PauseKind
from analyzer.rules.notation import LineError, parse_call
from analyzer.spans import Span
from analyzer.speech.mandarin import spoken_in


def test_stated_times() -> None:
    call = parse_call("0.0-2.4 客服: 您好\n3-5 用户: 我想查话费\nend customer 2s")
    turns = call.conversation.turns
    assert [(t.role, t.span) for t in turns] == [(Role.AGENT, Span(0, 2400)), (Role.CUSTOMER, Span(3000, 5000))]
    assert call.conversation.duration_ms == 7000
    assert [(p.kind, p.span) for p in call.conversation.pauses] == [
        (PauseKind.RESPONSE, Span(2400, 3000)),
        (PauseKind.CLOSING, Span(5000, 7000)),
    ]
    assert (call.hangup.party, call.hangup.method, call.hangup.delay_ms) == ("customer", "metadata", 2000)


def test_layout_without_times() -> None:
    call = parse_call("客服: 一二三四五六七八九\n用户: 好")
    first, second = call.conversation.turns
    assert first.span == Span(300, 2300)  # nine characters at 4.5 a second
    assert second.span.start_ms == 2800
    assert [w.text for w in first.words] == list("一二三四五六七八九")
    assert first.words[0].span.start_ms == 300
    assert first.words[-1].span.end_ms == 2300


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("一共120.5元", "一共一百二十点五元"),
        ("打20%的折扣", "打百分之二十的折扣"),
        ("10:30到", "十点三十到"),
        ("3、5块", "三五块"),
        ("好的。3块", "好的三块"),
    ],
)
def test_figures_keep_their_points(written: str, spoken: str) -> None:
    words = parse_call(f"客服: {written}").conversation.turns[0].words
    assert "".join(spoken_in([word.text for word in words])[0]) == spoken


def test_silence_and_hold() -> None:
    call = parse_call("客服: 请稍等\n~18s\n用户: 喂\nhold 40s music\n客服: 让您久等了")
    pauses = {p.kind: p for p in call.conversation.pauses}
    assert pauses[PauseKind.DEAD_AIR].span.duration_ms == 18000
    assert pauses[PauseKind.HOLD].span.duration_ms == 40000
    assert pauses[PauseKind.HOLD].music


def test_what_is_played_before_anybody_speaks_is_no_hold() -> None:
    call = parse_call("系统: 请稍候正在为您转接\nhold 15s music\n客服: 您好\n用户: 查一下\nhold 12s\n客服: 好了")
    assert call.conversation.pauses[0].kind is PauseKind.OPENING
    assert [p.span.duration_ms for p in call.conversation.pauses if p.kind is PauseKind.HOLD] == [12000]


def test_overlaps() -> None:
    call = parse_call("用户: 我上个星期充了一百块钱到今天就停机了\n客服~ 嗯\n客服!2 您先听我说这个事\n用户!- 不是这样")
    kinds = [(o.kind, o.outcome, o.by_role) for o in call.conversation.overlaps]
    assert (OverlapKind.BACKCHANNEL, OverlapOutcome.NONE, Role.AGENT) in kinds
    assert (OverlapKind.INTERRUPTION, OverlapOutcome.ATTEMPTED, Role.CUSTOMER) in kinds


def test_interruption_length() -> None:
    call = parse_call("用户: 我上个星期充了一百块钱到今天就停机了\n客服!2.5 您先听我说这个事")
    (overlap,) = call.conversation.overlaps
    assert overlap.span.duration_ms == 2500
    assert overlap.outcome is OverlapOutcome.SUCCESSFUL
    assert overlap.chars == 8


@pytest.mark.parametrize(
    ("agent", "customer", "taken"),
    [
        ("感谢您的来电，再见", "拜拜", (True, True)),
        ("感謝您的來電，再見", "好的，掰掰", (True, True)),
        ("感谢您的来电，祝您生活愉快", "那先这样", (True, True)),
        ("您先别急着说再见", "好", (False, False)),
    ],
)
def test_goodbyes_are_those_of_a_recording(agent: str, customer: str, taken: tuple[bool, bool]) -> None:
    hangup = parse_call(f"客服: {agent}\n用户: {customer}\nend customer").hangup
    assert (hangup.goodbye_agent_ms is not None, hangup.goodbye_customer_ms is not None) == taken


def test_doubts_figures_and_metadata() -> None:
    call = parse_call(
        "客服? 我怎么知道\n客服?\nmeasure agent.articulation_rate=300 doubt=low_snr\nmeasure dead_air_longest=none\n"
        "curve agent.level -30 -12\nmeta is_callback=true\nroles 0.4"
    )
    assert {d.code for d in call.conversation.doubts} == {"low_probability", "speech_without_text"}
    rate = call.measures.get("articulation_rate", Role.AGENT)
    assert rate is not None
    assert (rate.value, rate.doubt) == (300, "low_snr")
    assert call.measures.items[1].value is None
    assert call.measures.items[1].reason
    assert call.measures.series[0].values == (-30, -12)
    assert call.metadata.is_callback is True
    assert call.conversation.speakers[0].role_confidence == 0.4


def test_mono_has_no_roles() -> None:
    call = parse_call("mono\n客服: 您好")
    assert not call.conversation.separated
    assert call.conversation.turns[0].role is Role.UNKNOWN


@pytest.mark.parametrize("line", ["经理: 你好", "客服", "~abc", "end nobody", "measure x", "1-2"])
def test_unreadable_lines_are_named(line: str) -> None:
    if line == "客服":  # a speaker alone is a turn without words
        assert parse_call(line).conversation.turns[0].text == ""
        return
    with pytest.raises(StandardError, match="can't read the example line"):
        parse_call(f"客服: 您好\n{line}")


def test_too_long() -> None:
    with pytest.raises(StandardError):
        parse_call("客服: 您好\n" * 500)


@pytest.mark.parametrize(
    ("line", "seen", "todo"),
    [
        ("9.0-7.9 客服: 再见", "ends before it begins", "later"),
        ("measure agent.articulation_ratee=300", "no measure articulation_ratee", "mean articulation_rate?"),
        ("measure articulation_rate=300", "articulation_rate is of one party", "agent."),
        ("measure agent.dead_air_longest=3", "dead_air_longest is of the whole call", "measure dead_air_longest="),
        ("measure agent.snr=9", "agent.snr is given twice", "one"),
        ("curve agent.levels -30 -20", "no curve levels", "mean level?"),
        ("meta is_callback=yes", "is_callback is yes", "true or false"),
        ("meta direction=呼入", "direction is 呼入", "inbound or outbound"),
        ("roles 40", "40 is no confidence", "0 to 1"),
        ("mono 5", "5 is no confidence", "0 to 1"),
        ("end agent audio 6", "6 is no confidence", "0 to 1"),
        ("hold 999999999999s", "999999999999 s is more than a day", "Write less"),
        ("~99999s", "99999 s is more than a day", "Write less"),
    ],
)
def test_a_line_that_says_what_no_call_has_is_refused(line: str, seen: str, todo: str) -> None:
    with pytest.raises(LineError) as caught:
        parse_call(f"客服: 您好\nmeasure agent.snr=20\n{line}")
    assert seen in caught.value.seen
    assert todo in caught.value.todo
    assert caught.value.line == 3


@pytest.mark.parametrize("line", ["客户! 我话", "客服~ 嗯", "客服!2 您先听我说"])
def test_nobody_comes_in_before_anybody_speaks(line: str) -> None:
    with pytest.raises(LineError, match="nobody speaks yet"):
        parse_call(f"meta team=一\n{line}")
