"""Watch it learn: a run's curves, its music at every checkpoint from the same seeds, and its card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from musegen.corpora import catalog
from musegen.gallery import MEASURES, MUSIC, card_music, card_table
from musegen.models import JUDGES
from musegen.training.run import Run
from pages import _charts as charts
from pages import _shared as shared
from pages._words import language, named, plain, said, t

SAID = {  # what a group of curves says, and doesn't say, of the music
    "loss": "guess", "tasks": "guess", "styles": "guess", "contest": "contest", "verdict": "contest",
    "density": "density", "judged_loss": "judge", "judged_styles": "judge",
}  # fmt: skip


def curves(run: Run, table: Mapping[str, Mapping[str, float]]) -> None:
    """The learning curves, one group at a time."""
    st.header(t("lab.curves"))
    known = charts.groups(run.rows)
    if not known:
        st.info(t("lab.no_rows"))
        return
    group = st.segmented_control(
        t("lab.group"), known, default=known[0], required=True, key=f"group-{run.path.name}", persist_state="session",
        format_func={one: named("group", _called(run, one)) for one in known}.__getitem__, label_visibility="collapsed",
    )  # fmt: skip
    called = _called(run, group)
    st.caption(t(f"group.{called}.help"))
    measures = charts.GROUPS[group]
    labels = {name: named("measure", name) for name in measures}
    baselines = {
        t("lab.baseline", name=named("column", name), measure=named("measure", measure)): values[measure]
        for name, values in table.items()
        for measure in MEASURES
        if name not in ("validation", "test") and measure in values and f"valid/{measure}" in measures
    }
    option = charts.curves(run.rows, group, labels, (t("lab.steps"), t(f"group.{called}.axis")), baselines)
    st.echarts_chart(option, height=400, alt=t("lab.curves_alt", group=t(f"group.{called}"), steps=run.step))
    told = [t(f"lab.warning.{SAID[called]}")]
    if len(run.samples) > 1:
        told.append(t("lab.think"))
    st.info(" ".join(told) if language() == "en" else "".join(told))


def _called(run: Run, group: str) -> str:
    """A group's name in the catalogue: the others guess notes, a critic judges them."""
    return f"judged_{group}" if run.config.model in JUDGES else group


def samples(run: Run) -> None:
    """The epoch slider: the same seeds at every checkpoint."""
    st.header(t("lab.samples"))
    if not run.samples:
        st.info(t("lab.judge_silent") if run.config.model in JUDGES else t("lab.no_samples"))
        return
    steps = [step for step, _ in run.samples]
    if len(steps) > 1:
        st.markdown(t("lab.samples_lead"))
        step = st.select_slider(
            t("lab.checkpoint"), steps, steps[0], key=f"step-{run.path.name}", persist_state="session",
            format_func=lambda step: f"{step:,}",  # without words: they would change with the language
        )  # fmt: skip
    else:
        step = steps[0]
        st.caption(t("lab.one_checkpoint", step=f"{step:,}"))
    families = shared.samples(dict(run.samples)[step])
    family = next(iter(families))
    if len(families) > 1:
        family = st.segmented_control(
            t("lab.family"), list(families), default=family, required=True, key=f"family-{run.path.name}",
            persist_state="session", format_func=said("style", families),
        )  # fmt: skip
    scores = families[family]
    for start in range(0, len(scores), 2):
        row = list(enumerate(scores))[start : start + 2]
        for column, (index, score) in zip(st.columns(2), row, strict=False):
            name = t("lab.seed", number=index + 1)
            with column, st.container(border=True, key=f"sample-{index}"), shared.guard():
                st.markdown(f"**{name}** · {t('lab.step', step=f'{step:,}')}")
                if score.notes:
                    shared.play(score, name, f"sample-{index}")
                else:
                    st.caption(t("lab.silent"))


def card(run: Run, facts: Mapping[str, Any], table: Mapping[str, Mapping[str, float]]) -> None:
    """What the run learnt from, and how well it does beside the baselines."""
    st.header(t("lab.card"))
    left, right = st.columns(2, gap="large")
    with left:
        known = {info.name: info for info in catalog()}
        chosen = [known[name] for name in run.config.corpora if name in known]
        sets = [known[member] for info in chosen for member in info.members or (info.name,)]
        lines = [f"- {plain(i.title)} · {plain(i.licence)} · {plain(i.credit, 300)}" for i in sets]
        st.markdown("\n".join([f"**{t('lab.data')}**\n", *lines]))
        minutes = (run.rows[-1] if run.rows else {}).get("seconds", 0) / 60
        lines = [
            t("lab.training_facts", steps=f"{run.step:,}", batch=run.config.loop.batch_size, minutes=f"{minutes:,.0f}"),
            t("lab.training_seed", seed=run.config.seed),
        ]
        if "weights" in facts:
            lines.append(t("lab.size", size=f"{facts['weights']['numbers']:,}"))
        st.markdown("\n".join([f"**{t('lab.training')}**\n", *(f"- {line}" for line in lines)]))
    with right:
        st.markdown(f"**{t('lab.measures')}**")
        if table:
            losses(table)
        else:
            st.caption(t("lab.no_measures"))
    music(card_music(facts))
    words = {name: facts.get(name, {}).get(language()) for name in ("chosen", "fails")}
    if words["chosen"]:
        st.markdown(f"**{t('lab.chosen')}** {words['chosen']}")
    if words["fails"]:
        st.markdown("\n".join([f"**{t('lab.fails')}**\n", *(f"- {line}" for line in words["fails"])]))


def losses(table: Mapping[str, Mapping[str, float]]) -> None:
    """What was measured of its guesses, beside the baselines'."""
    shown = [m for m in MEASURES if any(m in values for values in table.values())]
    st.table(
        {t("lab.measure"): [named("measure", f"valid/{m}") for m in shown]}
        | {named("column", c): [f"{v[m]:.3f}" if m in v else "–" for m in shown] for c, v in table.items()},
        hide_index=True,
    )
    st.caption(t("lab.measures_help"))


def music(table: Mapping[str, Mapping[str, tuple[float, float, float]]]) -> None:
    """What was measured of the music it makes, beside real music."""
    if not table:
        return
    st.markdown(f"**{t('lab.music')}**")
    shown = [m for m in MUSIC if any(m in rows for rows in table.values())]
    cells = {
        named("column", c): ["{} [{}, {}]".format(*map(_short, rows[m])) if m in rows else "–" for m in shown]
        for c, rows in table.items()
    }
    st.table({t("lab.measure"): [named("music", m) for m in shown]} | cells, hide_index=True)
    st.caption(t("lab.music_help"))


def _short(number: float) -> str:
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"


def page() -> None:
    """The whole page."""
    st.title(t("lab.title"))
    st.markdown(t("lab.lead"))
    runs = {run.path.name: run for run in shared.runs()}
    if not runs:
        st.info(t("lab.none"))
        return
    name = st.segmented_control(
        t("lab.run"), list(runs), default=next(iter(runs)), required=True, key="run", persist_state="session",
        format_func=said("model", runs),
    )  # fmt: skip
    st.caption(named("model.help", name))
    run, facts = runs[name], shared.card(name)
    table = card_table(facts, run.rows)
    curves(run, table)
    samples(run)
    card(run, facts, table)


shared.enter()
page()
