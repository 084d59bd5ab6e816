from fractions import Fraction as F

from musegen.corpora.bars import PrintedBar, bar_map
from musegen.score import Metre


def bars(*lengths, metre=(4, 4)):
    start, found = F(0), []
    for length in lengths:
        found.append(PrintedBar(start, F(length), *metre))
        start += F(length)
    return found


def test_short_first_bar_is_the_pickup():
    found = bar_map(bars(1, 4, 4, 3), 480)
    assert (found.pickup, found.metres[0], found.irregular) == (480, Metre(0, 4, 4), 0)
    assert {str(metre) for metre in found.metres} == {"4/4"}


def test_bars_split_at_a_repeat_sign_are_one_bar():
    # 3 + 1 quarters round the repeat sign: the bar after them begins at 1 + 4 + 4 = 9 quarters.
    found = bar_map(bars(1, 4, 3, 1, 4, 3), 10)
    assert found.irregular == 0
    assert [m.tick for m in found.metres] == [0, 10, 50, 90, 130]
    assert {str(m) for m in found.metres} == {"4/4"}


def test_a_first_bar_that_is_split_is_no_pickup():
    found = bar_map(bars(1, 3, 4, 4), 480)
    assert found.pickup == 0
    assert found.irregular == 0


def test_a_bar_of_another_length_gets_its_own_metre_and_is_counted():
    found = bar_map(bars(4, F(5, 2), 4, 4), 480)  # 5/2 quarters = 5/8
    assert found.irregular == 1
    assert [(m.tick, str(m)) for m in found.metres][:3] == [(0, "4/4"), (1920, "5/8"), (3120, "4/4")]


def test_a_short_last_bar_is_left_alone():
    assert bar_map(bars(3, 3, 2, metre=(3, 4)), 480).irregular == 0
