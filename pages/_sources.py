"""Create's sources: an example, a file, an empty page, a voice, a keyboard. Each puts a piece on the desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from musegen.desk import DeskError, Excerpt, is_desk, load
from musegen.errors import MusegenError, ScoreError
from musegen.export import FORMATS, export
from musegen.gallery import ReadyPiece, file_stem
from musegen.score import Key, Metre, Score, Tempo, Track
from musegen.studio import MOST_BARS as AT_ONCE
from musegen.studio import VOICES
from musegen.transcribe import transcribe
from pages import _choices as choices
from pages import _desk as bench
from pages import _settings as settings
from pages import _shared as shared
from pages._shared import Upload
from pages._words import language, named, plain, said, t

KINDS = ("example", "upload", "draw", "sing", "play")
MOST_BARS = 300  # of a piece that lies whole on the desk; of a longer one an excerpt does
MOST_CUTS = 8  # excerpts whose whole is remembered
CHOIR, PIANO = 52, 0  # General MIDI programs


def source() -> None:
    """What to start from."""
    brought = st.session_state.pop("bring", None)  # from another page
    if brought is not None:
        st.session_state["source_kind"] = "example"
        _open_example(brought)
    kind = st.segmented_control(
        t("create.source"), KINDS, default="example", required=True, key="source_kind",
        persist_state="session", format_func=said("create.from", KINDS), label_visibility="collapsed",
    )  # fmt: skip
    sources: dict[str, Callable[[], None]] = {
        "example": examples, "upload": upload, "draw": draw, "sing": sing, "play": play,
    }  # fmt: skip
    with st.container(key="sources"):
        sources[kind]()
        _which_bars()


# --- examples ---------------------------------------------------------------------------------


def examples() -> None:
    """Ready pieces by culture, each a picture and a click."""
    pieces = [piece for piece in shared.gallery() if piece.kind == "human"]
    if not pieces:
        st.info(t("listen.none"))
        return
    cultures = list(dict.fromkeys(piece.culture for piece in pieces))
    chosen = st.pills(
        t("listen.culture"), cultures, selection_mode="multi", key="example_cultures", persist_state="session",
        format_func=said("culture", cultures), label_visibility="collapsed",
    )  # fmt: skip
    shown = [piece for piece in pieces if not chosen or piece.culture in chosen]
    with st.container(key="examples", horizontal=True):
        for number, piece in enumerate(shown):
            with st.container(key=f"example-card-{number}", width=168), shared.guard():
                shared.roll(shared.ready_score(piece), piece.title, f"example-{number}", small=True)
                st.button(
                    plain(piece.title), key=f"example-{piece.file}", on_click=_open_example, args=(piece,),
                    help=f"{plain(piece.composer)} · {named('culture', piece.culture)}", width="stretch",
                )  # fmt: skip


def _open_example(piece: ReadyPiece) -> None:
    _open(shared.ready_score(piece), "example")


# --- a file -----------------------------------------------------------------------------------


def upload() -> None:
    """The person's own file, read once; what was understood of it stays in view."""
    file = st.file_uploader(t("create.upload"), key="uploader", help=t("create.upload_help"), on_change=_forget_upload)
    mine: Upload | None = st.session_state.get("upload")
    if file is not None and (mine is None or mine.id != file.file_id):
        if is_desk(file.getvalue()):
            _reopen(file.file_id, file.getvalue())
            return
        with st.spinner(t("create.reading")):
            mine = shared.read_upload(file.file_id, file.name, file.getvalue())
        st.session_state["upload"] = mine
        if mine.imported is not None:
            _open(mine.imported.score, "upload")
    if mine is None:
        st.caption(t("create.upload_first"))
        return
    if file is None:
        st.markdown(t("create.uploaded", name=plain(mine.name)))
    elif len(mine.tunes) > 1:
        _which_tune(file, mine)
    if mine.imported is None:
        raise mine.error or MusegenError(t("error.unexpected"))
    summary, *remarks = mine.imported.report.sentences(language())
    st.success(f"**{plain(summary, 300)}**")
    for remark in remarks:
        st.markdown(f"- {plain(remark, 400)}")
    if not remarks:
        st.caption(t("create.nothing_lost"))


def _which_tune(file: UploadedFile, mine: Upload) -> None:
    """Of a book: the tune that is opened; at first it is the first that could be read."""
    remarks = mine.imported.report.remarks if mine.imported else ()
    unread = sum(remark.count for remark in remarks if remark.kind == "bad_tunes")
    st.selectbox(
        t("create.tune"), range(len(mine.tunes)), unread, key=f"tune-{mine.id}",
        format_func=lambda n: f"{n + 1}. {mine.tunes[n]}", on_change=_read_tune, args=(file, mine.tunes),
    )  # fmt: skip


def _read_tune(file: UploadedFile, tunes: tuple[str, ...]) -> None:
    number = st.session_state[f"tune-{file.file_id}"] + 1
    mine = shared.read_upload(file.file_id, file.name, file.getvalue(), number)
    st.session_state["upload"] = replace(mine, tunes=tunes)  # also where this one can't be read
    if mine.imported is not None:
        _open(mine.imported.score, "upload")


def _reopen(id: str, data: bytes) -> None:
    """A workbench file: everything that lay on the desk when it was saved. It is read once; a refusal stays in view."""
    known, refused = st.session_state.get("reopened") or ("", None)
    if known != id:
        try:
            saved = load(data.decode("ascii", "replace"))
        except DeskError as error:
            st.session_state["reopened"] = (id, error)
            raise
        st.session_state["reopened"] = (id, None)
        settings.restore(saved.settings)
        mine = bench.desk()
        bench.put(saved if mine is None or bench.untouched() else saved.after(mine))
        st.session_state["active"] = bench.PIECE
        st.rerun()
    if refused is not None:
        raise refused
    st.success(t("create.opened_desk"))


def _forget_upload() -> None:
    if st.session_state.get("uploader") is None:
        st.session_state.pop("upload", None)


# --- by hand ----------------------------------------------------------------------------------


def draw() -> None:
    """An empty page for the editor."""
    st.caption(t("draw.help"))
    _empty_page("draw")


def play() -> None:
    """An empty page for the recorder."""
    st.caption(t("play.help"))
    _empty_page("play")


def _empty_page(kind: str) -> None:
    left, right = st.columns(2)
    with left:
        parts = choices.pick(t("draw.parts"), ("melody", "choir", "piano"), "draw-parts", said_parts())
        metre = choices.metre("draw-metre")
    with right:
        key = choices.pick(t("set.key"), choices.KEYS, "draw-key", choices.key_words)
        tempo = st.number_input(t("set.tempo"), 30, 240, 96, key="draw-tempo", persist_state="session")
    st.button(
        t("draw.begin"), key=f"begin-{kind}", on_click=_begin, args=(kind, parts, metre, key, tempo), width="stretch"
    )


def said_parts() -> Callable[[str], str]:
    """The words for what an empty page holds."""
    return said("draw.parts", ("melody", "choir", "piano"))


def _begin(kind: str, parts: str, metre: tuple[int, int], key: Key, tempo: int) -> None:
    tracks = {
        "melody": (Track("Melody", PIANO),),
        "choir": tuple(Track(voice.capitalize(), CHOIR) for voice in VOICES),
        "piano": (Track("Right", PIANO), Track("Left", PIANO)),
    }[parts]
    empty = Score((), tracks, tempos=(Tempo(0, float(tempo)),), metres=(Metre(0, *metre),), key=key)
    bench.open_piece(empty.replace(title=t("draw.title")), kind)


# --- a voice ----------------------------------------------------------------------------------


def sing() -> None:
    """A recording of one voice, written down."""
    st.caption(t("sing.help"))
    left, right = st.columns(2)
    with left:
        tempo = st.number_input(
            t("set.tempo"), 40, 208, None, key="sing-tempo", persist_state="session", placeholder=t("sing.find")
        )
    with right:
        beat = choices.metre("sing-metre")
    if tempo:
        st.audio(shared.click(int(tempo), beat), format="audio/wav", alt=t("sing.click"))
        st.caption(t("sing.click"))
    sound = st.audio_input(t("sing.record"), key="sung")
    file = st.file_uploader(t("sing.file"), ["wav", "flac", "ogg", "mp3"], key="sung-file")
    given = sound or file
    if given is None:
        return
    name = (given.file_id, tempo, beat)
    if (st.session_state.get("heard") or (None,))[0] != name:
        with st.spinner(t("sing.listening")):
            try:
                sung = transcribe(given.getvalue(), tempo=tempo, metre=beat, title=t("sing.title"))
            except MusegenError as error:  # kept, so that nothing is listened to twice
                st.session_state["heard"] = (name, error)
                raise
        st.session_state["heard"] = (name, sung)
        _open(sung.score, "sing")
    heard = st.session_state["heard"][1]
    if isinstance(heard, MusegenError):
        raise heard
    report = heard.report
    summary, *remarks = report.sentences(language())
    st.success(f"**{plain(summary, 300)}**")
    for remark in remarks:
        st.markdown(f"- {plain(remark, 400)}")
    slower, faster = st.columns(2)
    for column, factor in ((slower, 0.5), (faster, 2.0)):
        other = round(report.tempo * factor)
        with column:
            st.button(
                t("sing.tempo", tempo=other), key=f"sing-{factor}", on_click=_sing_at, args=(other,), width="stretch",
                disabled=not 40 <= other <= 208, help=t("sing.tempo_help"),
            )  # fmt: skip
    st.caption(t("sing.correct"))


def _sing_at(tempo: int) -> None:
    st.session_state["sing-tempo"] = tempo


# --- what is opened ---------------------------------------------------------------------------


def _open(score: Score, how: str) -> None:
    """Opens a piece; of a very long one its first bars, the rest is kept at hand."""
    numbers = [bar.number for bar in score.bars()]
    bench.open_piece(_remembered(Excerpt(score, numbers[0], numbers[:MOST_BARS][-1]), how), how)


def _which_bars() -> None:
    """Of a long piece: which bars of it lie on the desk, all of them or an excerpt."""
    excerpt, how = _cut_last()
    numbers = [bar.number for bar in excerpt.whole.bars()] if excerpt else []
    if excerpt is None or len(numbers) <= AT_ONCE:
        return
    key = f"bars-{numbers[0]}-{numbers[-1]}"
    st.session_state[key] = (excerpt.first, excerpt.last)  # the piece may have come another way than by this slider
    st.slider(
        t("create.which_bars"), numbers[0], numbers[-1], key=key,
        help=t("create.which_bars_help", most=MOST_BARS), on_change=_cut, args=(key, excerpt, how),
    )  # fmt: skip
    if excerpt.score is not excerpt.whole:
        st.caption(t("create.excerpt_of", first=excerpt.first, last=excerpt.last, bars=len(numbers)))
        _take_whole(excerpt)


def _take_whole(excerpt: Excerpt) -> None:
    """The whole piece with this excerpt as it is now, to take away; or why that can't be."""
    mine = bench.desk()
    try:
        whole = excerpt.put_back(mine.score) if mine else excerpt.whole
    except ScoreError as error:
        st.caption(error.sentence(language()))
        return
    with st.container(horizontal=True):
        for kind in ("mid", "musicxml"):
            st.download_button(
                t("create.take_whole", kind=t(f"download.{kind}")), partial(export, whole, kind, language=language()),
                f"{file_stem(whole.title)}.{FORMATS[kind].ending}", FORMATS[kind].mime, key=f"whole-{kind}",
                on_click="ignore",
            )  # fmt: skip


def _cut_last() -> tuple[Excerpt | None, str]:
    """The excerpt that lies on the desk or that it was made from, and how its whole came; else all of the piece."""
    mine = bench.desk()
    if mine is None:
        return None, ""
    cuts = st.session_state.get("cuts") or {}
    root = mine.root or mine.past[0]
    if _name(root.score) in cuts:
        excerpt, how = cuts[_name(root.score)]
        return excerpt, how
    numbers = [bar.number for bar in mine.score.bars()]
    return Excerpt(mine.score, numbers[0], numbers[-1]), root.how


def _name(score: Score) -> tuple[str, str]:
    return score.fingerprint, score.title


def _cut(key: str, old: Excerpt, how: str) -> None:
    """Other bars; what was changed in the old ones is put back first, so that the new ones are cut from that."""
    mine = bench.desk()
    if mine is None:
        return
    first, last = st.session_state[key]
    try:
        whole = old.put_back(mine.score)
    except ScoreError:  # it is a piece of its own by now, and stays in the history
        whole = old.whole
    new = Excerpt(whole, first, min(last, first + MOST_BARS - 1))
    only_cut = mine.root is mine.now and not mine.now.offer and old.score is not old.whole
    if whole is not old.whole and len(whole.bars()) <= MOST_BARS:
        mine = mine.open(whole, how)
    score = _remembered(new, how)
    bench.put(mine.open_instead(score, how) if only_cut else mine)
    bench.open_piece(score, how)


def _remembered(excerpt: Excerpt, how: str) -> Score:
    """The music of an excerpt, which says so in its title; what it was cut from is kept at hand."""
    if excerpt.score is excerpt.whole:
        return excerpt.whole
    title = excerpt.whole.title or t("bench.piece")
    score = excerpt.score.replace(title=t("create.excerpt", title=title, first=excerpt.first, last=excerpt.last))
    cuts = {**(st.session_state.get("cuts") or {}), _name(score): (excerpt, how)}
    st.session_state["cuts"] = dict(list(cuts.items())[-MOST_CUTS:])
    return score
