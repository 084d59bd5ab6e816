"""The router: the way in, the error banner, the composer that wakes up behind the first page."""

from __future__ import annotations

import tomllib

import pytest
from house import ROOT, check
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from musegen.errors import ScoreError
from musegen.formats import LIMITS
from musegen.notation import engrave
from musegen.score import Note, Score
from pages._routes import pages, show


def test_a_page_opened_by_its_own_address_on_a_fresh_server_comes_with_navigation(furnish, words):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    app.switch_page("pages/lab.py").run()
    check(app)
    assert app.title[0].value == words("en")["lab.title"]
    assert app.segmented_control(key="lang").value == "en"


@pytest.mark.parametrize(("asked", "locale", "language"), [("zh", None, "zh"), ("xx", None, "en"), ("en", None, "en")])
def test_the_address_says_the_language(furnish, routed, words, asked, locale, language):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    app.query_params["lang"] = asked
    app.run()
    check(app)
    assert app.title[0].value == words(language)["listen.title"]
    assert app.query_params["lang"] in (language, [language])


@pytest.mark.parametrize(
    ("error", "shown"),
    [(ScoreError("Bar 3 is *too* long."), "Bar 3 is \\*too\\* long\\."), (ValueError("secret"), None)],
)
def test_whatever_goes_wrong_is_one_sentence(visit, words, monkeypatch, error, shown):
    from pages import _shared

    def fail(*_args, **_settings):
        raise error

    monkeypatch.setattr(_shared, "gallery", fail)
    app = visit("listen", whole=False)
    assert not app.exception
    assert [e.value for e in app.error] == [shown or words("en")["error.unexpected"]]


def test_foreign_text_is_shown_as_it_is():
    from pages._words import plain

    assert plain("*a* <b> `c` [d](e) $f$") == r"\*a\* \<b\> \`c\` \[d\]\(e\) \$f\$"
    assert plain("a\n# b") == r"a \# b"
    assert ":smile:" not in plain(":smile:")
    assert len(plain("x" * 1000, 20)) == 20


def test_controls_that_a_desk_sets_again_warn_of_nothing():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert settings["global"]["disableWidgetStateDuplicationWarning"] is True


def test_the_composer_wakes_up_once(visit, forgetful, monkeypatch):
    from musegen.workbench import Workbench
    from pages import _shared

    calls = []
    monkeypatch.setattr(Workbench, "wake_in_background", lambda self: calls.append(self))
    monkeypatch.setenv("MUSEGEN_WAKE", "1")
    visit("listen").run()
    assert calls == [_shared.workbench()]


def test_the_server_s_settings_are_safe():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["server"]["maxUploadSize"] * 2**20 == LIMITS.upload_bytes
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["client"]["showErrorDetails"] == "none"


# --- what the server gives out beside the pages -----------------------------------------------


def asked_for_pages(name: str, language: str) -> tuple[int, str]:
    """Status and words of the answer to who asks for a score's staves."""
    path = {"name": name, "kind": "staff", "language": language}
    answer = pages(Request({"type": "http", "path_params": path, "headers": []}))
    return answer.status_code, bytes(answer.body).decode()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "This piece is no longer at hand. Load the page again."),
        ("zh", "这首乐曲已不在服务器上。请重新载入页面。"),
    ],
)
def test_a_piece_that_the_server_forgot_is_said_to_be_gone(language, words):
    assert asked_for_pages("nobody", language) == (404, words)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "2 notes are too many to engrave at once (1); choose fewer bars."),
        ("zh", "2 个音符太多，一次最多制谱 1 个；请少选一些小节。"),
    ],
)
def test_a_piece_that_can_t_be_engraved_says_why(monkeypatch, language, words):
    monkeypatch.setattr(engrave, "MAX_NOTES", 1)
    name = show(Score((Note(0, 60, 480), Note(480, 62, 480)), title=language)).rsplit("/", 1)[1]
    assert asked_for_pages(name, language) == (422, words)
