"""What can be asked for on the command line: commands, options, and what a value may be."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from musegen import __version__
from musegen.cli import learning, scores, teaching, values, verbs
from musegen.places import COMPOSER

_EXIT_CODES = "Exit codes: 0 done, 1 broken off on the way, 2 refused with a sentence on stderr."
_RESULTS = (
    "The paths of the files made are written to stdout, one a line. No file is ever overwritten: the same recipe "
    "gives the same name and the same file; another recipe whose name is taken is numbered (-v2, -v3)."
)
_Parser = argparse.ArgumentParser


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line; the parsed options hold ``run``, what to call with them."""
    parser = _Parser(
        prog="musegen",
        description="Make music with a learning machine, and see how it learns.",
        epilog=f"musegen COMMAND --help explains a command, with an example. {_EXIT_CODES}",
    )
    parser.add_argument("--version", action="version", version=f"musegen {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, run: Callable[[argparse.Namespace], int], text: str, example: str, more: str = "") -> _Parser:
        added = commands.add_parser(
            name,
            help=text,
            description=f"{text}. {more}".strip(),
            epilog=f"Example:\n  {example}\n\n{_EXIT_CODES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(run=run)
        return added

    _add_files(add)
    _add_verbs(add)
    _add_learning(add)
    app = add("app", _run_app, "Start the app in the browser", "musegen app --port 8600 --no-open")
    app.add_argument(
        "--port", type=values.whole(1, 65535), help="port on 127.0.0.1 (default: the first free one from 8501)"
    )
    app.add_argument("--open", action=argparse.BooleanOptionalAction, default=True, help="open a browser on it")
    return parser


_Add = Callable[..., _Parser]


def _add_files(add: _Add) -> None:
    inspect = add(
        "inspect",
        scores.inspect,
        "Say what is in files of music, and what reading them had to change",
        "musegen inspect hymn.mxl tunes.abc --json",
        "Reads MIDI, MusicXML, .mxl, ABC and Humdrum kern; the content decides, not the name. A refused file makes the "
        'exit code 2, and has an "error" in JSON.',
    )
    inspect.add_argument("files", nargs="+", type=Path, metavar="FILE")
    inspect.add_argument("--json", action="store_true", help="one JSON object a file, on one line each, on stdout")
    convert = add(
        "convert",
        scores.convert,
        "Write a score as another kind of file",
        "musegen convert chorale.mxl chorale.pdf",
        "The ending of OUT decides: mid, musicxml, mxl (notes), wav, flac, ogg (sound), svg, pdf, png (staves).",
    )
    convert.add_argument("input", type=Path, metavar="IN")
    convert.add_argument("output", type=Path, metavar="OUT")
    _add_tune(convert)
    convert.add_argument("--force", action="store_true", help="replace OUT if it is there")


def _add_verbs(add: _Add) -> None:
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
    fill = add(
        "fill",
        verbs.fill,
        "Write some bars of some voices anew",
        "musegen fill chorale.mid --bars 5-8 --voices alto,tenor --count 4 --out made",
        _RESULTS,
    )
    fill.add_argument("file", type=Path, metavar="FILE")
    fill.add_argument("--bars", type=values.span, required=True, metavar="N-N", help="first and last bar, as in 5-8")
    for parser in (vary, fill):
        parser.add_argument(
            "--voices", type=values.voices, metavar="V,V", help="names, or numbers from 1 (default: all)"
        )
    for parser in (harmonise, proceed, vary, fill):
        parser.add_argument("--style", default="", help="as in generate (default: by the number of voices)")
        _add_tune(parser)
        _add_making(parser)


def _add_making(parser: _Parser) -> None:
    parser.add_argument("--count", type=values.whole(1, 1000), default=4, metavar="N", help="alternatives (default: 4)")
    parser.add_argument(
        "--seed", type=values.whole(0), default=0, metavar="N", help="same seed, same notes (default: 0)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path(), metavar="DIR", help="folder for the results (default: here)"
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
        "--format", choices=("mid", "musicxml", "mxl", "wav", "flac", "ogg"), default="mid", help="(default: mid)"
    )
    parser.add_argument(
        "--checkpoint", default=COMPOSER, metavar="NAME|DIR",
        help=f"who composes: a folder, or a name in the folder MUSEGEN_CHECKPOINTS or in the app (default: {COMPOSER})",
    )  # fmt: skip


def _add_tune(parser: _Parser) -> None:
    parser.add_argument(
        "--tune", type=values.whole(1), default=1, metavar="N", help="which tune of a book (default: 1)"
    )


def _add_learning(add: _Add) -> None:
    train = add(
        "train",
        learning.train,
        "Train a model in a run folder",
        "musegen train --preset class --model composer --corpus chorale --run runs/mine --seed 1",
        "DIR/metrics.jsonl gets a row a report. Ctrl-C saves the run; --resume goes on with it.",
    )
    train.add_argument(
        "--preset", choices=("class", "full", "onward", "adversarial"), default="class",
        help="minutes, or hours; or a composer trained onward, or against an adversary (default: class)",
    )  # fmt: skip
    train.add_argument(
        "--model", default="composer", metavar="NAME",
        help="composer, seq2seq, vae, wgan-gp, classic-gan, or critic (default: composer)",
    )  # fmt: skip
    train.add_argument("--start", metavar="NAME|DIR", help="begin from the weights of this checkpoint")
    train.add_argument("--generator", metavar="NAME|DIR", help="for a critic: whose notes it learns to tell")
    train.add_argument("--pool", metavar="FILE", help="for a critic: windows made beforehand (.npz)")
    train.add_argument(
        "--corpus", action="append", metavar="NAME|DIR",
        help="what to learn from, see musegen corpora; may be given more than once (default: chorale and folk)",
    )  # fmt: skip
    train.add_argument("--run", type=Path, required=True, dest="folder", metavar="DIR", help="the run's folder")
    train.add_argument(
        "--seed", type=values.whole(0), default=0, metavar="N", help="all chance comes from it (default: 0)"
    )
    train.add_argument("--minutes", type=values.positive, metavar="M", help="stop after this time")
    train.add_argument("--resume", action="store_true", help="go on with the run in DIR")
    adapt = add(
        "adapt",
        teaching.adapt,
        "Teach a finished model your own music, and measure it before and after",
        "musegen adapt songs --name my-songs --minutes 5",
        "MUSIC is a folder of files (at least 5 different pieces, 20 or more are better) or a set, see musegen "
        "corpora; a part of it is held out to measure on. Ctrl-C ends the training early and keeps what was learnt.",
    )
    adapt.add_argument("music", metavar="MUSIC", help="a folder, or the name of a set")
    adapt.add_argument("--name", help="of the new checkpoint (default: as the folder or set is called)")
    adapt.add_argument("--minutes", type=values.positive, default=5.0, metavar="M", help="for all of it (default: 5)")
    adapt.add_argument(
        "--seed", type=values.whole(0), default=1, metavar="N", help="all chance comes from it (default: 1)"
    )
    adapt.add_argument(
        "--checkpoint", default=COMPOSER, metavar="NAME|DIR", help=f"what is taught (default: {COMPOSER})"
    )
    adapt.add_argument("--run", type=Path, dest="folder", metavar="DIR", help="folder of the work (default: the app's)")
    adapt.add_argument("--resume", action="store_true", help="go on with what was broken off in that folder")
    adapt.add_argument("--json", action="store_true", help="the result as one JSON object")
    evaluate = add(
        "evaluate",
        learning.evaluate,
        "Measure a folder of music, beside real music it was not made from",
        "musegen evaluate made --against bach-chorales --beside js-fakes --out report",
    )
    evaluate.add_argument("folder", type=Path, metavar="DIR")
    evaluate.add_argument("--against", metavar="CORPUS", help="its test pieces are the reference; a name or a folder")
    evaluate.add_argument(
        "--beside", type=values.named, action="append", default=[], metavar="[NAME=]DIR|CORPUS",
        help="another set in a column of its own, as in js-fakes or mine=old/made; may be given more than once",
    )  # fmt: skip
    evaluate.add_argument(
        "--out", type=Path, metavar="DIR",
        help="write evaluation.json, evaluation.png and evaluation.svg there, over those of an earlier call",
    )  # fmt: skip
    evaluate.add_argument(
        "--seed", type=values.whole(0), default=0, metavar="N", help="of intervals and tests (default: 0)"
    )
    evaluate.add_argument("--json", action="store_true", help="everything as one JSON object")
    corpora = add(
        "corpora",
        learning.corpora,
        "List the music there is to learn from, with licences",
        "musegen corpora",
    )
    corpora.add_argument("--json", action="store_true", help="one JSON object a set, on one line each")


def _run_app(options: argparse.Namespace) -> int:
    from musegen.launch import run_app

    return run_app(options.port, open_browser=options.open)
