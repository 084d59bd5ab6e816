"""Real files, as found: they read, say what they lost, and what is written of them reads back equal."""

from __future__ import annotations

from pathlib import Path

import pytest
import symusic

from musegen.formats import read_score, read_scores, write_score
from musegen.formats.report import Imported

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
GLOBS = {
    "bands with drums": "freedoom_music/**/*.mid",
    "played drums": "groove/drummer1/**/*.mid",
    "piano": "piano_midi_de_BYSA/midis/**/*.mid",
    "scores as MIDI": "mutopia_pd/midi/**/*.mid",
    "hymns": "open_hymnal/abc/*.abc",
    "lead sheets": "openewld_pd/**/*.mxl",
    "songs": "openscore_lieder/scores/**/*.mxl",
    "dances": "polish_dances/kern/*.krn",
}


def some(name: str, count: int = 4) -> list[Path]:
    """Evenly chosen files of a set, the largest aside; skips where the sets are missing."""
    files = sorted(path for path in DATA.glob(GLOBS[name]) if path.stat().st_size < 40_000)
    if not files:
        pytest.skip(f"the music sets are not here ({DATA.name}/{GLOBS[name]})")
    return files[:: max(len(files) // count, 1)][:count]


@pytest.mark.parametrize("name", GLOBS)
def test_real_files_read_and_come_back_equal(name):
    for path in some(name):
        imported = read_score(path.read_bytes(), path.name)
        score = imported.score
        assert len(score.notes) == imported.report.notes > 0
        assert score.provenance["source"] == path.name
        for format in ("mid", "musicxml"):
            assert read_score(write_score(score, format)).score == score, (path.name, format)


@pytest.mark.parametrize("name", ["bands with drums", "scores as MIDI", "played drums"])
def test_midi_has_the_notes_that_an_independent_reader_finds(name):
    for path in some(name):
        imported = read_score(path.read_bytes())
        if {"overlapping", "stuck", "zero_length"} & {remark.kind for remark in imported.report.remarks}:
            continue  # readers differ in what they make of these
        mine = sorted((n.onset, n.pitch, n.velocity) for n in imported.score.notes)
        theirs = sorted((n.start, n.pitch, n.velocity) for t in symusic.Score.from_file(path).tracks for n in t.notes)
        assert mine == theirs, path.name


def music21_corpus() -> Path:
    music21 = pytest.importorskip("music21.common.pathTools", reason="music21 is not installed")
    return Path(music21.getCorpusFilePath())


def one(path: Path) -> Imported:
    return read_score(path.read_bytes(), path.name)


def test_bach_s_chorales_as_every_user_has_them():
    imported = one(music21_corpus() / "bach" / "bwv66.6.mxl")
    assert imported.report.sentences()[0] == (
        "9 bars and a pick-up of 1 quarter note, 4 voices, F-sharp minor, 4/4, 96 quarter notes a minute"
    )
    assert [track.name for track in imported.score.tracks] == ["Soprano", "Alto", "Tenor", "Bass"]
    # The soprano begins with the eighths C#5 and B4 as a pick-up, then a quarter note A4.
    soprano = imported.score.with_resolution(2).track_notes(0)
    assert [(n.onset, n.pitch, n.duration) for n in soprano[:3]] == [(0, 73, 1), (1, 71, 1), (2, 69, 2)]


def test_folk_songs_of_china_and_ireland_as_every_user_has_them():
    songs = read_scores((music21_corpus() / "essenFolksong" / "han1.abc").read_bytes()[:60_000])
    assert len(songs) > 50
    assert all("China" in song.score.provenance["origin"] for song in songs)
    reels = read_scores((music21_corpus() / "oneills1850" / "0101-0200.abc").read_bytes())
    assert len(reels) == 100
