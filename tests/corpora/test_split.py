from musegen.corpora.split import Draft, Known, assign
from musegen.corpora.store import Stored
from musegen.score import Note, Score

LINE = (60, 62, 64, 65, 67, 65, 64, 62, 60, 67, 72, 71, 69, 67, 60)
NONE = Known()


def draft(name, *titles, pitches=(60,), fixed=None):
    return Draft(name, titles, Stored.of(Score(tuple(Note(4 * i, p, 4) for i, p in enumerate(pitches)))), fixed)


def test_a_hymn_goes_where_the_held_out_chorale_with_its_tune_is():
    higher = [pitch + 3 for pitch in LINE]
    sides = assign(
        [
            draft("bach/1", "Ein feste Burg", fixed="test"),
            draft("bach/2", "Ein feste Burg", fixed="train"),  # the standard split is kept
            draft("hymnal/1", "A Mighty Fortress", "Ein Feste Burg"),
            draft("bach/3", "Other", pitches=LINE, fixed="valid"),
            draft("hymnal/2", "Unlike", pitches=higher),
            draft("bach/4", "Third", pitches=LINE, fixed=""),  # outside the standard split: out
            draft("bach/5", "Fourth", fixed=""),
        ],
        NONE,
    )
    assert [side.split for side in sides][:6] == ["test", "train", "test", "valid", "valid", ""]
    assert sides[6].split in ("train", "valid", "test")
    assert sides[0].tune == sides[2].tune == "bach/1"


def test_a_family_is_never_on_two_sides():
    drafts = [draft(f"set/{i}", f"tune {'abcdefgh'[i % 8]}{i // 400}") for i in range(800)]
    sides = assign(drafts, NONE)
    where = {}
    for side in sides:
        where.setdefault(side.tune, set()).add(side.split)
    assert len(where) == 16
    assert all(len(splits) == 1 for splits in where.values())


def test_the_side_does_not_depend_on_the_order():
    drafts = [draft(f"set/{i}", f"tune {chr(97 + i % 7)}") for i in range(60)]
    forth = {d.id: s for d, s in zip(drafts, assign(drafts, NONE), strict=True)}
    back = {d.id: s for d, s in zip(drafts[::-1], assign(drafts[::-1], NONE), strict=True)}
    assert forth == back


def test_what_was_worked_out_before_is_kept():
    known = Known(frozenset({"aird"}), {"aird/7": "test"})
    sides = assign([draft("aird/7", "x"), draft("aird/8", "y"), draft("mine/1", "x"), draft("mine/2", "y")], known)
    assert [side.split for side in sides] == ["test", "train", "test", "train"]


def test_clean_says_whether_training_knows_the_tune():
    sides = assign(
        [
            draft("a/1", pitches=LINE, fixed="test"),
            draft("a/2", pitches=[pitch + 1 for pitch in LINE], fixed="train"),
            draft("a/3", pitches=LINE[::-1], fixed="test"),
        ],
        NONE,
    )
    assert [side.clean for side in sides] == [False, False, True]
