"""A small house for the pages: a tiny real composer, ready pieces and a run, all made here in seconds."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from house import ROOT, check, chorale
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from musegen import studio
from musegen.checkpoint import load_checkpoint, write_arrays
from musegen.gallery import add_piece, load_gallery
from musegen.score import Note, Score, Track


@pytest.fixture(scope="session")
def house(tmp_path_factory, checkpoints):
    """Folders with a checkpoint, a gallery and a run; the machine's ready pieces come from the checkpoint."""
    place = tmp_path_factory.mktemp("house")
    shutil.copytree(checkpoints / "composer", place / "checkpoints" / "composer")
    path = place / "checkpoints" / "composer" / "card.json"
    figures = {"validation": {"all": 1.25, "harmonise": 0.75}, "test": {"all": 1.5}}
    figures |= {"baselines": {"markov": {"all": 2.125}}, "fails": {"en": ["Leaps."], "zh": ["爱跳。"]}}
    tertian = {"tertian": {"value": 86.25, "low": 85.5, "high": 87.0}}
    figures |= {"measures": {"chorales": {"measures": tertian}}}
    path.write_text(json.dumps({**json.loads(path.read_text()), **figures}))
    checkpoint = load_checkpoint(place / "checkpoints" / "composer")
    examples = place / "examples"
    facts = {"licence": "CC0 1.0", "credit": "the tests", "folder": examples}
    add_piece(chorale(), title="Six bars", composer="Nobody", culture="german", style="chorale", **facts)
    tune = Score(tuple(Note(480 * i, 62 + i % 5, 480) for i in range(16)), (Track("Melody", 73),))
    add_piece(tune, title="A tune", composer="Traditional", culture="irish", style="folk", **facts)
    source = load_gallery(examples)[0].score(examples)
    for piece in studio.harmonise(checkpoint, source, n=4, seed=3, passes=2):
        title = f"Made {piece.recipe.index}"
        add_piece(piece.score, title=title, culture="german", style="chorale/bach", **facts)
    run = place / "runs" / "composer"
    (run / "samples").mkdir(parents=True)
    (run / "config.json").write_text(json.dumps({"model": "composer", "corpora": ["bach-chorales"], "seed": 5}))
    rows = [{"step": 10, "seconds": 60.0, "cross_entropy": 3.5}, {"step": 20, "seconds": 120.0, "cross_entropy": 2.5}]
    rows[1] |= {"valid/all": 1.25, "valid/harmonise": 0.75, "valid/cross_entropy": 1.0}
    (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    tokens = np.full((4, 32, 4), 128, np.int16)
    tokens[:3, ::4, :] = 60  # the fourth is silent
    for step in (10, 20):
        write_arrays(run / "samples" / f"step-{step:06d}.npz", {"chorale": tokens, "folk": tokens})
    return place


@pytest.fixture
def routed(monkeypatch):
    """As on a server where the router has run once: AppTest forgets that before every run."""
    begin = PagesManager.__init__

    def begin_routed(self, *args, **kwargs):
        begin(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", begin_routed)


@pytest.fixture
def furnish(house, monkeypatch, tmp_path):
    """The app looks into the house of the tests, where nobody has kept anything of their own yet."""
    monkeypatch.setenv("MUSEGEN_DATA", str(tmp_path / "own"))
    monkeypatch.delenv("MUSEGEN_CHECKPOINTS", raising=False)
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setenv("MUSEGEN_WAKE", "0")
    from pages import _shared

    monkeypatch.setattr(_shared, "CHECKPOINTS", house / "checkpoints")
    monkeypatch.setattr(_shared, "COMPOSER", "composer")
    monkeypatch.setattr(_shared, "EXAMPLES", house / "examples")
    monkeypatch.setattr(_shared, "RUNS", house / "runs")
    return house


@pytest.fixture
def forgetful(furnish):
    """For tests that change what lies in the folders: nothing is remembered, before or after."""
    from pages import _desk, _shared

    remembered = (_shared.gallery, _shared.ready_score, _shared.card, _shared.workbench, _shared.wake_composer)

    def forget():
        for held in (*remembered, _desk.first_desk):
            held.clear()

    forget()
    yield
    forget()


@pytest.fixture
def visit(furnish, routed):
    """Opens a page of the app in a language: ``visit("create", "zh")``."""

    def open_page(page: str = "listen", language: str = "en", *, whole: bool = True) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
        app.session_state["language"] = language
        app.session_state["kept"] = ""  # as when the browser has said that it keeps nothing
        app.run()
        if page != "listen":
            app.switch_page(f"pages/{page}.py").run()
        if whole:
            check(app)
        return app

    return open_page


@pytest.fixture
def words():
    """The catalogue of a language."""
    return lambda language: json.loads((ROOT / "assets" / "locale" / f"{language}.json").read_text("utf-8"))
