"""Every way out of a score gives a file of its kind."""

import io
import json
import re
import struct
import zlib
from html import escape, unescape
from xml.etree import ElementTree

import pytest

from musegen.errors import ScoreError
from musegen.export import FORMATS, export
from musegen.formats import read_score
from musegen.score import Key, Metre, Note, Score, Tempo, Track

BEGINS = {
    "mid": b"MThd", "musicxml": b"<?xml", "mxl": b"PK", "wav": b"RIFF", "flac": b"fLaC", "ogg": b"OggS", "svg": b"<svg",
    "pdf": b"%PDF", "numbered": b"%PDF", "png": b"\x89PNG", "roll-svg": b"<?xml",
    "mp4": b"\0\0\0", "webm": b"\x1a\x45\xdf\xa3",
}  # fmt: skip
FILMS = ("mp4", "webm")
TUNE = Score(tuple(Note(480 * i, 60 + i, 480) for i in range(4)), title="Tune")


RECIPE = json.dumps({"verb": "generate", "seed": 7, "title": "“茉莉花” <&>"}, ensure_ascii=False)
MADE = Score(
    (*(Note(240 + 480 * i, 64 + i, 480, 80, 0) for i in range(6)), Note(240, 40, 1440, 80, 1)),
    (Track("Flute", 73), Track("Bass", 32)),
    tempos=(Tempo(0, 240.0),),
    metres=(Metre(0, 3, 4),),
    key=Key(-1, "minor"),
    pickup=240,
    title="茉莉花 & Co",
    composer="Wang <Ming>",
    provenance={"recipe": RECIPE},
)


def test_every_format_is_tried_below():
    assert set(BEGINS) == set(FORMATS)


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in FILMS])
def test_every_format_is_what_its_name_says(name):
    assert export(TUNE, name).lstrip().startswith(BEGINS[name])


@pytest.mark.parametrize("name", ["mid", "musicxml", "mxl"])
def test_notes_come_back_equal(name):
    assert read_score(export(TUNE, name)).score == TUNE


def test_many_pages_of_staves_are_one_picture():
    """300 bars need several pages, which lie under each other without overlapping."""
    long = Score(tuple(Note(480 * i, 60 + i % 12, 480) for i in range(1200)))
    svg = export(long, "svg").decode("utf-8")
    places = [float(y) for y in re.findall(r'<svg y="([\d.]+)"', svg)]
    heights = [float(h) for h in re.findall(r' width="[\d.]+" height="([\d.]+)"', svg)]
    assert len(places) > 1
    assert places[0] == 0
    assert places[1] == heights[1]  # heights[0] is the whole, heights[1] the first page's
    assert heights[0] == sum(heights[1:])


def test_pictures_name_parts_in_the_language_that_is_asked_for():
    named = Score((Note(0, 72, 480),), (Track("Melody"),))
    assert "旋律" not in export(named, "svg").decode("utf-8")
    assert "旋律" in export(named, "svg", language="zh").decode("utf-8")


def test_an_unknown_format_is_refused_in_words():
    with pytest.raises(ScoreError, match="wav"):
        export(TUNE, "mp3")


@pytest.mark.parametrize("name", FILMS)
def test_films_are_made_with_progress(name):
    """Without a title, so that the film is short."""
    pytest.importorskip("av")
    shares = []
    data = export(Score((Note(0, 60, 120),)), name, progress=shares.append)
    assert data.startswith(BEGINS[name])
    assert (shares[0], shares[-1]) == (0.0, 1.0)


# --- what comes along with the music ----------------------------------------------------------


@pytest.mark.parametrize("name", ["mid", "musicxml", "mxl"])
def test_scores_keep_what_stands_on_the_page(name):
    """Parts, instruments, key, metre, pick-up and tempo are part of equality; title and composer are not."""
    again = read_score(export(MADE, name)).score
    assert again == MADE
    assert (again.title, again.composer) == (MADE.title, MADE.composer)


@pytest.mark.parametrize("name", ["wav", "flac", "ogg"])
def test_sounds_keep_title_composer_and_recipe(name):
    soundfile = pytest.importorskip("soundfile")
    with soundfile.SoundFile(io.BytesIO(export(MADE, name))) as file:
        assert (file.title, file.artist, file.comment) == (MADE.title, MADE.composer, RECIPE)


def test_a_roll_keeps_title_composer_and_recipe_in_whole_chunks():
    png, place, texts = export(MADE, "png"), 8, {}
    while place < len(png):
        (size,) = struct.unpack_from(">I", png, place)
        body = png[place + 4 : place + 8 + size]
        assert struct.unpack_from(">I", png, place + 8 + size) == (zlib.crc32(body),)
        if body.startswith(b"iTXt"):
            key, text = body[4:].split(b"\0", 1)
            assert text[:4] == bytes(4)  # not compressed, no language, no translated keyword
            texts[key.decode()] = text[4:].decode("utf-8")
        place += 12 + size
    assert texts == {"Title": MADE.title, "Author": MADE.composer, "Comment": RECIPE}


def test_staves_keep_the_recipe():
    root = ElementTree.fromstring(export(MADE, "svg"))
    assert root[0].tag == "{http://www.w3.org/2000/svg}metadata"
    assert root[0].text == RECIPE
    assert "metadata" not in export(TUNE, "svg").decode("utf-8")


def test_staves_as_pdf_keep_title_composer_and_recipe():
    """In the document's XMP metadata, which is one of its streams."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", export(MADE, "pdf"), re.DOTALL)
    (about,) = (text.decode("utf-8") for text in streams if b"<rdf:RDF" in text)
    assert f'<rdf:li xml:lang="x-default">{escape(MADE.title)}</rdf:li>' in about
    assert escape(MADE.composer) in about
    assert json.loads(unescape(re.search(r"<dc:description>.*?<rdf:li[^>]*>(.*?)</rdf:li>", about)[1])) == json.loads(
        RECIPE
    )
