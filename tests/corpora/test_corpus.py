import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from musegen.corpora import load_corpus, pool, readers
from musegen.corpora.readers import Source
from musegen.errors import CorpusError
from musegen.formats import write_score
from musegen.score import Metre, Note, Score, Track


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSEGEN_CACHE", str(tmp_path / "cache"))


def tune(start):
    return Score(tuple(Note(480 * i, start + (i * i) % 7, 480) for i in range(16)), (Track("Tune"),))


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "music"
    (place / "inner").mkdir(parents=True)
    for i in range(4):
        (place / "inner" / f"tune {i}.mid").write_bytes(write_score(tune(60 + i * i), "mid"))
    roll = np.zeros((16, 88))
    roll[:, 40] = 1
    np.save(place / "roll.npy", roll)
    (place / "broken.mid").write_bytes(b"MThd\x00\x00")
    (place / "empty.mid").write_bytes(b"")
    (place / "notes.txt").write_text("not music")
    (place / ".hidden.mid").write_bytes(b"no")
    return place


def test_a_folder_of_files(folder):
    corpus = load_corpus(folder, jobs=1)
    assert [piece.id for piece in corpus.pieces] == [*(f"music/inner/tune {i}.mid" for i in range(4)), "music/roll.npy"]
    first = corpus.pieces[0]
    assert first.score == tune(60)
    assert first.sha256 == hashlib.sha256((folder / "inner" / "tune 0.mid").read_bytes()).hexdigest()
    assert (first.title, first.style, first.licence) == ("tune 0", "own", "the user's own")
    assert (corpus.info.terms, corpus.report.used) == ("own-machine", 5)
    assert {name for names in corpus.report.left_out.values() for name in names} == {
        "music/broken.mid",
        "music/empty.mid",
    }


def test_the_same_tune_is_on_one_side(folder):
    corpus = load_corpus(folder, jobs=1)
    # The four tunes are one line at four pitches.
    assert len({piece.split for piece in corpus.pieces[:4]}) == len({piece.tune for piece in corpus.pieces[:4]}) == 1


def test_the_report_in_words(folder):
    sentences = load_corpus(folder, jobs=1).report.sentences()
    assert sentences[0].startswith("5 pieces were used (")
    assert any("1 left out" in line and "music/broken.mid" in line for line in sentences)


def test_what_was_parsed_is_not_parsed_again(folder, tmp_path, monkeypatch):
    load_corpus(folder, jobs=1)
    calls = []
    read = readers.read_source
    monkeypatch.setattr(pool, "read_source", lambda source: (calls.append(source.name), read(source))[1])
    load_corpus(folder, jobs=1)
    assert calls == []
    (folder / "inner" / "tune 1.mid").write_bytes(write_score(tune(50), "mid"))
    os.utime(folder / "inner" / "tune 1.mid", (1, 1))  # another time than before, however quick the machine
    corpus = load_corpus(folder, jobs=1)
    assert len(list((tmp_path / "cache").rglob("*.npz"))) == 7  # the old arrays are gone
    assert calls == ["music/inner/tune 1.mid"]
    assert corpus.pieces[1].score == tune(50)
    load_corpus(folder, jobs=1, cache=False)
    assert len(calls) == 1 + 7


def test_a_killed_load_goes_on(folder, monkeypatch):
    read = readers.read_source
    calls = []

    def dies(source):
        calls.append(source.name)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return read(source)

    monkeypatch.setattr(pool, "read_source", dies)
    with pytest.raises(KeyboardInterrupt):
        load_corpus(folder, jobs=1)
    assert load_corpus(folder, jobs=1).report.used == 5
    assert len(calls) == 4 + (7 - 3)


def test_progress_counts_files(folder):
    seen = []
    load_corpus(folder, jobs=1, progress=lambda done, total, name: seen.append((done, total)))
    assert seen == [(i, 7) for i in range(1, 8)]
    load_corpus(folder, jobs=1, progress=lambda done, total, name: seen.append((done, total)))
    assert seen[7:] == [(7, 7)]


def test_folders_without_music(tmp_path):
    with pytest.raises(CorpusError, match="no music files"):
        load_corpus(tmp_path, jobs=1)
    (tmp_path / "bad.mid").write_bytes(b"MThd")
    with pytest.raises(CorpusError, match=r"No piece of .* can be used"):
        load_corpus(tmp_path, jobs=1)


def test_workers_give_what_this_process_gives(folder, tmp_path):
    for i in range(12):
        (folder / f"more {i}.mid").write_bytes(write_score(tune(40 + i), "mid"))
    alone = load_corpus(folder, jobs=1, cache=False)
    # In a script without a main guard.
    script = tmp_path / "script.py"
    script.write_text(
        "from musegen.corpora import load_corpus\n"
        f"corpus = load_corpus({str(folder)!r}, jobs=2, cache=False)\n"
        "print([piece.id for piece in corpus.pieces], sum(piece.score.end for piece in corpus.pieces))\n"
    )
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    ids, total = [piece.id for piece in alone.pieces], sum(piece.score.end for piece in alone.pieces)
    assert run.stdout.strip() == f"{ids} {total}"


def test_a_reader_that_hangs_or_dies_costs_one_file(tmp_path, monkeypatch):
    (tmp_path / "good.mid").write_bytes(write_score(tune(60), "mid"))
    work = [(Source(tmp_path / "good.mid", "score", f"s/{i}"), tmp_path / f"{i}.npz") for i in range(10)]
    ask = pool._ask
    count = []

    def kills(worker, source, target):
        count.append(source.name)
        if source.name in ("s/2", "s/5"):
            worker.kill()
        return ask(worker, source, target)

    monkeypatch.setattr(pool, "_ask", kills)
    results = dict(pool.read_all(work, jobs=2))
    lost = {index for index, parsed in results.items() if not parsed.pieces}
    assert len(results) == 10
    assert lost == {2, 5}
    assert results[2].left_out == (("s/2", "its reader hung or broke down"),)


def test_mixed_metres_survive(tmp_path):
    score = tune(60).replace(metres=(Metre(0, 3, 4), Metre(4320, 2, 4)))
    (tmp_path / "a.mid").write_bytes(write_score(score, "mid"))
    assert load_corpus(tmp_path, jobs=1).pieces[0].score == score
