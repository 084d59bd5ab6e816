"""The guarded child process: the same result as in place, killed past a limit, no trace of it left."""

from __future__ import annotations

import pickle
import threading
from dataclasses import replace

import pytest

from musegen.formats import LIMITS, Refusal, child, read_score
from musegen.formats.child import read_guarded
from musegen.formats.read import read_tunes

TUNE = b"X:1\nT:Tune\nM:4/4\nL:1/4\nK:D\n" + b"DEFG|" * 8


def test_it_reads_as_in_place_also_from_a_thread():
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.extend(read_guarded("abc", TUNE)))
    thread.start()
    thread.join()
    expected = read_tunes("abc", TUNE)[0]
    assert [(one.score, one.report) for one in found] == [(expected.score, expected.report)]


def test_refusals_come_back_as_they_are():
    with pytest.raises(Refusal, match="isn't a single note") as caught:
        read_guarded("abc", b"X:1\nK:C\nz|\n")
    assert caught.value.kind == "no_notes"
    assert "没有音符" in caught.value.sentence("zh")


def test_large_files_go_there(monkeypatch):
    calls: list[str] = []
    monkeypatch.setattr(
        "musegen.formats.read_guarded", lambda kind, data, **_: calls.append(kind) or read_tunes(kind, data)
    )
    monkeypatch.setattr("musegen.formats.LIMITS", replace(LIMITS, in_process_bytes=100))
    assert len(TUNE) < 100 < len(TUNE + TUNE)
    read_score(TUNE)
    assert calls == []
    read_score(TUNE + b"% " + TUNE)
    assert calls == ["abc"]


def sleeping(monkeypatch, code: str) -> None:
    """Has the child do something else than reading."""
    monkeypatch.setattr(child, "_START", code)


def test_too_much_time_is_stopped(monkeypatch):
    sleeping(monkeypatch, "import time; time.sleep(60)")
    with pytest.raises(Refusal, match=r"longer than 0\.2 seconds and was stopped"):
        read_guarded("abc", TUNE, limits=replace(LIMITS, seconds=0.2))


def test_too_much_memory_is_stopped(monkeypatch):
    sleeping(monkeypatch, "import time; hold = b'x' * 150_000_000; time.sleep(60)")
    with pytest.raises(Refusal, match="more than 100 MB of memory and was stopped"):
        read_guarded("abc", TUNE, limits=replace(LIMITS, memory_mb=100))


def test_a_crash_is_one_sentence(monkeypatch):
    sleeping(monkeypatch, "import os; os._exit(139)")
    with pytest.raises(Refusal, match=r"broke the reader of ABC \(exit code 139\)"):
        read_guarded("abc", TUNE)


def test_a_refusal_survives_the_journey():
    refusal = Refusal("kind", "English.", "中文。")
    back = pickle.loads(pickle.dumps(refusal))
    assert (back.kind, str(back), back.sentence("zh")) == ("kind", "English.", "中文。")
