"""What can be asked for on the command line: commands, options, and what a value may be."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from musegen import __version__
from musegen.cli import learning, scores, teaching, values
from musegen.cli.making import Add, Parser, add_tune, add_verbs
from musegen.places import COMPOSER

_EXIT_CODES = "Exit codes: 0 done, 1 broken off on the way, 2 refused with a sentence on stderr."


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line; the parsed options hold ``run``, what to call with them."""
    parser = Parser(
        prog="musegen",
        description="Make music with a learning machine, and see how it learns.",
        epilog=f"musegen COMMAND --help explains a command, with an example. {_EXIT_CODES}",
    )
    parser.add_argument("--version", action="version", version=f"musegen {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, run: Callable[[argparse.Namespace], int], text: str, example: str, more: str = "") -> Parser:
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
    add_verbs(add)
    _add_learning(add)
    app = add("app", _run_app, "Start the app in the browser", "musegen app --port 8600 --no-open")
    app.add_argument(
        "--port", type=values.whole(1, 65535), help="port on 127.0.0.1 (default: the first free one from 8501)"
    )
    app.add_argument("--open", action=argparse.BooleanOptionalAction, default=True, help="open a browser on it")
    return parser


def _add_files(add: Add) -> None:
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
        "The ending of OUT decides: mid, musicxml, mxl (notes), wav, flac, ogg (sound), svg, pdf, png (staves), "
        "jianpu.pdf (numbered notation), mp4, webm (film).",
    )
    convert.add_argument("input", type=Path, metavar="IN")
    convert.add_argument("output", type=Path, metavar="OUT")
    add_tune(convert)
    convert.add_argument("--force", action="store_true", help="replace OUT if it is there")


def _add_learning(add: Add) -> None:
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
