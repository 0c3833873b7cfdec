from analyzer.speech.clauses import around, cuts_off, marks_in


def test_marks_are_told_by_the_spoken_character_behind_them() -> None:
    assert marks_in("确实漏补了，是我们的责任。", 11) == (5,)
    assert marks_in("一共1,200块，您看", 9) == (7,)  # 一千二百块: the comma of a figure is none
    assert marks_in("喂?OK,您说", 5) == (1, 3)  # of a foreign word each letter counts, as the texts of turns have it
    assert marks_in("没有标点", 4) == ()


def test_of_words_that_are_not_the_text_nothing_is_known() -> None:
    assert marks_in("确实漏补了，是我们的责任。", 10) == ()


def test_a_mark_cuts_off_what_is_too_short_to_be_a_clause() -> None:
    assert cuts_off((5,), 3, 10)  # 补了 of 漏补了，是我们的责任
    assert cuts_off((5,), 0, 6)
    assert not cuts_off((6,), 0, 13)  # 还有没有问题，没有的话请挂机
    assert not cuts_off((5,), 5, 10) and not cuts_off((5,), 0, 5)


def test_a_stretch_is_widened_to_its_clauses_where_a_mark_is_near() -> None:
    assert around((10, 20, 30, 80), 13, 28, 100) == (10, 30)
    assert around((10, 20, 30, 80), 10, 30, 100) == (10, 30)
    assert around((10, 80), 30, 60, 100) == (30, 60)  # as a recogniser writes it that sets no marks
    assert around((), 5, 28, 32) == (0, 32)
