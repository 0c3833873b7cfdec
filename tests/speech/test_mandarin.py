import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.speech import mandarin
from analyzer.speech.mandarin import LATIN, char_count, is_spoken, simplify, spoken, spoken_chars, spoken_in, spoken_key


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("请记一下,13568。", "请记一下一三五六八"),
        ("30块", "三十块"),
        ("9毛", "九毛"),
        ("一共15000元", "一共一万五千元"),
        ("10500块", "一万零五百块"),
        ("20000元", "二万元"),
        ("102天", "一百零二天"),
        ("扣了110块", "扣了一百一十块"),
        ("请打110", "请打一一零"),
        ("尾号8832", "尾号八八三二"),
        ("8027号为您服务", "八零二七号为您服务"),
        ("第1024号", "第一千零二十四号"),
        ("15号", "十五号"),
        ("2023年10月5日", "二零二三年十月五日"),
        ("2023-10-05", "二零二三年十月五日"),
        ("9:30", "九点三十"),
        ("9:05", "九点零五"),
        ("打8.5折", "打八点五折"),
        ("98%", "百分之九十八"),
        ("0.5%", "百分之零点五"),
        ("1,200元", "一千二百元"),
        ("400-820-8820", "四零零八二零八八二零"),
        ("3-5天", "三到五天"),
        ("3到5个工作日", "三到五个工作日"),
        ("2个", "两个"),
        ("第100位", "第一百位"),
        ("007", "零零七"),
        ("13912345678", "一三九一二三四五六七八"),
        ("二〇二三", "二零二三"),
        ("您好,齐派送客服中心!", "您好齐派送客服中心"),
        ("１２个", "十二个"),
        ("", ""),
        ("。。。!?", ""),
    ],
)
def test_figures_are_spoken(written: str, said: str) -> None:
    assert spoken_chars(written) == said


@pytest.mark.parametrize(
    ("written", "count"), [("打开APP", 5), ("hello", 2), ("微信OK", 4), ("WiFi密码", 4), ("email", 2), ("A4纸", 3)]
)
def test_foreign_words_count_by_syllable(written: str, count: int) -> None:
    assert char_count(written) == count


def test_one_figure_has_one_key() -> None:
    assert spoken_key("幺七九五幺") == spoken_key("17951") == spoken_key("一七九五一")
    assert spoken_key("两块") == spoken_key("2块") == spoken_key("二块")


@pytest.mark.parametrize(
    ("written", "simple"),
    [
        ("請問您的電話怎麼回事?", "请问您的电话怎么回事?"),
        ("別著急,這是著名的", "别着急,这是著名的"),
        ("甚麼", "什么"),
        ("妳", "你"),
        ("ＡＢ１２", "AB12"),
    ],
)
def test_one_script(written: str, simple: str) -> None:
    assert simplify(written) == simple


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_any_text_keeps_its_length_and_positions(text: str) -> None:
    assert len(simplify(text)) == len(text)
    at = 0
    for s in spoken(text):
        assert 0 <= s.start < s.end <= len(text)
        assert s.start >= at or text[s.start : s.end] == text[at : s.end]
        at = s.start
    assert char_count(text) == len(spoken_chars(text))


def test_simplifying_twice_changes_nothing() -> None:
    text = "後來電話裡說,瞭解了,請稍等片刻,我幫您查詢一下"
    assert simplify(simplify(text)) == simplify(text)


def test_texts_that_are_simplified_already_are_left_as_the_converter_leaves_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = random.Random(3)
    characters = [chr(c) for c in range(0x3400, 0xA000)]
    words = [word for _, _, table in mandarin._converter().dict_cache.values() for word in table] + [
        "著",
        "名著",
        "帐单",
    ]
    usual = [c for c in characters if c not in mandarin._altered()]
    mixed = ["".join(rng.choices(rng.choice((usual, usual, usual, words)), k=2)) for _ in range(3000)]
    texts = characters + words + [a + b for a, b in pairwise(mixed)]
    left = [simplify(text) for text in texts]
    assert sum(a == b for a, b in zip(left, texts, strict=True)) > len(usual)
    every = frozenset("".join(texts))
    monkeypatch.setattr(mandarin, "_altered", lambda: every)  # all goes to the converter
    assert [simplify(text) for text in texts] == left


WRITTEN = st.lists(st.text(st.sampled_from("您好帳单著幺〇,。?!、 a'BAPP１0 5.块年%"), max_size=4), max_size=8)


@given(WRITTEN)
def test_text_in_pieces_is_spoken_as_in_one_and_each_syllable_has_its_piece(pieces: list[str]) -> None:
    text, (said, owner) = "".join(pieces), spoken_in(pieces)
    whole = spoken(text)
    assert said == [s.latin or s.char for s in whole]
    assert is_spoken(text) == bool(whole)
    begins = [sum(map(len, pieces[:i])) for i in range(len(pieces) + 1)]
    assert all(begins[i] <= s.start < begins[i + 1] for i, s in zip(owner, whole, strict=True))
    assert all((s.char == LATIN) == bool(s.latin) for s in whole)
