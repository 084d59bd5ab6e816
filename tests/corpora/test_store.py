import numpy as np

from musegen.corpora import store
from musegen.corpora.store import Parsed, Stored
from musegen.score import Key, Metre, Note, Score, Tempo, Track

SCORE = Score(
    (Note(0, 60, 240, 90, 0), Note(240, 38, 60, 100, 1)),
    (Track("Flöte", 73), Track("", 0, True)),
    240,
    (Tempo(0, 90.5), Tempo(240, 60.0)),
    (Metre(0, 3, 4), Metre(720, 2, 4)),
    Key(-3, "minor"),
    120,
    "Title",
    "Composer",
    {"source": "a.mid"},
)


def test_scores_come_back_equal(tmp_path):
    empty = Score((), (Track("Nothing"),))
    parsed = Parsed("abc", (("a:1", {"title": "A"}, Stored.of(SCORE)), ("a:2", {}, Stored.of(empty))), (("a:3", "no"),))
    store.save(tmp_path / "x" / "a.npz", parsed)
    found = store.load(tmp_path / "x" / "a.npz")
    assert [(name, about) for name, about, _ in found.pieces] == [("a:1", {"title": "A"}), ("a:2", {})]
    first, second = (stored.score() for _, _, stored in found.pieces)
    assert first == SCORE
    assert (first.title, first.composer, first.provenance) == ("Title", "Composer", {"source": "a.mid"})
    assert second == empty
    assert (found.sha256, found.left_out) == ("abc", (("a:3", "no"),))
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["a.npz"]


def test_a_file_without_pieces_is_remembered_too(tmp_path):
    store.save(tmp_path / "a.npz", Parsed("abc", (), (("a", "damaged"),)))
    assert store.load(tmp_path / "a.npz").left_out == (("a", "damaged"),)


def test_missing_and_damaged_files_count_as_nothing(tmp_path):
    assert store.load(tmp_path / "none.npz") is None
    store.save(tmp_path / "a.npz", Parsed("abc", (("a", {}, Stored.of(SCORE)),)))
    whole = (tmp_path / "a.npz").read_bytes()
    for damaged in (b"", b"PK", whole[: len(whole) // 2]):
        (tmp_path / "a.npz").write_bytes(damaged)
        assert store.load(tmp_path / "a.npz") is None
    np.savez(tmp_path / "b.npz", other=np.zeros(3))
    assert store.load(tmp_path / "b.npz") is None
