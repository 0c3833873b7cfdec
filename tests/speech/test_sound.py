import random

import pytest

from analyzer.spans import Span
from analyzer.speech import coarse
from analyzer.speech.confusable import FINALS, INITIAL_PAIRS, INITIALS
from analyzer.speech.sound import JOIN, WALL, PhraseSounds, SoundText, find
from analyzer.speech.syllables import cost, costs, parse, readings
from analyzer.speech.types import ReadSyllable, Word


def words(text: str) -> list[Word]:
    return [Word(c, Span(i * 250, i * 250 + 250), 0.9) for i, c in enumerate(text)]


def best(phrase: str, text: str) -> float:
    return max((m.score for m in find(phrase, words(text), 0.3)), default=0.0)


@pytest.mark.parametrize(
    ("spelled", "initial", "final"),
    [
        ("zhi", "zh", "-i"),
        ("ji", "j", "i"),
        ("ju", "j", "ü"),
        ("xuan", "x", "üan"),
        ("yuan", "", "üan"),
        ("wo", "", "uo"),
        ("bo", "b", "o"),
        ("liu", "l", "iou"),
        ("gui", "g", "uei"),
        ("lv", "l", "ü"),
        ("er", "", "er"),
        ("ang", "", "ang"),
        ("ren", "r", "en"),
    ],
)
def test_pinyin_is_taken_apart(spelled: str, initial: str, final: str) -> None:
    syllable = parse(spelled)
    assert syllable is not None
    assert (syllable.initial, syllable.final) == (initial, final)


def test_costs_are_a_graded_symmetric_table() -> None:
    table = costs()
    assert (table == table.T).all()
    assert (table.diagonal() == 0).all()
    assert table.min() == 0 and table.max() == 1
    assert cost("bo", "buo") == 0  # o and uo are one sound
    assert cost("shi", "si") < cost("ni", "li") < cost("hui", "fei") < cost("gao", "gu") < cost("bu", "mei")
    assert cost("an", "ang") < cost("an", "a") < cost("an", "u")


def test_every_confusable_pair_names_real_sounds() -> None:
    assert {i for pair in INITIAL_PAIRS for i in pair} <= set(INITIALS)
    assert len(FINALS) == len(set(FINALS))


def test_a_character_has_all_its_readings() -> None:
    assert {"xing", "hang"} <= {s for s in ("xing", "hang") if parse(s).index in readings("行")}


@pytest.mark.parametrize(
    ("phrase", "heard"),
    [
        ("谁告诉您的", "那是谁高速你的呀"),  # homophones
        ("谁告诉您的", "谁高诉你"),  # a dropped particle
        ("我怎么知道", "我嗯那个怎么知道啊"),  # fillers put in
        ("我怎么知道", "我怎么资道"),  # flat tongue
        ("你不明白", "李不民白"),  # n/l, in/ing
        ("一共三十块", "一共30块"),  # figures written
        ("幺七九五幺", "17951"),
        ("很高兴为您服务", "很高兴为你胡务"),  # f/h
        ("请您稍等片刻", "请您稍等骗课"),
        ("我我不是跟你说得很清楚了吗", "我不是跟您说的很清楚"),
        ("银行", "银航"),
    ],
)
def test_what_sounds_alike_is_found(phrase: str, heard: str) -> None:
    assert best(phrase, heard) >= 0.85


@pytest.mark.parametrize(
    ("phrase", "heard"),
    [
        ("你不明白", "你明白了吗"),
        ("我怎么知道", "我们怎么走到"),
        ("谁告诉您的", "我告诉您啊"),
        ("你还想怎样", "您还想问什么"),
        ("很高兴为您服务", "给您添麻烦了"),
    ],
)
def test_what_means_something_else_scores_low(phrase: str, heard: str) -> None:
    assert best(phrase, heard) < 0.8


def test_a_hit_names_the_words_it_lies_in() -> None:
    text = [*words("您好请问"), Word("30", Span(1000, 1500), 0.9), *words("块钱对吗")]
    (hit,) = find("三十块钱", text, 0.9)
    heard = SoundText.of([text])
    assert [heard.words[hit.first], heard.words[hit.last]] == [4, 6]
    assert hit.score == 1.0


def test_nothing_matches_across_a_wall_and_a_turn_costs_a_little() -> None:
    index = PhraseSounds(["我怎么知道"], [0.8])
    assert not index.search(SoundText.of([words("我怎么"), WALL, words("知道")]))
    (joined,) = index.search(SoundText.of([words("我怎么"), JOIN, words("知道")]))
    assert 0.9 < joined.score < 1.0


def test_every_occurrence_is_found_once() -> None:
    assert len(find("我听不懂", words("我听不懂啊我听不懂"), 0.9)) == 2


@pytest.mark.parametrize("phrase", ["", "。", "啊", "hello", "一" * 40])
def test_odd_phrases_do_no_harm(phrase: str) -> None:
    find(phrase, words("啊hello今天123。"), 0.5)
    assert not find(phrase, [], 0.5)


def test_searching_together_finds_what_searching_alone_finds() -> None:
    rng = random.Random(7)
    alphabet = "我你他不是的了吗说知道怎么样这那请问您好稍等查询一下电话问题处理高兴服务再见谢先生女士"
    text = "".join(rng.choice(alphabet) for _ in range(600))
    forms = ["".join(rng.choice(alphabet) for _ in range(rng.randint(2, 9))) for _ in range(150)]
    forms += [text[i : i + 6] for i in range(0, 500, 23)]
    heard = SoundText.of([words(text)])
    together = PhraseSounds(forms, [0.75] * len(forms)).search(heard)
    alone = [
        (i, m.first, m.last, m.score) for i, f in enumerate(forms) for m in PhraseSounds([f], [0.75]).search(heard)
    ]
    assert [(m.form, m.first, m.last, m.score) for m in together] == alone
    assert len({m.form for m in together if m.form >= 150}) == len(forms) - 150


def test_no_match_is_lost_with_windows_too_narrow_for_a_form(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(5)
    alphabet = "我你不没是的了吗说知道怎么样这那问您好"
    forms = ["".join(rng.choice(alphabet) for _ in range(rng.randint(1, 7))) for _ in range(400)]
    index = PhraseSounds(forms, [rng.choice((0.0, 0.4, 0.55, 0.72, 0.9)) for _ in forms])
    texts = ["".join(rng.choice(alphabet) for _ in range(rng.randint(1, 12))) for _ in range(60)]
    heard = [SoundText.of([words(text), WALL, words(text[::-1])]) for text in texts]
    found = [index.search(text) for text in heard]
    monkeypatch.setattr(PhraseSounds, "_wide_enough", lambda _, windows: windows)
    assert [index.search(text) for text in heard] == found
    assert sum(map(len, found)) > 1000


def reference(phrase: str, text: str) -> float:
    """Plain substring alignment, cell by cell, with the same costs."""
    from analyzer.speech import sound as s

    index = PhraseSounds([phrase], [0.0])
    heard = s._Heard.of(SoundText.of([words(text)]))
    (_, cells), form = index._costs(heard), index._forms[0]
    unit = s._MILLI << s._START_BITS
    before = [0.0] * (len(heard.ids) + 1)
    for key in form:
        token = index._names[key]
        row = [before[0] + float(index._drop[token])]
        for j, col in enumerate(heard.ids):
            instead, put_in = cells[token, col] / unit, heard.put_in[j] / unit
            row.append(min(before[j] + instead, before[j + 1] + float(index._drop[token]), row[j] + put_in))
        before = row
    weight = sum(float(index._weight[index._names[k]]) for k in form)
    return 1 - min(before) / weight


def test_the_coarse_search_loses_nothing_worth_having() -> None:
    rng = random.Random(11)
    alphabet = "我你他不是的了吗说知道怎么样这那请问您好稍等查询一下电话问题处理高兴服务再见谢先生女士嗯呃就"
    lost = checked = 0
    for _ in range(300):
        phrase = "".join(rng.choice(alphabet) for _ in range(rng.randint(3, 8)))
        noisy = "".join(
            c if rng.random() > 0.15 else rng.choice(["", "嗯", c + "那个", rng.choice(alphabet)]) for c in phrase
        )
        text = "".join(rng.choice(alphabet) for _ in range(8)) + noisy + "".join(rng.choice(alphabet) for _ in range(8))
        exact = reference(phrase, text)
        if exact >= 0.75:
            checked += 1
            found = max((m.score for m in find(phrase, words(text), 0.75)), default=0.0)
            lost += found < exact - 0.01
    assert checked > 100
    assert lost <= checked * 0.02


def test_a_phrase_may_lie_on_what_is_a_particle_elsewhere() -> None:
    """The coarse search leaves particles out of a text, but the recogniser writes 哦 for 我."""
    for said in ("你先听哦说", "哦知道", "我这里哦", "听哦啊说"):
        phrase = said.replace("哦", "我").replace("啊", "")
        (match,) = find(phrase, words(said), 0.9)
        assert match.score < 1, said


def noisy_phrases(rng: random.Random, count: int) -> tuple[list[str], str]:
    """Random phrases, and a text in which each stands somewhat changed."""
    alphabet = "我你他不是的了吗说知道怎么样这那请问您好稍等查询一下电话问题处理高兴服务再见谢先生女士嗯呃就"
    phrases = ["".join(rng.choice(alphabet) for _ in range(rng.randint(1, 12))) for _ in range(count)]
    said = ["".join(c if rng.random() > 0.05 else rng.choice(["", c + "嗯"]) for c in p) for p in phrases]
    return phrases, "".join(said)


def test_a_high_floor_finds_what_a_low_one_finds_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    phrases, said = noisy_phrases(random.Random(12), 150)
    text = SoundText.of([words(said)])
    low, high = (PhraseSounds(phrases, [floor] * len(phrases)).search(text) for floor in (0.72, 0.9))
    assert {m for m in low if m.score >= 0.9} == set(high) and len(high) > 100
    monkeypatch.setattr(coarse, "_AT_ONCE", 3)
    assert PhraseSounds(phrases, [0.9] * len(phrases)).search(text) == high


def read(*syllables: str, strength: float = 1.0) -> list[ReadSyllable]:
    """Syllables read off the sound: each of a syllable's readings is 1 nat less likely than the one before."""
    out = []
    for i, syllable in enumerate(syllables):
        likely = tuple((readings(c)[0], 100 * k) for k, c in enumerate(syllable))
        out.append(ReadSyllable(syllable[0], Span(i * 200, i * 200 + 200), strength, likely))
    return out


def test_a_phrase_is_found_in_syllables_read_off_the_sound() -> None:
    sounds = PhraseSounds(["谁告诉您的"], [0.6])
    (near,) = sounds.search_read(read(*"那随告诉您的吧"))
    assert (near.first, near.last) == (1, 5) and 0.9 < near.score < 1
    assert [m.score for you in "你您" for m in sounds.search_read(read("谁", "告", "诉", you, "的"))] == [1, 1]
    (second,) = sounds.search_read(read("那", "谁", "八告", "诉", "您", "的"))
    (third,) = sounds.search_read(read("那", "谁", "八七告", "诉", "您", "的"))
    (lost,) = sounds.search_read(read("那", "谁", "八", "诉", "您", "的"))
    assert 1 > second.score > third.score > lost.score
    assert not sounds.search_read(read(*"我今天没有空")) and not sounds.search_read([])


def test_a_syllable_that_is_hardly_there_is_cheap_to_leave_out() -> None:
    sounds = PhraseSounds(["谁告诉您的"], [0.6])
    spoken = read(*"谁告"), read(*"诉您的")
    scores = [sounds.search_read([*spoken[0], *read("八", strength=p), *spoken[1]])[0].score for p in (0.1, 0.5, 1.0)]
    assert scores[0] > scores[1] > scores[2] >= 0.75
