"""The piano roll of a score."""

from __future__ import annotations

from collections.abc import Collection

from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from musegen.errors import ScoreError
from musegen.plots.style import HATCHES, OKABE_ITO, Palette, Theme, drawable, dress, finish, new_figure, words
from musegen.score import Bar, Note, Score
from musegen.theory import part_name

_NAMES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
_BLACK = frozenset({1, 3, 6, 8, 10})
_DRUMS = {  # by General MIDI key: English, Chinese, row from the bottom
    35: ("Bass drum", "底鼓", 0), 36: ("Bass drum", "底鼓", 0),
    38: ("Snare", "军鼓", 1), 40: ("Snare", "军鼓", 1), 37: ("Rim", "鼓边", 2), 39: ("Clap", "拍手", 3),
    41: ("Low tom", "低音嗵鼓", 4), 43: ("Low tom", "低音嗵鼓", 4), 45: ("Mid tom", "中音嗵鼓", 5),
    47: ("Mid tom", "中音嗵鼓", 5), 48: ("High tom", "高音嗵鼓", 6), 50: ("High tom", "高音嗵鼓", 6),
    44: ("Pedal hi-hat", "踩镲（踏）", 7), 42: ("Closed hi-hat", "闭合踩镲", 8), 46: ("Open hi-hat", "开放踩镲", 9),
    51: ("Ride", "叮叮镲", 10), 53: ("Ride", "叮叮镲", 10), 59: ("Ride", "叮叮镲", 10), 54: ("Tambourine", "铃鼓", 11),
    56: ("Cowbell", "牛铃", 12), 49: ("Crash", "吊镲", 13), 57: ("Crash", "吊镲", 13), 52: ("Crash", "吊镲", 13),
    55: ("Crash", "吊镲", 13),
}  # fmt: skip
_OTHER_DRUM = ("Other drum", "其他", 14)
_MAX_BAR_LABELS = 24
_HALF = 0.43  # of a row, from its middle to a note's edge


def plot_score(
    score: Score,
    *,
    bars: tuple[int, int] | None = None,
    title: str = "",
    theme: Theme = "light",
    locked: Collection[Note] | None = None,
    language: str = "en",
) -> Figure:
    """Piano roll: time in bars to the right, pitch upwards; drums in a strip of their own.

    Each part has its colour and its hatch, named below the roll. Notes that begin before ``bars`` or sound past them
    are cut there.

    Args:
        score: What to draw.
        bars: First and last bar, numbers as printed; None = all.
        title: Above the roll.
        theme: "light" or "dark".
        locked: Notes that were given (told by onset, pitch and part): drawn with a strong edge, the others paler.
        language: "en" or "zh" (English where no font has Chinese characters).

    Raises:
        ScoreError: There are no such bars.
    """
    shown = _shown_bars(score, bars)
    start, end = shown[0].start, shown[-1].end
    notes = [n for n in score.notes if n.onset < end and n.end > start]
    tracks = sorted({n.track for n in notes}) or [0]
    pitched = [n for n in notes if not score.tracks[n.track].is_drum]
    drums = [n for n in notes if score.tracks[n.track].is_drum]
    quarters = (end - start) / score.resolution
    figure, palette = new_figure(min(max(quarters * 0.3, 8.0), 20.0), 4.6 + (1.8 if drums and pitched else 0), theme)
    ratios = [3, 1] if drums and pitched else [1]
    panels = figure.subplots(len(ratios), 1, sharex=True, squeeze=False, height_ratios=ratios)[:, 0]
    given = None if locked is None else {(n.onset, n.pitch, n.track) for n in locked}
    if pitched or not drums:
        low, high = _pitch_axis(panels[0], pitched, palette, language)
        _draw(panels[0], pitched, {n.pitch: float(n.pitch) for n in pitched}, (start, end), given, palette)
        panels[0].set_ylim(low - 0.7, high + 0.7)
    if drums:
        rows = _drum_axis(panels[-1], drums, language)
        _draw(panels[-1], drums, rows, (start, end), given, palette)
    for axes in panels:
        dress(axes, palette)
        for bar in shown:
            axes.axvline(bar.start, color=palette.faint, linewidth=1.2, zorder=1)
        axes.set_xlim(start, end)
    every = -(-len(shown) // _MAX_BAR_LABELS)
    ticks = [bar for bar in shown if bar.number % every == shown[0].number % every]
    panels[-1].set_xticks([bar.start for bar in ticks], [str(bar.number) for bar in ticks], fontsize=13)
    panels[-1].set_xlabel(words(language, "Bar", "小节"), fontsize=14)
    _legend(figure, score, tracks, palette, language)
    if title:
        figure.suptitle(drawable(title, 90), fontsize=16)
    return finish(figure, palette)


def _shown_bars(score: Score, bars: tuple[int, int] | None) -> list[Bar]:
    every = score.bars()
    if bars is None:
        return list(every)
    shown = [bar for bar in every if bars[0] <= bar.number <= bars[1]]
    if not shown:
        raise ScoreError(
            "There are no bars {first}-{last}: the score has bars {lowest}-{highest}.",
            first=bars[0],
            last=bars[1],
            lowest=every[0].number,
            highest=every[-1].number,
        )
    return shown


def _pitch_axis(axes: Axes, notes: list[Note], palette: Palette, language: str) -> tuple[int, int]:
    """Names and stripes of the pitches; returns the lowest and the highest that is shown."""
    low = min((n.pitch for n in notes), default=60) - 1
    high = max((n.pitch for n in notes), default=72) + 1
    if high - low < 12:
        low, high = low - (12 - high + low) // 2, high + (13 - high + low) // 2
    for pitch in range(low, high + 1):
        if pitch % 12 in _BLACK:
            axes.axhspan(pitch - 0.5, pitch + 0.5, color=palette.stripe, zorder=0, linewidth=0)
    named = {0} if high - low > 40 else {0, 4, 7} if high - low > 20 else {0, 2, 4, 5, 7, 9, 11}
    ticks = [pitch for pitch in range(low, high + 1) if pitch % 12 in named]
    axes.set_yticks(ticks, [f"{_NAMES[pitch % 12]}{pitch // 12 - 1}" for pitch in ticks], fontsize=12)
    axes.set_ylabel(words(language, "Pitch", "音高"), fontsize=14)
    return low, high


def _drum_axis(axes: Axes, notes: list[Note], language: str) -> dict[int, float]:
    """Names of the drums that are struck; returns their rows."""
    kinds = {n.pitch: _DRUMS.get(n.pitch, _OTHER_DRUM) for n in notes}
    order = sorted({kind[2] for kind in kinds.values()})
    names = {kind[2]: words(language, kind[0], kind[1]) for kind in kinds.values()}
    axes.set_yticks(range(len(order)), [names[row] for row in order], fontsize=12)
    axes.set_ylim(-0.7, len(order) - 0.3)
    return {pitch: float(order.index(kind[2])) for pitch, kind in kinds.items()}


def _draw(
    axes: Axes,
    notes: list[Note],
    rows: dict[int, float],
    span: tuple[int, int],
    given: set[tuple[int, int, int]] | None,
    palette: Palette,
) -> None:
    """Notes as boxes, one collection for each part and for given or not."""
    groups: dict[tuple[int, bool], list[list[tuple[float, float]]]] = {}
    sharing = _shares(notes)
    gap = (span[1] - span[0]) / 1500  # so that repeated notes stay apart
    for note in notes:
        left, right = float(max(note.onset, span[0])), float(min(note.end, span[1]))
        right = max(right - gap, left + (right - left) / 2)
        bottom, top = (rows[note.pitch] + edge for edge in sharing.get(note, (-_HALF, _HALF)))
        box = [(left, bottom), (right, bottom), (right, top), (left, top)]
        strong = given is None or (note.onset, note.pitch, note.track) in given
        groups.setdefault((note.track, strong), []).append(box)
    for (track, strong), boxes in sorted(groups.items()):
        edge = palette.ink if strong and given is not None else palette.ground
        axes.add_collection(
            PolyCollection(
                boxes,
                facecolors=OKABE_ITO[track % len(OKABE_ITO)],
                edgecolors=edge,
                linewidths=1.6 if strong and given is not None else 0.5,
                hatch=_hatch(track),
                hatchcolor=palette.ground,
                alpha=1.0 if strong else 0.55,
                zorder=3,
            )
        )


def _shares(notes: list[Note]) -> dict[Note, tuple[float, float]]:
    """Unisons: where parts sound on one pitch at once, each takes its share of the row, upper parts above."""
    shares = {}
    sounding: dict[int, list[Note]] = {}
    meets: dict[Note, set[int]] = {}
    for note in sorted(notes):
        others = sounding[note.pitch] = [n for n in sounding.get(note.pitch, ()) if n.end > note.onset]
        for other in others:
            if other.track != note.track:
                meets.setdefault(note, {note.track}).add(other.track)
                meets.setdefault(other, {other.track}).add(note.track)
        others.append(note)
    for note, tracks in meets.items():
        height = 2 * _HALF / len(tracks)
        top = _HALF - height * sorted(tracks).index(note.track)
        shares[note] = (top - height, top)
    return shares


def _legend(figure: Figure, score: Score, tracks: list[int], palette: Palette, language: str) -> None:
    handles = []
    names = [track.name for track in score.tracks]
    for track in tracks[:12]:
        own = names[track]
        name = drawable(words(language, own, part_name(own, "zh", names)), 24)
        name = name or words(language, f"Part {track + 1}", f"声部 {track + 1}")
        handles.append(
            Patch(
                facecolor=OKABE_ITO[track % len(OKABE_ITO)],
                edgecolor=palette.ground,
                hatch=_hatch(track),
                hatchcolor=palette.ground,
                label=name,
            )
        )
    if len(handles) > 1 or score.tracks[tracks[0]].name.strip():
        widest = max(len(str(handle.get_label())) for handle in handles)
        columns = max(int(figure.get_figwidth() / (0.9 + 0.13 * widest)), 1)
        figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False, fontsize=13)


def _hatch(track: int) -> str:
    """Of the ninth part on, the colours come again, with other hatches."""
    return HATCHES[(track + track // len(OKABE_ITO)) % len(HATCHES)]
