from collections import Counter

from analyzer.speech.mandarin import char_count
from analyzer.testing.corrupt import EDGES, confusions, corrupt, corrupt_chars, sound_class

TEXT = "您好很高兴为您服务请问有什么可以帮您的我想查询一下我的快递什么时候能到请您稍等片刻我帮您看一下" * 20


def errors(spoken: str, written: str) -> int:
    row = list(range(len(written) + 1))
    for i, a in enumerate(spoken, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(written, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def test_as_many_errors_as_asked_for() -> None:
    for rate in (0.0, 0.1, 0.25):
        assert abs(errors(TEXT, corrupt(TEXT, rate, 1)) / len(TEXT) - rate) <= 0.03


def test_the_same_seed_gives_the_same_errors_and_another_gives_others() -> None:
    assert corrupt(TEXT, 0.2, 5) == corrupt(TEXT, 0.2, 5) != corrupt(TEXT, 0.2, 6)


def test_only_han_characters_are_touched() -> None:
    assert corrupt("ABC 123,。", 1.0, 1) == "ABC 123,。"
    assert corrupt("", 0.5, 1) == ""


def test_wrong_characters_sound_as_far_away_as_measured() -> None:
    table = confusions()
    seen: Counter[int] = Counter()
    for seed in range(30):
        for a, (b, _) in zip(TEXT, corrupt_chars(TEXT, 0.02, seed), strict=False):
            if a == b:
                continue
            seen[sound_class(a, b)] += 1
            break  # up to the first error the texts are still side by side
    spoken_alike = sum(table.by_sound[:2]) / sum(table.by_sound)
    assert spoken_alike > 0.5
    assert seen[0] + seen[1] >= 12


def test_wrong_characters_are_believed_less() -> None:
    right, wrong = [], []
    for a, (b, p) in zip(TEXT, corrupt_chars(TEXT, 0.3, 3), strict=False):
        (right if a == b else wrong).append(p)
    assert all(0 <= p < 1 for p in right + wrong)
    table = confusions()
    mean = [sum((i + 0.5) * n for i, n in enumerate(row)) / sum(row) / 10 for row in (table.right, table.wrong)]
    assert mean[0] - mean[1] > 0.15


def test_the_table_adds_up() -> None:
    table = confusions()
    assert sum(table.by_sound) == sum(table.pairs.values()) == table.substituted
    assert len(table.by_sound) == len(EDGES)
    assert all(len(pair) == 2 and char_count(pair) == 2 for pair in table.pairs)
    assert 0.05 < (table.substituted + table.dropped + table.put_in) / table.characters < 0.3
