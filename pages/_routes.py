"""What the server gives out beside the pages: the player's files, and the instruments that it plays."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from contextlib import suppress
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from musegen.errors import MusegenError, ScoreError
from musegen.places import ASSETS
from musegen.score import Score

_A_DAY = {"Cache-Control": "public, max-age=86400"}


_MOST_SHOWN = 400
_shown: OrderedDict[str, Score] = OrderedDict()  # by a name that only who has the music can know
_lock = threading.Lock()


def show(score: Score) -> str:
    """Keeps a score at hand, that a browser may ask for its pages; gives the beginning of their address."""
    name = hashlib.sha256(f"{score.fingerprint} {score.title} {score.composer}".encode()).hexdigest()[:32]
    with _lock:
        _shown[name] = score
        _shown.move_to_end(name)
        while len(_shown) > _MOST_SHOWN:
            _shown.popitem(last=False)
    return f"/player/score/{name}"


class _Fresh(StaticFiles):
    """Files that a browser asks after every time, so that an update never meets yesterday's half."""

    def file_response(self, *args, **kwargs) -> Response:  # noqa: ANN002, ANN003 - as Starlette calls it
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


COMMON = ("52", "73", "0", "40", "107", "drums")  # choir, flute, piano, violin, koto: of the ready pieces


@lru_cache(maxsize=24)
def _pack(name: str) -> tuple[bytes, str]:
    """An instrument and its name for caches: another SoundFont is another instrument."""
    from musegen.audio import instrument_pack

    data = instrument_pack(0, is_drum=True) if name == "drums" else instrument_pack(int(name))
    return data, f'"{hashlib.sha256(data).hexdigest()[:24]}"'


def warm() -> None:
    """Makes the common instruments, so that the first who plays one doesn't wait for it."""
    with suppress(MusegenError):  # no SoundFont: whoever asks for an instrument is told so
        for name in COMMON:
            _pack(name)


def instrument(request: Request) -> Response:
    """An instrument of the SoundFont: "0" to "127", or "drums"."""
    name = request.path_params["name"]
    if name != "drums" and not (name.isascii() and name.isdigit() and int(name) < 128):
        return PlainTextResponse("There is no such instrument: 0 to 127, or drums.", 404)
    try:
        data, tag = _pack(name)
        headers = {"Cache-Control": "public, max-age=3600", "ETag": tag}
        if request.headers.get("If-None-Match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(data, media_type="application/octet-stream", headers=headers)
    except MusegenError as error:
        return PlainTextResponse(str(error), 503)


@lru_cache(maxsize=128)
def _pages(name: str, kind: str, language: str) -> list[str]:
    from musegen.notation import numbered_svg, staff_svg

    with _lock:
        score = _shown[name]
    return (staff_svg if kind == "staff" else numbered_svg)(score, language=language)


def pages(request: Request) -> Response:
    """The pages of a score as SVG: staves, or numbered notation."""
    name, kind, language = (request.path_params[part] for part in ("name", "kind", "language"))
    if kind not in ("staff", "numbered") or language not in ("en", "zh"):
        return PlainTextResponse("There is no such notation: staff or numbered, en or zh.", 404)
    try:
        return JSONResponse(_pages(name, kind, language), headers=_A_DAY)
    except KeyError:
        gone = ScoreError("This piece is no longer at hand. Load the page again.")
        return PlainTextResponse(gone.sentence(language), 404)
    except MusegenError as error:
        return PlainTextResponse(error.sentence(language), 422)


def routes() -> list[BaseRoute]:
    """All of them."""
    return [
        Route("/player/instrument/{name}", instrument),
        Route("/player/score/{name}/{kind}/{language}", pages),
        Mount("/player", _Fresh(directory=ASSETS / "player", check_dir=False)),
    ]
