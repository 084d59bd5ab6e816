"""Create: a source, a verb, a few settings, four alternatives, and what to take away."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from musegen.errors import MusegenError
from musegen.export import FORMATS, export
from musegen.gallery import OwnModel, file_stem, own_models
from musegen.score import Score
from musegen.studio import Piece
from musegen.workbench import Workbench, kept
from pages import _settings as settings
from pages import _shared as shared
from pages._shared import Made, Upload
from pages._words import language, notice, plain, said, t

MOST_BARS = 32  # of a source that the page works on at once; of more, the person chooses which
DOWNLOADS = (
    ("notes", ("mid", "musicxml", "mxl")),
    ("sound", ("wav", "flac", "ogg")),
    ("pictures", ("svg", "pdf", "png")),
)


# --- source -----------------------------------------------------------------------------------


def example() -> Score | None:
    """The ready piece that the person chose."""
    pieces = {piece.file: piece for piece in shared.gallery() if piece.kind == "human"}
    if not pieces:
        st.info(t("listen.none"))
        return None
    ready = shared.first_alternatives()  # the example that these were made from is there first
    first = ready.source.title if ready and ready.source else ""
    index = next((i for i, piece in enumerate(pieces.values()) if piece.title == first), 0)
    name = st.selectbox(
        t("create.example"), list(pieces), index, key="example", persist_state="session",
        format_func={file: f"{piece.title} · {piece.composer}" for file, piece in pieces.items()}.__getitem__,
    )  # fmt: skip
    return shared.ready_score(pieces[name])


def upload() -> Score | None:
    """The person's own file, read once and kept for the session."""
    file = st.file_uploader(t("create.upload"), key="uploader", help=t("create.upload_help"), on_change=_forget_upload)
    mine: Upload | None = st.session_state.get("upload")
    if file is not None and (mine is None or mine.id != file.file_id):
        with st.spinner(t("create.reading")):
            mine = shared.read_upload(file.file_id, file.name, file.getvalue())
        st.session_state["upload"] = mine
    if mine is None:
        st.caption(t("create.upload_first"))
        return None
    if file is None:
        st.markdown(t("create.uploaded", name=plain(mine.name)))
    if mine.imported is None:
        raise mine.error or MusegenError(t("error.unexpected"))
    summary, *remarks = mine.imported.report.sentences(language())
    st.success(f"**{plain(summary, 300)}**")
    for remark in remarks:
        st.markdown(f"- {plain(remark, 400)}")
    if not remarks:
        st.caption(t("create.nothing_lost"))
    return mine.imported.score


def _forget_upload() -> None:
    if st.session_state.get("uploader") is None:
        st.session_state.pop("upload", None)


def source() -> Score | None:
    """What to work on: an example or the person's file, cut to the bars that were chosen."""
    st.subheader(t("create.source"))
    kind = st.segmented_control(
        t("create.source"), ["example", "upload"], default="example", required=True, key="source_kind",
        persist_state="session", format_func=said("create.from", ("example", "upload")), label_visibility="collapsed",
    )  # fmt: skip
    score = example() if kind == "example" else upload()
    if score is None:
        return None
    bars = [bar.number for bar in score.bars()]
    if len(bars) > MOST_BARS:
        most = bars[min(len(bars), MOST_BARS // 2) - 1]
        first, last = st.slider(
            t("create.which_bars"), bars[0], bars[-1], (bars[0], most), key=f"bars-{score.fingerprint}",
            help=t("create.which_bars_help", most=MOST_BARS),
        )  # fmt: skip
        if last - first >= MOST_BARS:
            last = first + MOST_BARS - 1
            st.caption(t("create.shortened", most=MOST_BARS, first=first, last=last))
        score = score.slice_bars(first, last)
    shared.play(score, score.title)
    if st.button(t("listen.open"), key="open-source"):
        open_notes(score)
    return score


@st.dialog("♪", width="large")
def open_notes(score: Score) -> None:
    """The source's staves."""
    with shared.guard():
        st.markdown(f"### {plain(score.title)}")
        shared.staff(score, score.title, "dialog")


# --- making -----------------------------------------------------------------------------------


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


def make(bench: Workbench, verb: str, score: Score | None, chosen: dict[str, Any]) -> None:
    """Four alternatives, with progress; they replace those of before."""
    waiting = t("create.queue") if bench.awake else t("create.waking")
    bar = st.progress(0.0, t("create.working") if bench.awake else waiting)
    pieces = bench.make(
        verb, score, chosen,
        waiting=lambda: bar.progress(0.0, waiting),
        progress=lambda share: bar.progress(share, t("create.working")),
    )  # fmt: skip
    bar.empty()
    st.session_state["made"] = Made(tuple(pieces), verb, score)
    st.session_state["chosen"] = 0


def alternatives(made: Made) -> Piece:
    """Four cards with sound and piano roll; the one that was chosen."""
    words = t(f"made.{made.verb}", title=plain(made.source.title if made.source else ""))
    st.caption(t("create.made_by", words=words, seed=made.pieces[0].recipe.seed))
    for remark in shared.remarks(made.pieces[0].remarks):
        st.caption(f"• {remark}")
    chosen = min(st.session_state.get("chosen", 0), len(made.pieces) - 1)
    for start in range(0, len(made.pieces), 2):
        row = list(enumerate(made.pieces))[start : start + 2]
        for column, (index, piece) in zip(st.columns(2), row, strict=False):
            name = t("create.alternative", number=index + 1)
            with column, st.container(border=True, key=f"alternative-{index}"), shared.guard():
                st.markdown(f"**{name}**")
                shared.play(piece.score, name)
                given = made.source and kept(piece, made.source)
                shared.roll(piece.score, name, str(index), given, small=True)
                st.button(
                    t("create.chosen") if index == chosen else t("create.choose"), key=f"choose-{index}",
                    type="primary" if index == chosen else "secondary",
                    on_click=_choose, args=(index,), width="stretch",
                )  # fmt: skip
    return made.pieces[chosen]


def _choose(index: int) -> None:
    st.session_state["chosen"] = index


def take_away(piece: Piece, number: int, source: Score | None) -> None:
    """The chosen piece: its files, its staves or its piano roll, its recipe."""
    name = t("create.alternative", number=number)
    st.subheader(t("create.take", number=number))
    stem = file_stem(piece.score.title)
    for column, (group, kinds) in zip(st.columns(3), DOWNLOADS, strict=True):
        with column:
            st.caption(t(f"download.{group}"))
            for kind in kinds:
                st.download_button(
                    t(f"download.{kind}"), partial(export, piece.score, kind), f"{stem}.{FORMATS[kind].ending}",
                    FORMATS[kind].mime, key=f"download-{kind}", on_click="ignore", width="stretch",
                )  # fmt: skip
    view = st.segmented_control(
        t("create.view"), ["staff", "roll"], default="staff", required=True, key="view", persist_state="session",
        format_func=said("view", ("staff", "roll")), label_visibility="collapsed",
    )  # fmt: skip
    if view == "staff":
        shared.staff(piece.score, name, "chosen")
    else:
        shared.roll(piece.score, name, "chosen", source and kept(piece, source))
        if source is not None:
            st.caption(t("create.new_is_pale"))
    with st.expander(t("about.title")):
        st.markdown(f"**{t('about.notes')}** {plain(piece.score.title)}")
        shared.recipe(piece.recipe.to_json())


def controls() -> Score | None:
    """Left: everything there is to choose, and the button; gives the source."""
    score = None
    problem = ""
    with shared.guard():
        score = source()
    if score is None:
        problem = t("create.needs_source")
    st.subheader(t("create.verb"))
    verb = settings.verb()
    chosen: dict[str, Any] | None = None
    bench = None
    with shared.guard():
        own = model()
        bench = shared.workbench_of(own)
        chosen = settings.settings(bench.checkpoint, verb, score, own.style if own else "")
    if chosen is None:
        problem = problem or t("create.needs_settings")
    if verb == "generate" and chosen is not None:
        problem = ""
    if st.button(t("create.make"), type="primary", width="stretch", disabled=bool(problem), key="make"):
        with shared.guard():
            make(bench, verb, None if verb == "generate" else score, chosen or {})
    if problem:
        st.caption(problem)
    return score


def results(score: Score | None) -> None:
    """Right: the alternatives; before the first, the source's staves."""
    st.subheader(t("create.results"))
    made = st.session_state.get("made") or shared.first_alternatives()
    if made is None:
        st.info(t("create.nothing_yet"))
        if score is not None:
            st.markdown(t("create.meanwhile"))
            shared.staff(score, score.title, "source")
        return
    piece = alternatives(made)
    take_away(piece, made.pieces.index(piece) + 1, made.source)


shared.enter()
st.title(t("create.title"))
st.markdown(t("create.lead"))
left, right = st.columns([2, 3], gap="large")
with left:
    given = controls()
with right, shared.guard():
    results(given)
