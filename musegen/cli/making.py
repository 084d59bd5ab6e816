"""What can be asked for when music is made: the commands of the studio's verbs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from musegen.cli import values, verbs
from musegen.places import COMPOSER

_RESULTS = (
    "The paths of the files made are written to stdout, one a line. No file is ever overwritten: the same recipe "
    "gives the same name and the same file; another recipe whose name is taken is numbered (-v2, -v3)."
)
# As in musegen.studio, which is imported only when music is made: with it come the models.
CADENCES = ("auto", "perfect", "plagal", "half", "deceptive", "none")
ORDERS = ("auto", "alternate", "give_way")
Parser = argparse.ArgumentParser
Add = Callable[..., Parser]


def add_verbs(add: Add) -> None:
    """The commands of all verbs, and remake."""
    generate = add(
        "generate",
        verbs.generate,
        "Make whole new pieces",
        "musegen generate --style chorale --bars 8 --count 4 --seed 7 --out made",
        _RESULTS,
    )
    generate.add_argument("--style", default="chorale", help="chorale or folk, or finer: folk/irish (default: chorale)")
    generate.add_argument("--bars", type=values.whole(1), default=8, metavar="N", help="length (default: 8)")
    generate.add_argument("--metre", type=values.metre, default=(4, 4), metavar="N/N", help="metre (default: 4/4)")
    generate.add_argument(
        "--key", type=values.key, metavar="KEY", help='as in "D minor", "E-flat major" (default: open)'
    )
    generate.add_argument(
        "--tempo", type=values.positive, metavar="QPM", help="quarter notes a minute (default: the style's)"
    )
    generate.add_argument(
        "--phrases",
        type=values.whole(0),
        metavar="N",
        help="bars of every phrase; 0: as the music goes (default: usual)",
    )
    generate.add_argument(
        "--pickup", type=values.whole(0), metavar="N", help="quarter notes before the first bar line (default: usual)"
    )
    _add_making(generate)
    harmonise = add(
        "harmonise",
        verbs.harmonise,
        "Add three voices to a melody",
        "musegen harmonise tune.abc --count 4 --seed 7 --out made --format musicxml",
        _RESULTS,
    )
    harmonise.add_argument("file", type=Path, metavar="FILE")
    harmonise.add_argument(
        "--voice", default="auto", help="which voice the melody is: auto, soprano, alto, tenor, bass"
    )
    proceed = add(
        "continue",
        verbs.continue_,
        "Go on where a score ends",
        "musegen continue opening.mid --bars 8 --count 2 --seed 1 --out made",
        _RESULTS,
    )
    proceed.add_argument("file", type=Path, metavar="FILE")
    proceed.add_argument("--bars", type=values.whole(1), default=8, metavar="N", help="bars to add (default: 8)")
    vary = add(
        "vary",
        verbs.vary,
        "Write some of a score anew",
        "musegen vary chorale.mid --amount 0.3 --voices alto,tenor --seed 3 --out made",
        _RESULTS,
    )
    vary.add_argument("file", type=Path, metavar="FILE")
    vary.add_argument(
        "--amount", type=values.positive, default=0.4, metavar="A", help="0 (close to it) to 1 (default: 0.4)"
    )
    refine = add(
        "refine",
        verbs.refine,
        "Write anew what the critic doubts most",
        "musegen refine chorale.mid --amount 0.2 --lock-bars 1-2 --seed 3 --out made",
        f"Of a melody alone no critic can tell; there chance decides. {_RESULTS}",
    )
    refine.add_argument("file", type=Path, metavar="FILE")
    refine.add_argument(
        "--amount", type=values.positive, default=0.25, metavar="A", help="share, 0 to 1 (default: 0.25)"
    )
    blend = add(
        "blend",
        verbs.blend,
        "Make one piece of two: phrases of both, with composed joints",
        "musegen blend hymn.mid tune.abc --share 0.4 --count 4 --out made",
        f"The second comes into the first's key and metre. {_RESULTS}",
    )
    blend.add_argument("file", type=Path, metavar="FILE")
    blend.add_argument("other", type=Path, metavar="OTHER")
    blend.add_argument(
        "--share", type=values.share, default=0.5, metavar="S", help="of the second piece, 0 to 1 (default: 0.5)"
    )
    blend.add_argument(
        "--order", choices=ORDERS, default="auto", help="take turns, or give way (default: auto, by turns)"
    )
    blend.add_argument("--phrase-bars", type=values.whole(1), metavar="N", help="bars of a phrase (default: usual)")
    remake = add(
        "remake",
        verbs.remake,
        "Make a piece again from the recipe in its file",
        "musegen remake made/hymn-harmonised-seed7-2.mid --source hymn.mid --out again",
        "The weights, and the scores that it was made of, must be the same. " + _RESULTS,
    )
    remake.add_argument("file", type=Path, metavar="FILE")
    remake.add_argument("--source", type=Path, metavar="FILE", help="the score that it was made of")
    remake.add_argument("--other", type=Path, metavar="FILE", help="the second score of a blend")
    _add_results(remake)
    remake.add_argument("--checkpoint", metavar="NAME|DIR", help="the weights (default: those that the recipe names)")
    fill = add(
        "fill",
        verbs.fill,
        "Write some bars of some voices anew",
        "musegen fill chorale.mid --bars 5-8 --voices alto,tenor --count 4 --out made",
        _RESULTS,
    )
    fill.add_argument("file", type=Path, metavar="FILE")
    fill.add_argument("--bars", type=values.span, required=True, metavar="N-N", help="first and last bar, as in 5-8")
    for parser in (vary, refine):
        parser.add_argument("--bars", type=values.span, metavar="N-N", help="bars that may change (default: all)")
    for parser in (vary, refine, fill):
        _add_choice(parser)
    for parser in (harmonise, proceed, vary, refine, blend, fill):
        parser.add_argument("--style", default="", help="as in generate (default: by the number of voices)")
        add_tune(parser)
        _add_making(parser)


def _add_choice(parser: Parser) -> None:
    parser.add_argument("--voices", type=values.voices, metavar="V,V", help="names, or numbers from 1 (default: all)")
    parser.add_argument(
        "--lock", type=values.note, action="append", default=[], metavar="TICK:PITCH:PART",
        help="a note that stays, as in 1920:67:2 (ticks as in the file, parts from 1); may be given more than once",
    )  # fmt: skip
    parser.add_argument("--lock-bars", type=values.numbers, default=[], metavar="N,N-N", help="bars that stay")
    parser.add_argument("--lock-voices", type=values.voices, default=[], metavar="V,V", help="voices that stay")


def _add_results(parser: Parser) -> None:
    parser.add_argument(
        "--out", type=Path, default=Path(), metavar="DIR", help="folder for the results (default: here)"
    )
    parser.add_argument(
        "--format", choices=("mid", "musicxml", "mxl", "wav", "flac", "ogg"), default="mid", help="(default: mid)"
    )


def _add_making(parser: Parser) -> None:
    parser.add_argument("--count", type=values.whole(1, 1000), default=4, metavar="N", help="alternatives (default: 4)")
    parser.add_argument(
        "--seed", type=values.whole(0), default=0, metavar="N", help="same seed, same notes (default: 0)"
    )
    parser.add_argument(
        "--temperature",
        type=values.positive,
        default=0.85,
        metavar="T",
        help="surprise, about 0.6 to 1.3 (default: 0.85)",
    )
    parser.add_argument(
        "--drafts", type=values.whole(1, 64), metavar="N",
        help="drafts of each alternative, of which the best is kept, where a model plays (default: 8)",
    )  # fmt: skip
    parser.add_argument(
        "--passes", type=values.whole(1, 999), metavar="N",
        help="how often a model that fills all over goes over the music (default: 28)",
    )  # fmt: skip
    parser.add_argument(
        "--rounds", type=values.whole(0, 999), metavar="N",
        help="how often the most doubtful notes are made anew at the end (default: 0)",
    )  # fmt: skip
    parser.add_argument(
        "--doubt", choices=("critic", "confidence", "chance"), help="who says which those are (default: critic)"
    )
    parser.add_argument(
        "--range", type=values.pitch_range, action="append", default=[], metavar="VOICE=LOW-HIGH",
        help="lowest and highest MIDI pitch of a voice, as in soprano=60-79; may be given for each voice",
    )  # fmt: skip
    parser.add_argument(
        "--other-style", default="", metavar="STYLE", help="a second style of the same family, as in folk/polish"
    )
    parser.add_argument(
        "--style-share", type=values.share, default=0.5, metavar="S",
        help="how much the second style counts, 0 to 1 (default: 0.5)",
    )  # fmt: skip
    parser.add_argument(
        "--chord", type=values.chord, action="append", default=[], metavar="BAR=CHORD",
        help='a chord wished for, as in 5=G7, 8=V7/V or "3=F C/E"; may be given for each bar',
    )  # fmt: skip
    parser.add_argument(
        "--key-respected", type=values.share, default=0.0, metavar="S",
        help="how firmly new notes keep to the key's scale, 0 to 1 (default: 0)",
    )  # fmt: skip
    parser.add_argument("--cadence", choices=CADENCES, default="auto", help="how it ends (default: auto)")
    parser.add_argument(
        "--critic", action=argparse.BooleanOptionalAction, default=True, help="whether it helps to choose among drafts"
    )
    _add_results(parser)
    parser.add_argument(
        "--checkpoint", default=COMPOSER, metavar="NAME|DIR",
        help=f"who composes: a folder, or a name in the folder MUSEGEN_CHECKPOINTS or in the app (default: {COMPOSER})",
    )  # fmt: skip


def add_tune(parser: Parser) -> None:
    """Which tune of a book."""
    parser.add_argument(
        "--tune", type=values.whole(1), default=1, metavar="N", help="which tune of a book (default: 1)"
    )
