"""What the networks that listen share: conditions from tables, and a trunk with most weights at beat resolution."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from musegen.models.layers import RelativeAttention, ResidualConvolution, Shape, Tensor, table_lookup

KEYS = 25  # 0 unknown, then 1 + 2 * tonic + minor
PLACES = 64  # steps of a bar that are told apart; longer bars share the last
EDGE = 10  # bars from the start and to the end of the piece: 0-8 (8 = or more), 9 unknown
WIDE = 96  # channels of a condition


class Conditions(keras.layers.Layer):
    """Style, key, lanes and places as vectors: (condition [batch, 96], steps [batch, steps, width]).

    Call with a mapping of "style" and "key" [batch], "present" [batch, lanes], and "position", "bar_length",
    "from_start", "to_end" [batch, steps], all whole numbers.
    """

    def __init__(self, styles: int, lanes: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sizes = {"style": (styles, WIDE), "key": (KEYS, WIDE), "present": (lanes, WIDE)}
        self.places = {"position": PLACES, "bar_length": PLACES + 1, "from_start": EDGE, "to_end": EDGE}
        self.sizes |= {name: (rows, width) for name, rows in self.places.items()}

    def build(self, input_shape: Shape | None = None) -> None:
        some = keras.initializers.RandomNormal(stddev=0.3)
        self.tables = {
            name: self.add_weight(shape=shape, initializer=some, name=name) for name, shape in self.sizes.items()
        }

    def call(self, x: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        condition = table_lookup(x["style"], self.tables["style"]) + table_lookup(x["key"], self.tables["key"])
        condition += ops.matmul(ops.cast(x["present"], "float32"), self.tables["present"])
        places = [table_lookup(x[name], self.tables[name]) for name in self.places]
        return ops.gelu(condition), sum(places[1:], places[0])


class Trunk(keras.layers.Layer):
    """Steps to beats and back: [batch, steps, width] -> (the same, [batch, beats, beat_width]).

    Two residual convolutions over the steps, ``blocks`` over the beats (the last followed by attention if wanted), and
    back up beside what came in, unless ``back`` is off.
    """

    def __init__(
        self,
        width: int,
        beat_width: int,
        *,
        blocks: int,
        steps_per_beat: int = 4,
        attention: bool = False,
        back: bool = True,
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.width, self.beat_width, self.steps_per_beat = width, beat_width, steps_per_beat
        self.entry = [ResidualConvolution(width, dropout=dropout, name=f"entry_{i}") for i in range(2)]
        self.to_beats = keras.layers.Dense(beat_width, name="to_beats")
        self.deep: list[Any] = [
            ResidualConvolution(beat_width, dilation=(1, 2, 4)[i % 3], dropout=dropout, name=f"beat_{i}")
            for i in range(blocks)
        ]
        if attention:
            self.deep.append(RelativeAttention(beat_width, dropout=dropout, name="attention"))
        self.to_steps = keras.layers.Dense(steps_per_beat * width, name="to_steps") if back else None

    def build(self, input_shape: Shape, condition_shape: Shape | None = None) -> None:
        for block in self.entry:
            block.build(input_shape, condition_shape)
        self.to_beats.build((None, None, self.steps_per_beat * self.width))
        for block in self.deep:
            block.build((None, 16, self.beat_width), condition_shape)
        if self.to_steps:
            self.to_steps.build((None, None, self.beat_width))

    def call(self, h: Tensor, condition: Tensor, training: bool = False) -> tuple[Tensor, Tensor]:
        batch, steps = ops.shape(h)[0], ops.shape(h)[1]
        for block in self.entry:
            h = block(h, condition, training=training)
        beats = self.to_beats(ops.reshape(h, (batch, steps // self.steps_per_beat, self.steps_per_beat * self.width)))
        for block in self.deep:
            beats = block(beats, condition, training=training)
        if self.to_steps:
            h += ops.reshape(self.to_steps(beats), (batch, steps, self.width))
        return h, beats
