from analyzer.call.types import Role
from analyzer.measure.types import Conversation, Turn
from analyzer.rules.asked import phrases_asked
from analyzer.rules.checks.rawhits import RawHit
from analyzer.rules.checks.turntexts import TurnText
from analyzer.rules.phrases import SoundSearch, compile_phrases
from analyzer.spans import Span
from analyzer.speech.marks import AGENT, NEARLY
from analyzer.speech.threshold import threshold
from analyzer.speech.types import Speaker, Word
from tests.rules.small import standard

A, C = Role.AGENT, Role.CUSTOMER


def conversation(*said: tuple[Role, str], gap_ms: int = 300, probability: float = 0.9) -> Conversation:
    turns, at = [], 0
    for i, (role, text) in enumerate(said):
        start = at
        words = []
        for c in text:
            words.append(Word(c, Span(at, at + 200), probability))
            at += 200
        turns.append(Turn(i, 0 if role is A else 1, role, Span(start, at), at - start, text, tuple(words)))
        at += gap_ms
    speakers = (Speaker(0, 0, A, "metadata", 1.0), Speaker(1, 1, C, "metadata", 1.0))
    return Conversation(at, speakers, tuple(turns), (), (), (), True, 1.0)


def hits(phrase: str, *said: tuple[Role, str], gap_ms: int = 300, probability: float = 0.9) -> list[RawHit]:
    search = SoundSearch(conversation(*said, gap_ms=gap_ms, probability=probability))
    return list(search.find([phrase]).get(phrase, ()))


def test_a_hit_has_its_turn_its_characters_and_its_time() -> None:
    said = [(A, "您好,很高兴为您服务。"), (C, "喂?"), (A, "哦,谁告诉您的?")]
    search = SoundSearch(conversation(*said))
    texts = [TurnText.of(turn).text for turn in conversation(*said).turns]
    assert texts == ["您好很高兴为您服务", "喂", "哦谁告诉您的"]
    (hit,) = [h for h in search.find(["谁告诉您的"])["谁告诉您的"] if h.sure]
    assert (hit.turn, hit.start, hit.end) == (2, 1, 6)
    assert texts[hit.turn][hit.start : hit.end] == hit.quote == "谁告诉您的"
    turn = conversation(*said).turns[2]
    assert hit.span == Span(turn.span.start_ms + 2 * 200, turn.span.start_ms + 7 * 200)
    assert hit.score == 1.0


def test_marks_are_silent_wherever_they_stand() -> None:
    words = tuple(
        Word(text, Span(i * 200, i * 200 + 200), 0.9) for i, text in enumerate(("。", "你好", "再,", "见?", "!"))
    )
    text = TurnText.of(Turn(0, 0, A, Span(0, 1000), 1000, "。你好再,见?!", words))
    assert (text.text, text.words) == ("你好再见", (1, 1, 2, 3))


def test_the_same_sound_is_sure_and_half_of_it_is_not() -> None:
    assert hits("我不是跟你说得很清楚了吗", (A, "我不是跟您说的很请楚了嘛"))[0].sure
    assert not any(h.sure for h in hits("我不是跟你说得很清楚了吗", (A, "我跟您说得很清楚了")))
    assert not hits("我不是跟你说得很清楚了吗", (A, "我帮您看得很清楚"))


def test_a_negation_put_in_or_lost_is_never_sure() -> None:
    for phrase, said in (
        ("这个问题我可以马上给您处理好", "这个问题我不可以马上给您处理好"),
        ("这个事情我们公司不能给您处理的", "这个事情我们公司能给您处理的"),
    ):
        assert not any(h.sure for h in hits(phrase, (A, said)))
    assert hits("这个事情我们公司不能给您处理的", (A, "这个事情我们公司部能给您处理的"))[0].sure  # 部 sounds like 不


def test_a_mark_near_a_phrases_edge_leaves_it_in_doubt_and_one_farther_inside_does_not() -> None:
    def looks(phrase: str, text: str) -> list[tuple[bool, str]]:
        return [(h.sure, h.look) for h in hits(phrase, (A, text))]

    assert looks("不是我们的责任", "补，是我们的责任") == [(True, "unsure")]
    assert looks("还有没有问题没有的话请挂机", "还有没有问题，没有的化请挂机") == [(True, "same")]
    assert looks("不是我们的责任", "补是我们的责任") == [(True, "same")]


def test_words_the_recogniser_hardly_believes_make_no_sure_hit() -> None:
    assert hits("谁告诉您的", (A, "谁高诉您的"))[0].sure
    assert not hits("谁告诉您的", (A, "谁高诉您的"), probability=0.1)[0].sure


def test_a_phrase_may_go_on_after_the_other_said_yes_but_not_much_later() -> None:
    said = [(A, "我不是跟你说得"), (C, "嗯"), (A, "很清楚了吗")]
    (hit,) = hits("我不是跟你说得很清楚了吗", *said)
    assert (hit.turn, hit.start, hit.end) == (0, 0, 7)
    assert hit.span.end_ms > 2000
    assert not hits("我不是跟你说得很清楚了吗", *said, gap_ms=2000)


def test_of_a_phrase_that_goes_on_in_the_next_turn_nothing_is_taken_for_lost() -> None:
    first, interrupted = (A, "您好,很高兴为您服"), (C, "喂?")
    assert [h.is_sure for h in hits("很高兴为您服务", first, interrupted, (A, "务,请讲"))] == [True]
    assert not any(h.is_sure for h in hits("很高兴为您服务", first, interrupted, (A, "请讲")))


def test_nothing_is_made_up_of_two_parties_words() -> None:
    assert not hits("我怎么知道呢", (A, "我怎么"), (C, "知道呢"))


def test_one_syllable_needs_its_own_character_or_a_turn_of_its_own() -> None:
    assert [h.turn for h in hits("喂", (A, "为什么您要取消呢"), (A, "喂您好"), (C, "好的"))] == [1]
    (hit,) = hits("喂", (A, "为"))
    assert not hit.sure
    assert hits("再见", (A, "好的再见"))[0].sure


def test_turns_without_words_are_searched_by_their_text() -> None:
    bare = Turn(0, 0, A, Span(1000, 3000), 2000, "那谁告诉您的呀", ())
    whole = Conversation(4000, (), (bare,), (), (), (), True, 1.0)
    (hit,) = SoundSearch(whole).find(["谁告诉您的"])["谁告诉您的"]
    assert 1000 <= hit.span.start_ms < hit.span.end_ms <= 3000


def test_longer_phrases_may_lose_more() -> None:
    assert [threshold(n).sure for n in (1, 2, 3, 5)] == sorted((threshold(n).sure for n in (1, 2, 3, 5)), reverse=True)
    assert all(threshold(n).unsure < threshold(n).sure for n in range(1, 20))


def test_of_a_phrase_marked_so_only_what_was_said_nearly_as_written_counts() -> None:
    call = conversation((A, "您请稍灯一下"), (C, "好的"), (A, "您请骚当一下"))
    plain, nearly = "您请稍等一下", NEARLY + "您请稍等一下"
    found = SoundSearch(call).find([plain, nearly])
    assert [h.turn for h in found[plain]] == [0, 2] and [h.turn for h in found[nearly]] == [0]


def test_what_the_agent_alone_is_asked_about_is_looked_for_in_the_agents_turns() -> None:
    call = conversation((C, "您请稍等一下"), (A, "您请稍等一下"), (C, "您请稍等一下"))
    phrase = "您请稍等一下"
    found = SoundSearch(call).find([phrase, AGENT + phrase, AGENT + NEARLY + phrase])
    assert [h.turn for h in found[phrase]] == [0, 1, 2]
    assert found[AGENT + phrase] == found[AGENT + NEARLY + phrase] == [found[phrase][1]]


def test_a_standard_asks_of_the_agent_alone_what_only_agents_are_judged_by() -> None:
    rude = {"forbid": {"kind": "said", "any": ["rude"], "role": "agent"}}
    asked = phrases_asked(standard(rude))
    assert AGENT + "我怎么知道" in asked and "我怎么知道" not in asked
    assert "我要投诉" in asked and "您好" in asked  # of a complaint; of a family that no rule refers to
    assert set(phrases_asked(standard(rude), ())) == {"您的意思是", "您是说", "我要投诉", "又坏了"}
    anybodys = {"require": {"kind": "said", "any": ["rude"], "role": "any"}}
    asked = phrases_asked(standard(rude, anybodys))
    assert "我怎么知道" in asked and AGENT + "我怎么知道" not in asked


def test_an_index_is_built_once() -> None:
    assert compile_phrases(("您好", "再见")) is compile_phrases(("您好", "再见"))


def test_an_empty_call_has_no_hits() -> None:
    assert SoundSearch(Conversation(0, (), (), (), (), (), True, 1.0)).find(["您好"]) == {}
