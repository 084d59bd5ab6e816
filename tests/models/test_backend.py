"""The door to TensorFlow."""

import sys
import threading

from musegen.models import build_model
from musegen.models.backend import load_backend


def test_a_model_that_is_built_while_pages_end_keeps_the_names_of_its_variables():
    settings = {"styles": ("any",), "step_width": 16, "beat_width": 16, "blocks": 3}
    alone = build_model("composer", settings).weights()
    done = threading.Event()

    def end_pages() -> None:
        while not done.wait(0.002):
            sys.modules["keras"].backend.clear_session()  # as Streamlit does

    other = threading.Thread(target=end_pages)
    other.start()
    try:
        beside = build_model("composer", settings).weights()
    finally:
        done.set()
        other.join()
    assert list(beside) == list(alone)


def test_who_asks_while_tensorflow_is_imported_waits(monkeypatch):
    from musegen.models import backend

    began, finish, passed = threading.Event(), threading.Event(), threading.Event()
    tensorflow, whole = sys.modules["tensorflow"], sys.modules["keras"]

    def slow() -> None:  # a module stands in sys.modules as soon as its import begins
        sys.modules["tensorflow"] = tensorflow
        began.set()
        assert finish.wait(10)

    monkeypatch.setattr(backend, "_import", slow)
    monkeypatch.delitem(sys.modules, "tensorflow")
    first = threading.Thread(target=load_backend)
    first.start()
    assert began.wait(10)
    second = threading.Thread(target=lambda: (load_backend(), passed.set()))
    second.start()
    assert not passed.wait(0.2)
    finish.set()
    first.join()
    second.join()
    assert passed.is_set()
    assert sys.modules["keras"] is whole
