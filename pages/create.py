"""Create: a source, a verb, a few settings; the bench with four alternatives; what to know of them and to take away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from musegen.desk import Desk
from musegen.errors import MusegenError, ScoreError
from musegen.gallery import OwnModel, own_models
from musegen.score import Score
from musegen.workbench import Workbench
from pages import _desk as bench
from pages import _keeper as keeper
from pages import _links as links
from pages import _panels as panels
from pages import _player as player
from pages import _settings as settings
from pages import _shared as shared
from pages import _sources as sources
from pages._words import language, notice, plain, t

NEW = "generate"  # the verb that needs no piece
OPENED = ("example", "upload", "draw", "sing", "play", "link")  # how a piece comes here that is made of no other


def model() -> OwnModel | None:
    """Who composes, where somebody taught a composer here; None is the app's own."""
    own = {one.name: one for one in own_models()}
    if not own:
        return None
    before = st.session_state.get("model", "")
    names = ["", *own]
    name = st.selectbox(
        t("create.model"), names, names.index(before) if before in names else 0, key=f"model-{language()}",
        format_func=lambda one: one or t("model.shipped"),
    )  # fmt: skip
    st.session_state["model"] = name
    if name and own[name].terms != "ship":
        st.caption(notice(own[name].title, own[name].licence, own[name].credit))
    return own.get(name)


def make(worker: Workbench, verb: str, chosen: dict[str, Any], score: Score | None, other: Score | None = None) -> None:
    """Four alternatives, with progress; they take the place of those before."""
    waiting = t("create.queue") if worker.awake else t("create.waking")
    bar = st.progress(0.0, t("create.working") if worker.awake else waiting)
    try:
        pieces = worker.make(
            verb, score, chosen, other=other,
            waiting=lambda: bar.progress(0.0, waiting),
            progress=lambda share: bar.progress(min(share, 1.0), t("create.working")),
        )  # fmt: skip
    finally:
        bar.empty()
    mine = bench.desk()
    if mine is None:  # nothing lay there: the first alternative does now
        bench.open_piece(pieces[0].score, verb)
        mine = bench.desk()
    if mine is not None:
        bench.put(mine.offered(pieces, verb, new=verb == NEW, other=other))
        st.session_state["active"] = "a1"


@contextmanager
def told() -> Iterator[None]:
    """What can't be made is said on the bench too: on a phone the place where the page says it is out of view."""
    try:
        yield
    except MusegenError as error:
        bench.refuse(error.sentence(language()))
        raise
    except Exception:
        bench.refuse(t("error.unexpected"))
        raise


def controls() -> dict[str, str]:
    """Left: what shall happen, how, and the button. Gives why "again" and "refine" can't be done; "" = they can."""
    mine = bench.desk()
    score = mine.score if mine and mine.score.notes else None
    st.subheader(t("create.verb"))
    verb = settings.verb()
    ready = None
    reasons = dict.fromkeys(("again", "refine"), t("create.needs_settings"))
    with shared.guard():
        own = model()
        worker = shared.workbench_of(own)
        step = bench.in_view()
        if step is not None:
            reasons["refine"] = settings.refining(worker.checkpoint, step, bench.selection()).problem
        ready = settings.settings(worker.checkpoint, verb, mine, bench.selection(), own.style if own else "")
    problem = ready.problem if ready else t("create.needs_settings") if score else t("create.needs_source")
    pressed = st.button(t("create.make"), type="primary", width="stretch", disabled=bool(problem), key="make")
    if pressed and ready and keeper.begun():
        with shared.guard(), told():
            make(worker, verb, ready.settings, None if verb == NEW else score, ready.other)
    elif pressed and ready:
        st.session_state["asked"] = ("make", bench.PIECE)  # of what the browser is about to bring back
    st.caption(plain(problem, 600) or (t("create.works_on", title=plain(score.title)) if score and verb != NEW else ""))
    asked = st.session_state.pop("asked", None) if keeper.begun() else None
    if asked and mine:
        with shared.guard(), told():
            again(worker, mine, *asked, ready=ready, verb=verb)
    return reasons | {"again": problem}


def again(worker: Workbench, mine: Desk, what: str, clip: str, *, ready: settings.Ready | None, verb: str) -> None:
    """What is asked of the composer for later: "refine" one alternative, or all "again" with new chance."""
    if what == "refine":
        kept = mine if clip == bench.PIECE else mine.keep(int(clip[1:]) - 1)
        refined = settings.refining(worker.checkpoint, kept.now, bench.selection())
        if refined.problem:
            raise ScoreError(refined.problem)
        bench.put(kept)
        make(worker, "refine", refined.settings, kept.score)
    elif ready is None:
        raise ScoreError(t("create.needs_settings"))
    elif ready.problem:
        raise ScoreError(ready.problem)
    else:
        make(worker, verb, ready.settings, None if verb == NEW else mine.score, ready.other)


def the_bench(mine: Desk, reasons: dict[str, str]) -> None:
    """The player with the piece and its alternatives."""
    step = mine.now
    st.caption(what_lies_here(mine))  # always one line, so that the bench never moves under a hand
    active = bench.active()
    clips = [
        player.clip_value(
            step.score, id=bench.PIECE, label="0", name=plain_name(step.score.title, t("bench.piece")),
            locks=step.locks, spare=True, **panels.shown_on(step.score, active == bench.PIECE),
        )
    ]  # fmt: skip
    for number, piece in enumerate(step.offer.pieces if step.offer else (), 1):
        clips.append(
            player.clip_value(
                piece.score, id=f"a{number}", label=str(number), name=t("create.alternative", number=number),
                given=None if step.offer and step.offer.new else shared.stood(piece, step.score),
                locks=step.locks.moved(step.score, piece.score),
                **panels.shown_on(piece.score, active == f"a{number}"),
            )
        )  # fmt: skip
    player.bench(
        clips, key=bench.BENCH, active=active, view=st.session_state.get("view", "roll"),
        selection=st.session_state.get("selection"), actions=offered_actions(mine, active) | reasons,
        version=clips_version(mine), piece=opened(mine), refusal=st.session_state.pop("refusal", None),
        asking=not keeper.begun(), on=bench.handlers(),
    )  # fmt: skip


def what_lies_here(mine: Desk) -> str:
    """The piece and what was made of it, in a line."""
    step = mine.now
    if not step.offer:
        return t("create.lies_here", title=plain(step.score.title) or t("bench.piece"), how=panels.how(step))
    words = t(f"made.{step.offer.verb}", title=plain(step.score.title))
    made = t("create.made_by", words=words, seed=step.offer.pieces[0].recipe.seed)
    return " · ".join([made, *shared.remarks(step.offer.pieces[0].remarks)])


def plain_name(title: str, otherwise: str) -> str:
    """A title for the player, which shows text as it is."""
    return " ".join(title.split())[:120] or otherwise


def clips_version(mine: Desk) -> str:
    """Changes whenever what is on the bench does."""
    offer = mine.now.offer.pieces if mine.now.offer else ()
    return "-".join([mine.score.fingerprint[:8], *(piece.score.fingerprint[:8] for piece in offer)])


def opened(mine: Desk) -> str:
    """Of the piece that was opened last; what was made of it since is the same piece."""
    step = next((step for step in reversed(mine.past) if step.how in OPENED), None)
    return step.score.fingerprint if step else ""


def offered_actions(mine: Desk, active: str) -> dict[str, str]:
    """The bench's buttons but those that the composer is needed for: "" = can be pressed, else why not."""
    marked = bench.selection()
    return {
        "keep": "" if active != bench.PIECE else t("bench.why.keep"),
        "undo": "" if len(mine.past) > 1 else t("bench.why.undo"),
        "redo": "" if mine.future else t("bench.why.redo"),
        "lock": "" if marked else t("bench.why.lock"),
        "unlock": "" if mine.now.locks else t("bench.why.unlock"),
    }


def results(reasons: dict[str, str]) -> None:
    """Right: the bench."""
    mine = bench.desk()
    if mine is None:
        st.info(t("create.nothing_yet"))
        return
    with shared.guard():
        the_bench(mine, reasons)


shared.enter()
st.title(t("create.title"))
st.markdown(t("create.lead"))
with st.container(key="notices"):  # always there: what comes and goes above the bench would have it built anew
    with shared.guard():
        links.follow()
    news = st.session_state.pop("notice", "")
    if news or not keeper.by_itself():  # what was said stays until the person goes on
        st.session_state["noticed"] = news
    if said := st.session_state["noticed"]:
        st.error(plain(said, 600), icon="⚠️")
with shared.guard(), st.expander(t("create.source"), expanded=True):
    sources.source()
with st.container(key="work"):  # on a phone the bench stands above the controls
    left, right = st.columns([1, 3], gap="medium")
    with left:
        reasons = controls()
    with right:
        results(reasons)
mine, step = bench.desk(), bench.in_view()
if mine is not None and step is not None:
    panels.panels(mine, step)
keeper.keep(mine, bench.untouched())
