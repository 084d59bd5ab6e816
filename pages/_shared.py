"""What the pages share: the way in, the error banner, cached loaders, sound and pictures of a score.

Every cache is bounded, and what is in it goes by the music itself: whoever has that may have the rest.
"""

from __future__ import annotations

import logging
import threading
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import Page

from musegen.checkpoint import Checkpoint, load_checkpoint
from musegen.errors import MusegenError, ScoreError
from musegen.formats import Imported, read_score, titles
from musegen.gallery import OwnModel, ReadyPiece, load_gallery, own_models, stored_samples
from musegen.places import CHECKPOINTS, COMPOSER, EXAMPLES, ROOT, RUNS
from musegen.score import Metre, Note, Score, Tempo, Track
from musegen.studio import Piece, Recipe, columns_of, work
from musegen.studio.locks import Choice, check_free
from musegen.training.run import Run, read_run
from musegen.workbench import Workbench, kept
from pages import _player as player
from pages._routes import warm
from pages._words import catalogue, language, named, plain, t

_LOG = logging.getLogger(__name__)
_DRAWING = threading.Lock()  # matplotlib draws for one thread at a time

# --- the way in -------------------------------------------------------------------------------


def navigate() -> Page:
    """The pages, in the bar at the top (on a phone as links above the page); gives the one that was asked for."""
    pages = [
        st.Page(ROOT / "pages" / f"{name}.py", title=t(f"nav.{name}"), default=name == "listen")
        for name in ("listen", "create", "lab", "teach")
    ]
    asked = st.navigation(pages, position="top")
    with st.container(key="pages", horizontal=True):
        for page in pages:
            st.page_link(page, disabled=page == asked)
    return asked


@contextmanager
def route() -> Iterator[None]:
    """Around a page: it knows that the router runs it."""
    st.session_state["routed"] = True
    try:
        yield
    finally:
        st.session_state.pop("routed", None)


def enter() -> None:
    """Every page's first line: a page that is opened by its own address on a fresh server begins without the router."""
    if "routed" not in st.session_state:
        navigate()
        st.rerun()


# --- errors -----------------------------------------------------------------------------------


@contextmanager
def guard() -> Iterator[None]:
    """Turns whatever goes wrong inside into one sentence on the page; what was not foreseen is logged in full."""
    try:
        yield
    except MusegenError as error:
        st.error(plain(error.sentence(language()), 600), icon="⚠️")
    except Exception:
        _LOG.exception("A page failed.")
        st.error(t("error.unexpected"), icon="⚠️")


# --- what the server holds once ---------------------------------------------------------------


@st.cache_resource(max_entries=1, show_spinner=False)
def gallery() -> tuple[ReadyPiece, ...]:
    """The ready pieces."""
    return load_gallery(EXAMPLES)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs={ReadyPiece: lambda piece: (piece.file, piece.title)})
def ready_score(piece: ReadyPiece) -> Score:
    """The music of a ready piece."""
    return piece.score(EXAMPLES)


@st.cache_resource(max_entries=1, show_spinner=False)
def workbench() -> Workbench:
    """The composer that all sessions share. Raises CheckpointError where none is installed."""
    return Workbench(load_checkpoint(CHECKPOINTS / COMPOSER))


@st.cache_resource(max_entries=1, show_spinner=False)
def _own_workbench(path: Path, changed: float) -> Workbench:
    return Workbench(load_checkpoint(path))


def workbench_of(own: OwnModel | None) -> Workbench:
    """The composer of the app, or one that was taught here. Raises CheckpointError where it is not installed."""
    return workbench() if own is None else _own_workbench(own.path, (own.path / "card.json").stat().st_mtime)


def workbench_named(name: str) -> Workbench:
    """The composer of this name, the app's own or one taught here. Raises CheckpointError where there is none."""
    own = next((one for one in own_models() if one.name == name), None)
    known = {path.parent.name for path in CHECKPOINTS.glob("*/card.json")}  # a name from a link is no path to follow
    if own is None and name != COMPOSER and name in known:
        return _own_workbench(CHECKPOINTS / name, 0.0)
    return workbench_of(own)


@st.cache_data(max_entries=32, show_spinner=False)
def stored_score(path: Path, changed: float) -> Score:
    """The music in a file of our own making, which had this time of change."""
    return read_score(path.read_bytes(), path.name).score


@st.cache_resource(max_entries=1, show_spinner=False)
def wake_composer() -> None:
    """Loads the composer in the background, once a server."""
    threading.Thread(target=warm, name="musegen-warm", daemon=True).start()
    workbench().wake_in_background()


@st.cache_data(max_entries=8, show_spinner=False)
def _run(path: Path, changed: float) -> Run:
    return read_run(path)


def runs() -> list[Run]:
    """The runs that the lab shows, first that of the model that composes."""
    folders = sorted(path.parent for path in RUNS.glob("*/config.json"))
    found = [_run(folder, max(path.stat().st_mtime for path in folder.iterdir())) for folder in folders]
    return sorted(found, key=lambda run: run.path.name != COMPOSER)


@st.cache_data(max_entries=16, show_spinner=False)
def card(name: str) -> dict[str, Any]:
    """The card of the checkpoint of this name; {} if none is installed."""
    with suppress(MusegenError):
        return dict(load_checkpoint(CHECKPOINTS / name).card)
    return {}


@st.cache_data(max_entries=16, show_spinner=False)
def samples(path: Path) -> dict[str, tuple[Score, ...]]:
    """What a run made at one checkpoint, by family of styles."""
    return stored_samples(path)


# --- sound and pictures -----------------------------------------------------------------------


def identity(score: Score) -> tuple[Any, ...]:
    """What tells scores apart for the caches: the music and the names on it."""
    return score.fingerprint, score.title, score.composer


_HASH = {Score: identity}


@st.cache_data(max_entries=80, show_spinner=False, hash_funcs=_HASH)
def _staff(score: Score, language: str) -> list[str]:
    from musegen.notation import staff_svg

    return staff_svg(score, language=language)


def picture(svg: bytes) -> str:
    """An SVG as an address that holds all of it: Streamlit passes it on without looking into it."""
    return f"data:image/svg+xml;base64,{b64encode(svg).decode('ascii')}"


@st.cache_data(max_entries=160, show_spinner=False, hash_funcs=_HASH)
def _roll(score: Score, language: str, dark: bool, small: bool) -> str:
    from musegen.plots import figure_svg, plot_score

    with _DRAWING:
        figure = plot_score(score, language=language, theme="dark" if dark else "light")
        figure.set_size_inches((4.6, 2.2) if small else (8.0, 3.8))  # so that its words come out in a readable size
        for legend in figure.legends if small else ():
            legend.remove()
        for axes in figure.axes if small else ():
            axes.set(xlabel="", ylabel="")
            axes.tick_params(labelleft=False, labelbottom=False, left=False)
        return picture(figure_svg(figure))


def play(score: Score, name: str, key: str) -> None:
    """The small player of a score; ``name`` is what a screen reader calls it."""
    player.play(score, name, key)


@st.cache_data(max_entries=8, show_spinner=False)
def click(tempo: int, metre: tuple[int, int]) -> bytes:
    """Eight bars of a metronome, to sing to; the first beat of a bar is higher."""
    from musegen.audio import synthesize, write_audio

    beat = 4 * 480 // metre[1]
    clicks = [Note(i * beat, 76 if i % metre[0] == 0 else 77, 60, 110) for i in range(8 * metre[0])]  # wood blocks
    score = Score(
        tuple(clicks), (Track("Click", 0, True),), tempos=(Tempo(0, float(tempo)),), metres=(Metre(0, *metre),)
    )
    return write_audio(synthesize(score, sample_rate=22_050), "wav", sample_rate=22_050)


def staff(score: Score, name: str, key: str) -> None:
    """The score as staves; on a small screen they can be pushed sideways."""
    pages = _staff(score, language())
    with st.container(key=f"staff-{key}"):
        for number, page in enumerate(pages, 1):
            st.image(page, width="stretch", alt=t("piece.staff_of", title=name, page=number, pages=len(pages)))


def roll(score: Score, name: str, key: str, *, small: bool = False) -> None:
    """The score as a piano roll; a small one has no words."""
    dark = st.context.theme.type == "dark"
    with st.container(key=f"roll-{key}"):
        st.image(_roll(score, language(), dark, small), width="stretch", alt=t("piece.roll_of", title=name))


def _ticks(score: Score) -> tuple[Any, ...]:
    return *identity(score), score.resolution


@st.cache_resource(
    max_entries=40, show_spinner=False,
    hash_funcs={Score: _ticks, Piece: lambda piece: (*_ticks(piece.score), piece.recipe.verb)},
)  # fmt: skip
def stood(piece: Piece, source: Score) -> Score:
    """What of an alternative stood in its source, see ``kept``; a long one takes a while to be compared."""
    return kept(piece, source)


# --- the person's own -------------------------------------------------------------------------


@dataclass(frozen=True)
class Upload:
    """A file that this session's person gave: what was read of it, or why it was not; the titles of all its tunes."""

    id: str
    name: str
    imported: Imported | None
    error: MusegenError | None = None
    tunes: tuple[str, ...] = ()


def read_upload(id: str, name: str, data: bytes, tune: int | None = None) -> Upload:
    """Reads a person's file, or one tune of it; a refusal is kept, to be shown for as long as the file is there.

    A score without a title is called by the file's name.
    """
    try:
        read = read_score(data, name, tune=tune)
        score = read.score if read.score.title.strip() else read.score.replace(title=Path(name).stem)
        return Upload(id, name, replace(read, score=score), tunes=tuple(titles(data)))
    except MusegenError as error:
        return Upload(id, name, None, error)
    except Exception:
        _LOG.exception("A file could not be read: an error that was not foreseen.")
        return Upload(id, name, None)


# --- how a piece was made ---------------------------------------------------------------------


def _care(made: Recipe) -> str:
    """How carefully it was made, in words: by drafts where the maker writes several, else by passes."""
    drafts, passes = made.settings.get("drafts", 1), made.settings.get("passes", 1)
    return t("recipe.drafts", n=drafts) if drafts > 1 else t("recipe.passes", n=passes)


def recipe(text: str) -> None:
    """A recipe in words and as it stands."""
    made = Recipe.from_json(text)
    st.markdown(
        t("recipe.words", verb=t(f"verb.{made.verb}"), model=named("model", made.model), weights=made.weights,
          seed=made.seed, number=made.index + 1, n=made.n, surprise=made.settings.get("temperature", 1.0),
          care=_care(made))
    )  # fmt: skip
    st.caption(t("recipe.same"))
    st.code(text, language="json", wrap_lines=True)


def remarks(found: tuple[tuple[str, int], ...]) -> list[str]:
    """What a verb had to change in the given score, in words; a saved desk may hold what has none."""
    return [t(f"remark.{what}", count=count) for what, count in found if f"remark.{what}" in catalogue()]


_HASH_WORK = {**_HASH, Checkpoint: lambda checkpoint: (checkpoint.codec.lanes, checkpoint.codec.steps_per_quarter)}


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs=_HASH_WORK)
def columns(checkpoint: Checkpoint, score: Score, parts: Sequence[int]) -> list[int] | None:
    """What the verbs call parts of a score, see ``columns_of``; a long score takes a while to be looked at."""
    return columns_of(checkpoint, score, parts)


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs=_HASH_WORK)
def why_fixed(
    checkpoint: Checkpoint, score: Score, bars: tuple[int, int] | None, region: dict[str, Any], language: str
) -> str:
    """Why nothing of a region may be written anew, for all of it is locked or a drum; "" where something may.

    ``region`` is as the verbs take it: voices, parts, locked, locked_bars, locked_voices.
    """
    try:
        check_free(checkpoint, score, bars, Choice(**region))
    except ScoreError as error:
        return error.sentence(language)
    return ""


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs=_HASH_WORK)
def laid_out(checkpoint: Checkpoint, score: Score, bars: tuple[int, int] | None, parts: Sequence[int] | None) -> str:
    """What becomes of a score that a verb works on, see ``musegen.studio.work.laid_out``."""
    return work.laid_out(checkpoint, score, bars, parts)


def note_name(pitch: int) -> str:
    """A MIDI pitch as musicians write it: 60 is C4."""
    return f"{('C', 'C♯', 'D', 'E♭', 'E', 'F', 'F♯', 'G', 'A♭', 'A', 'B♭', 'B')[pitch % 12]}{pitch // 12 - 1}"
