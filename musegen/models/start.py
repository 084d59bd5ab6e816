"""Beginning from another model's weights: what fits is taken over by name, what is new keeps its initial values."""

from __future__ import annotations

from collections.abc import Sequence

from musegen.models.base import State


def adopt(own: State, given: State, styles: Sequence[str] = (), given_styles: Sequence[str] = ()) -> State:
    """``own`` weights with those of ``given`` in their place wherever name and shape are the same.

    The rows of a table of styles go by the names of the styles: a style that ``given`` doesn't know keeps its own row.

    Args:
        own: Weights of the model that begins, by name.
        given: Weights to begin from.
        styles: Names of the styles of ``own``.
        given_styles: Names of the styles of ``given``.
    """
    result = {name: given[name] if name in given and given[name].shape == w.shape else w for name, w in own.items()}
    for name, table in own.items():
        if name.endswith("style_table") and name in given and given[name].shape[1:] == table.shape[1:]:
            result[name] = table.copy()
            for row, style in enumerate(styles):
                if style in given_styles:
                    result[name][row] = given[name][given_styles.index(style)]
    return result
