"""The command line, end to end, on a composer that has learnt nothing."""

import json
import signal
import subprocess
import sys
from dataclasses import asdict
from functools import cache
from importlib.metadata import version

import pytest
import soundfile
from tiny import chorale, melody

from musegen import checkpoint as checkpoint_room
from musegen.cli import main
from musegen.cli.arguments import build_parser
from musegen.formats import read_score, write_score
from musegen.score import Key, Note, Score, Track
from musegen.studio import SURPRISE, Recipe
from musegen.training import request
from musegen.training import run as run_room
from musegen.training.loop import LoopConfig

COMMANDS = (
    "inspect",
    "convert",
    "generate",
    "harmonise",
    "continue",
    "vary",
    "refine",
    "blend",
    "remake",
    "fill",
    "train",
    "adapt",
    "evaluate",
    "corpora",
    "app",
)
DONE, BROKE_OFF, REFUSED = 0, 1, 2


@pytest.fixture(scope="session")
def load_once():
    """``load_checkpoint``, but each folder only once: building a network takes longer than all the rest."""
    return cache(checkpoint_room.load_checkpoint)


@pytest.fixture
def cli(capsys, monkeypatch, checkpoints, load_once):
    """``cli(*words)`` -> (exit code, lines of stdout, stderr), with the tiny models as the user's checkpoints."""
    monkeypatch.setenv("MUSEGEN_CHECKPOINTS", str(checkpoints))
    monkeypatch.setattr(checkpoint_room, "load_checkpoint", load_once)

    def call(*words):
        try:
            code = main([str(word) for word in words])
        except SystemExit as ending:
            code = ending.code
        out, err = capsys.readouterr()
        return code, out.splitlines(), err

    return call


@pytest.fixture
def tune(tmp_path):
    path = tmp_path / "My tune.mid"
    path.write_bytes(write_score(melody(), "mid"))
    return path


@pytest.fixture
def hymn(tmp_path):
    path = tmp_path / "hymn.mid"
    path.write_bytes(write_score(chorale(), "mid"))
    return path


def score_of(path):
    return read_score(path.read_bytes(), path.name).score


# --- inspect ----------------------------------------------------------------------------------


def test_inspect_says_what_was_read(cli, hymn):
    code, out, err = cli("inspect", hymn)
    assert (code, err) == (DONE, "")
    assert out[0] == f"{hymn}: MIDI"
    assert "2 bars, 4 voices, C major, 4/4, 120 quarter notes a minute" in out[1]


def test_inspect_json_has_an_object_for_every_file(cli, hymn, tune, tmp_path):
    (tmp_path / "empty.mid").touch()
    (tmp_path / "text.mid").write_text("Dear diary")
    files = [hymn, tmp_path / "empty.mid", tune, tmp_path / "text.mid", tmp_path / "absent.mid", tmp_path]
    code, out, err = cli("inspect", "--json", *files)
    assert code == REFUSED
    found = [json.loads(line) for line in out]
    assert [one["file"] for one in found] == [str(path) for path in files]
    assert ["error" in one for one in found] == [False, True, False, True, True, True]
    assert (found[0]["bars"], found[0]["voices"], found[0]["metre"], found[0]["key"]) == (2, 4, "4/4", "C major")
    assert found[0]["notes"] == 33  # 4 voices of 8 quarters, one of them as two eighths
    alto = {"number": 2, "name": "Alto", "program": 52, "drums": False, "notes": 9, "lowest": 64, "highest": 69}
    assert found[0]["parts"][1] == alto
    assert found[2]["tunes"] == 1
    for one in found:
        if "error" in one:
            assert f"{one['file']}: {one['error']}" in err
            assert one["error"].endswith(".")
    assert "Traceback" not in err


def test_inspect_reads_every_tune_of_a_book(cli, tmp_path):
    book = tmp_path / "tunes.abc"
    book.write_text("X:1\nT:One\nM:4/4\nL:1/4\nK:C\nCDEF|\n\nX:2\nT:Two\nM:3/4\nL:1/4\nK:G\nGAB|GFG|\n")
    code, out, _ = cli("inspect", "--json", book)
    (facts,) = map(json.loads, out)
    assert (code, facts["tunes"], facts["title"], facts["bars"]) == (DONE, 2, "One", 1)
    assert [(other["title"], other["bars"], other["metre"]) for other in facts["others"]] == [("Two", 2, "3/4")]
    words = "\n".join(cli("inspect", book)[1])
    assert "2 tunes" in words
    assert "2. “Two”, 2 bars, 1 voice, G major, 3/4" in words


def test_reading_and_converting_load_no_heavy_library(hymn, tmp_path):
    script = f"""
import sys, time
from musegen import checkpoint as checkpoint_room
from musegen.cli import main
assert main(["inspect", {str(hymn)!r}, "--json"]) == 0
assert main(["convert", {str(hymn)!r}, {str(tmp_path / "out.mid")!r}]) == 0
heavy = {{"tensorflow", "keras", "streamlit", "scipy", "matplotlib", "music21", "verovio", "rich"}} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr


# --- making music -----------------------------------------------------------------------------


def test_generate_writes_one_voice_a_track(cli, tmp_path):
    out = tmp_path / "new" / "made"
    code, lines, err = cli("generate", "--style", "chorale", "--bars", 2, "--count", 2, "--seed", 7, "--out", out)
    assert (code, err) == (DONE, "")
    assert lines == [str(out / "chorale-seed7-1.mid"), str(out / "chorale-seed7-2.mid")]
    assert sorted(path.name for path in out.iterdir()) == ["chorale-seed7-1.mid", "chorale-seed7-2.mid"]
    score = score_of(out / "chorale-seed7-2.mid")
    assert [track.name for track in score.tracks] == ["Soprano", "Alto", "Tenor", "Bass"]
    recipe = Recipe.from_json(score.provenance["recipe"])
    assert (recipe.verb, recipe.seed, recipe.index, recipe.n) == ("generate", 7, 1, 2)


def test_the_same_recipe_is_the_same_file_and_another_is_numbered(cli, tmp_path):
    ask = ("generate", "--style", "folk/irish", "--bars", 1, "--count", 1, "--seed", 5, "--out", tmp_path)
    first = tmp_path / "folk-irish-seed5-1.mid"
    assert cli(*ask)[1] == [str(first)]
    data = first.read_bytes()
    assert cli(*ask)[1] == [str(first)]
    assert len(list(tmp_path.iterdir())) == 1
    second = tmp_path / "folk-irish-seed5-1-v2.mid"
    assert cli(*ask, "--temperature", 1.3)[1] == [str(second)]
    assert cli(*ask, "--temperature", 1.3)[1] == [str(second)]
    assert first.read_bytes() == data
    assert sorted(path.name for path in tmp_path.iterdir()) == [second.name, first.name]


def test_generate_takes_key_metre_tempo_and_ranges(cli, tmp_path):
    ask = ("generate", "--bars", 3, "--count", 1, "--out", tmp_path, "--key", "E-flat minor", "--metre", "3/4")
    code, (path,), _ = cli(
        *ask, "--tempo", 72, "--pickup", 2, "--phrases", 3,
        "--range", "alto=60-64", "--range", "bass=40-41", "--format", "musicxml",
    )  # fmt: skip
    assert code == DONE
    assert path.endswith("chorale-seed0-1.musicxml")
    score = score_of(tmp_path / "chorale-seed0-1.musicxml")
    assert (score.key, str(score.metres[0]), score.tempos[0].qpm) == (Key(-6, "minor"), "3/4", 72.0)
    assert score.pickup == 2 * score.resolution
    recipe = Recipe.from_json(score.provenance["recipe"])
    assert (recipe.settings["pickup"], recipe.settings["phrase_bars"]) == (2, 3)
    assert {note.pitch for note in score.track_notes(1)} <= set(range(60, 65))
    assert {note.pitch for note in score.track_notes(3)} <= {40, 41}


def test_how_carefully_it_is_made_can_be_told(cli, tmp_path):
    ask = ("generate", "--bars", 1, "--count", 1, "--out", tmp_path, "--checkpoint", "composer")
    ask += ("--drafts", 2, "--passes", 3, "--rounds", 2)
    code, _, _ = cli(*ask, "--doubt", "confidence")
    assert code == DONE
    settings = Recipe.from_json(score_of(tmp_path / "chorale-seed0-1.mid").provenance["recipe"]).settings
    assert {name: settings[name] for name in ("passes", "rounds", "doubt")} == {
        "passes": 3, "rounds": 2, "doubt": "confidence",
    }  # fmt: skip
    code, _, err = cli(*ask[:-1], -1)
    assert code == REFUSED
    assert "“-1” is not a whole number from 0 to 999" in err


def test_generate_makes_sound(cli, tmp_path):
    code, (path,), _ = cli("generate", "--bars", 1, "--count", 1, "--out", tmp_path, "--format", "wav")
    assert (code, path) == (DONE, str(tmp_path / "chorale-seed0-1.wav"))
    data = (tmp_path / "chorale-seed0-1.wav").read_bytes()
    assert (data[:4], data[8:12]) == (b"RIFF", b"WAVE")
    with soundfile.SoundFile(tmp_path / "chorale-seed0-1.wav") as sound:
        assert (sound.title, sound.samplerate, sound.channels) == ("Chorale, seed 0 · 1", 44100, 2)
        assert Recipe.from_json(sound.comment).verb == "generate"
    # Four quarters at 84 a minute, 16 bits, stereo; the last quarter may be a rest.
    assert len(data) > 44100 * 4 * 60 / 84 * 3


def test_harmonise_keeps_the_melody(cli, tune, tmp_path):
    code, lines, _ = cli("harmonise", tune, "--count", 2, "--seed", 3, "--out", tmp_path / "made", "--voice", "soprano")
    assert code == DONE
    assert lines == [str(tmp_path / "made" / f"my-tune-harmonised-seed3-{i}.mid") for i in (1, 2)]
    score = score_of(tmp_path / "made" / "my-tune-harmonised-seed3-2.mid")
    assert [(n.onset, n.pitch, n.duration) for n in score.track_notes(0)] == [
        (n.onset, n.pitch, n.duration) for n in melody().notes
    ]
    assert len(score.tracks) == 4


def test_continue_adds_bars(cli, hymn, tmp_path):
    code, (path,), _ = cli("continue", hymn, "--bars", 2, "--count", 1, "--out", tmp_path)
    assert (code, path) == (DONE, str(tmp_path / "hymn-continued-seed0-1.mid"))
    score = score_of(tmp_path / "hymn-continued-seed0-1.mid")
    assert [n for n in score.notes if n.onset < 3840] == list(chorale().notes)  # two bars of 1920 ticks
    assert 3840 < score.end <= 7680


def test_fill_changes_the_bars_and_voices_asked_for(cli, hymn, tmp_path):
    code, (path,), _ = cli("fill", hymn, "--bars", "2-2", "--voices", "alto,3", "--count", 1, "--out", tmp_path)
    assert (code, path) == (DONE, str(tmp_path / "hymn-filled-seed0-1.mid"))
    score = score_of(tmp_path / "hymn-filled-seed0-1.mid")
    kept = [n for n in chorale().notes if n.onset < 1920 or n.track not in (1, 2)]
    changed = [n for n in score.notes if n not in kept]
    assert [n for n in score.notes if n in kept] == kept
    assert changed
    assert all(note.onset >= 1920 and note.track in (1, 2) for note in changed)


def test_vary_keeps_the_voices_not_named(cli, hymn, tmp_path):
    code, (path,), _ = cli("vary", hymn, "--amount", 1, "--voices", "bass", "--count", 1, "--out", tmp_path)
    assert (code, path) == (DONE, str(tmp_path / "hymn-varied-seed0-1.mid"))
    score = score_of(tmp_path / "hymn-varied-seed0-1.mid")
    assert [n for n in score.notes if n.track != 3] == [n for n in chorale().notes if n.track != 3]
    assert score.track_notes(3) != chorale().track_notes(3)


def test_wishes_and_locks_are_passed_on(cli, hymn, tmp_path):
    code, out, _ = cli(
        "fill", hymn, "--bars", "1-2", "--lock", "0:60:3", "--lock-bars", "1", "--lock-voices", "bass", "--count", "1",
        "--chord", "1=C", "--chord", "2=F G7", "--key-respected", "0.5", "--cadence", "half", "--no-critic",
        "--passes", "1", "--checkpoint", "composer", "--out", tmp_path / "made",
    )  # fmt: skip
    assert code == DONE
    made = score_of(tmp_path / "made" / "hymn-filled-seed0-1.mid")
    assert str(tmp_path / "made" / "hymn-filled-seed0-1.mid") in out[0]
    said = Recipe.from_json(made.provenance["recipe"]).settings
    assert said["locked"] == [[0, 60, 2]]
    assert (said["locked_bars"], said["locked_voices"]) == ([1], ["bass"])
    assert said["chords"] == {"1": "C", "2": "F G7"}
    assert (said["key_respected"], said["cadence"], said["critic"]) == (0.5, "half", False)
    assert {n for n in chorale().notes if n.onset < 1920 or n.track == 3} <= set(made.notes)
    code, _, err = cli("fill", hymn, "--bars", "1-2", "--chord", "1=C", "--chord", "1=F", "--out", tmp_path)
    assert (code, "chords twice" in err) == (REFUSED, True)


def test_refine_blend_and_remake(cli, hymn, tune, tmp_path):
    made = tmp_path / "made"
    quick = ("--count", "1", "--passes", "1", "--checkpoint", "composer", "--out", made)
    code, _, err = cli("refine", tune, "--amount", "0.5", *quick)
    assert code == DONE
    assert "chance chose what was written anew" in err
    moved = tmp_path / "moved.mid"
    moved.write_bytes(write_score(melody(3).replace(notes=melody(3).notes[1:]), "mid"))
    code, out, _ = cli("blend", hymn, moved, "--share", "0.4", *quick)
    assert code == DONE
    piece = made / "hymn-moved-blended-seed0-1.mid"
    assert out == [str(piece)]
    again = ("remake", piece, "--source", hymn, "--other", moved, "--checkpoint", "composer", "--out", tmp_path / "new")
    code, out, _ = cli(*again)
    assert code == DONE
    assert score_of(tmp_path / "new" / piece.name) == score_of(piece)
    code, _, err = cli("remake", piece, "--source", moved, "--other", hymn, "--checkpoint", "composer")
    assert (code, "not the source" in err) == (REFUSED, True)
    code, _, err = cli("remake", hymn)
    assert (code, "holds no recipe" in err) == (REFUSED, True)


def test_two_styles_by_their_share(cli, tmp_path):
    words = ("generate", "--style", "folk/irish", "--bars", "1", "--count", "1", "--passes", "1")
    words += ("--other-style", "folk", "--style-share", "0.25")
    code, out, _ = cli(*words, "--checkpoint", "composer", "--out", tmp_path)
    assert code == DONE
    (made,) = tmp_path.glob("*.mid")
    assert out == [str(made)]
    settings = Recipe.from_json(score_of(made).provenance["recipe"]).settings
    assert (settings["other_style"], settings["style_share"]) == ("folk", 0.25)


def test_what_was_changed_in_a_score_is_said(cli, tmp_path):
    band = Score(
        (Note(0, 60, 470), Note(500, 62, 460), Note(0, 36, 120, 80, 1)), (Track("Flute", 73), Track("Kit", 0, True))
    )
    path = tmp_path / "band.mid"
    path.write_bytes(write_score(band, "mid"))
    code, _, err = cli("harmonise", path, "--count", 1, "--out", tmp_path)
    assert code == DONE
    assert "1 drum part was left out" in err
    assert "1 note lies off the sixteenths" in err


def test_a_checkpoint_is_found_by_its_folder(cli, checkpoints, monkeypatch, tmp_path):
    monkeypatch.delenv("MUSEGEN_CHECKPOINTS")
    ask = ("generate", "--bars", 1, "--count", 1, "--out", tmp_path)
    assert cli(*ask, "--checkpoint", checkpoints / "composer")[0] == DONE
    assert Recipe.from_json(score_of(tmp_path / "chorale-seed0-1.mid").provenance["recipe"]).model == "composer"
    (tmp_path / "empty").mkdir()
    for name, sentence in (("nobody", "There is no checkpoint “nobody”"), (tmp_path / "empty", "is not a checkpoint")):
        code, out, err = cli(*ask, "--checkpoint", name)
        assert (code, out) == (REFUSED, [])
        assert sentence in err


def test_a_model_that_makes_music_from_noise_is_refused(cli, tune, tmp_path):
    code, out, err = cli("harmonise", tune, "--out", tmp_path / "made", "--checkpoint", "classic-gan")
    assert (code, out) == (REFUSED, [])
    assert "“classic-gan” can't be used for this" in err


def test_another_tune_of_a_book(cli, tmp_path):
    book = tmp_path / "tunes.abc"
    book.write_text("X:1\nT:One\nM:4/4\nL:1/4\nK:C\nCDEF|\n\nX:2\nT:Two\nM:3/4\nL:1/4\nK:G\nGAB|\n")
    assert cli("convert", book, tmp_path / "two.mid", "--tune", 2)[0] == DONE
    assert [n.pitch for n in score_of(tmp_path / "two.mid").notes] == [67, 69, 71]
    code, _, err = cli("convert", book, tmp_path / "three.mid", "--tune", 3)
    assert (code, err) == (REFUSED, "There is no tune 3 in “tunes.abc”: it holds 2.\n")


# --- convert ----------------------------------------------------------------------------------

BEGINNINGS = {
    "mid": b"MThd", "midi": b"MThd", "musicxml": b"<?xml", "mxl": b"PK", "wav": b"RIFF", "flac": b"fLaC",
    "ogg": b"OggS", "svg": b"<svg", "pdf": b"%PDF", "png": b"\x89PNG", "PNG": b"\x89PNG", "jianpu.pdf": b"%PDF",
}  # fmt: skip


@pytest.mark.parametrize("ending", BEGINNINGS)
def test_convert_writes_what_the_ending_says(cli, tune, tmp_path, ending):
    out = tmp_path / f"out.{ending}"
    code, lines, err = cli("convert", tune, out)
    assert (code, lines, err) == (DONE, [str(out)], "")
    assert BEGINNINGS[ending] in out.read_bytes()[:200]
    if ending in ("mid", "musicxml", "mxl"):
        assert score_of(out) == score_of(tune)
    assert not list(tmp_path.glob("*.part"))


def test_pages_of_a_picture_are_numbered(cli, tmp_path):
    long = Score(tuple(Note(240 * i, 60 + i % 12, 240) for i in range(1200)))
    (tmp_path / "long.mid").write_bytes(write_score(long, "mid"))
    code, lines, _ = cli("convert", tmp_path / "long.mid", tmp_path / "long.png")
    assert code == DONE
    assert lines[:2] == [str(tmp_path / "long.png"), str(tmp_path / "long-2.png")]
    assert all((tmp_path / line).read_bytes().startswith(b"\x89PNG") for line in lines)


def test_convert_never_overwrites_unasked(cli, tune, hymn, tmp_path):
    out = tmp_path / "out.mid"
    assert cli("convert", tune, out)[0] == DONE
    before = out.read_bytes()
    assert cli("convert", tune, out)[0] == DONE  # the same again
    code, lines, err = cli("convert", hymn, out)
    assert (code, lines, out.read_bytes()) == (REFUSED, [], before)
    assert "is there already" in err
    assert "--force" in err
    assert cli("convert", hymn, out, "--force")[0] == DONE
    assert score_of(out) == chorale()
    (tmp_path / "empty.mid").touch()  # a name that another program has reserved
    assert cli("convert", tune, tmp_path / "empty.mid")[0] == DONE


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("out.doc", "“out.doc” doesn't say what to write: let its name end in one of mid, musicxml"),
        ("out", "“out” doesn't say what to write"),
        ("absent/out.mid", "There is no folder"),
        ("folder.mid", "is a folder"),
    ],
)
def test_convert_refuses_names_that_it_cannot_write(cli, tune, tmp_path, name, sentence):
    (tmp_path / "folder.mid").mkdir()
    code, lines, err = cli("convert", tune, tmp_path / name)
    assert (code, lines) == (REFUSED, [])
    assert sentence in err


# --- training, measures, corpora --------------------------------------------------------------


@pytest.fixture
def class_preset(monkeypatch, tmp_path):
    """The classic GAN's class preset, small; parsed corpora go to a folder of the test."""
    monkeypatch.setenv("MUSEGEN_CACHE", str(tmp_path / "cache"))
    loop = asdict(LoopConfig(steps=6, batch_size=4, report_every=2, validate_every=2))
    preset = {
        **request.PRESETS["class"]["classic-gan"],
        "settings": {"width": 16, "steps": 16, "latent": 4},
        "loop": loop,
    }
    monkeypatch.setitem(request.PRESETS["class"], "classic-gan", preset)


@pytest.fixture
def music(tmp_path):
    """A folder of music of one's own."""
    folder = tmp_path / "music"
    folder.mkdir()
    for shift in range(6):
        (folder / f"tune {shift}.mid").write_bytes(write_score(melody(shift), "mid"))
    return folder


def train(cli, run, music, *more):
    ask = ("train", "--preset", "class", "--model", "classic-gan", "--corpus", music, "--run", run, "--seed", 3)
    return cli(*ask, *more)


def test_train_writes_a_row_a_report(cli, class_preset, music, tmp_path):
    run = tmp_path / "runs" / "one"
    code, lines, err = train(cli, run, music)
    assert (code, lines) == (DONE, [str(run)])
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]
    assert [row["step"] for row in rows] == [2, 4, 6]
    assert all("d_loss" in row for row in rows)
    assert "The run is complete: 6 steps." in err
    assert json.loads((run / "config.json").read_text("utf-8"))["corpora"] == [str(music.resolve())]
    code, _, err = train(cli, run, music)
    assert code == REFUSED
    assert "“one” holds a run already" in err
    assert train(cli, run, music, "--resume")[0] == DONE  # nothing left to do


def test_ctrl_c_saves_and_says_how_to_go_on(cli, class_preset, music, tmp_path, monkeypatch):
    build = run_room.build_model

    def interrupted(*args, **kwargs):
        model = build(*args, **kwargs)
        steps, step = iter(range(1, 100)), model.train_step

        def train_step(batch):
            if next(steps) == 3:
                signal.raise_signal(signal.SIGINT)
            return step(batch)

        model.train_step = train_step
        return model

    run = tmp_path / "run"
    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        patch.setattr(run_room, "build_model", interrupted)
        code, _, err = train(cli, run, music)
    assert code == BROKE_OFF
    assert f"Saved at step 3 of 6. To go on: musegen train --run {run} --resume" in err
    assert signal.getsignal(signal.SIGINT) is before
    code, _, err = cli("train", "--run", run, "--resume")
    assert (code, "The run is complete: 6 steps." in err) == (DONE, True)


def test_train_stops_after_the_minutes(cli, class_preset, music, tmp_path):
    code, _, err = train(cli, tmp_path / "run", music, "--minutes", "0.000001")
    assert code == DONE
    assert "Saved at step 1 of 6" in err


def test_train_refuses_what_it_does_not_know(cli, class_preset, tmp_path):
    code, _, err = cli("train", "--model", "oracle", "--run", tmp_path / "run")
    assert (code, "no preset “class” for “oracle”" in err) == (REFUSED, True)
    code, _, err = cli("train", "--model", "classic-gan", "--corpus", "atlantis", "--run", tmp_path / "run")
    assert (code, "atlantis" in err) == (REFUSED, True)


def test_evaluate_measures_a_folder(cli, music, tmp_path):
    (music / "broken.mid").write_bytes(b"MThd")
    code, lines, err = cli("evaluate", music)
    assert code == DONE
    assert "generated (6)" in lines[0]
    assert "broken.mid was left out" in err
    code, lines, _ = cli("evaluate", music, "--json")
    report = json.loads("".join(lines))
    assert (code, report["pieces"], report["reference_pieces"]) == (DONE, 6, 0)
    assert any(row["generated"]["value"] is not None for row in report["rows"])


def test_evaluate_beside_a_folder(cli, music, tmp_path, monkeypatch):
    monkeypatch.setenv("MUSEGEN_CACHE", str(tmp_path / "cache"))
    code, lines, _ = cli("evaluate", music, "--against", music, "--json", "--seed", 2)
    report = json.loads("".join(lines))
    assert (code, report["pieces"], report["reference_pieces"], report["seed"]) == (DONE, 6, 6, 2)
    for row in report["rows"]:
        assert row["generated"]["value"] == pytest.approx(row["reference"]["value"])


def test_evaluate_keeps_numbers_and_a_figure_with_other_sets_beside(cli, music, tmp_path, monkeypatch):
    monkeypatch.setenv("MUSEGEN_CACHE", str(tmp_path / "cache"))
    out = tmp_path / "kept" / "here"
    call = ("evaluate", music, "--against", music, "--beside", f"twins={music}", "--beside", music, "--out", out)
    code, lines, err = cli(*call)
    assert code == DONE
    assert lines[0].split()[2:] == ["generated", "(6)", "twins", "(6)", music.name, "(6)", "real", "(6)", "overlap"]
    kept = json.loads((out / "evaluation.json").read_text())
    assert list(kept["beside"]) == ["twins", music.name]
    assert kept["beside"]["twins"]["rows"] == kept["rows"]
    assert (out / "evaluation.png").read_bytes().startswith(b"\x89PNG")
    assert "</svg>" in (out / "evaluation.svg").read_text()
    assert str(out / "evaluation.json") in err
    (out / "evaluation.json").write_text("{}")
    code, lines, _ = cli("evaluate", music, "--json", "--out", out)  # an earlier evaluation is replaced
    assert json.loads("".join(lines)) == json.loads((out / "evaluation.json").read_text())


def test_evaluate_refuses_a_set_that_is_nowhere(cli, music):
    code, _, err = cli("evaluate", music, "--beside", "atlantis")
    assert (code, "atlantis" in err) == (REFUSED, True)
    code, _, err = cli("evaluate", music, "--beside", "=made")
    assert (code, "a set to put beside" in err) == (REFUSED, True)


def test_evaluate_refuses_a_folder_without_music(cli, tmp_path):
    code, _, err = cli("evaluate", tmp_path)
    assert (code, "There is no music in" in err) == (REFUSED, True)
    code, _, err = cli("evaluate", tmp_path / "absent")
    assert (code, "There is no folder" in err) == (REFUSED, True)


def test_corpora_are_listed_with_their_licences(cli):
    code, lines, _ = cli("corpora")
    assert code == DONE
    assert lines[0].split()[:2] == ["name", "pieces"]
    (bach,) = (line for line in lines if line.startswith("bach-chorales"))
    assert "CC0" in bach
    counts = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
    assert counts["chorale"] == counts["bach-chorales"] + counts["open-hymnal"] + counts["mutopia-hymns"]
    found = {one["name"]: one for one in map(json.loads, cli("corpora", "--json")[1])}
    assert len(found) == len(lines) - 1
    assert found["bach-chorales"]["terms"] == "ship"


# --- the command line itself ------------------------------------------------------------------


def test_commands_are_all_there():
    (commands,) = (action for action in build_parser()._actions if action.dest == "command")
    assert set(commands.choices) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_that_can_be_parsed(cli, command):
    code, out, _ = cli(command, "--help")
    assert code == DONE
    example = out[out.index("Example:") + 1].split()
    assert example[:2] == ["musegen", command]
    assert build_parser().parse_args(example[1:]).run
    assert any("Exit codes" in line for line in out)


def test_help_lists_the_commands(cli):
    code, out, _ = cli("--help")
    assert code == DONE
    assert all(any(line.strip().startswith(command) for line in out) for command in COMMANDS)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "required"),
        (["sing"], "invalid choice"),
        (["inspect"], "required"),
        (["generate", "--bars", "0"], "“0” is not a whole number from 1"),
        (["generate", "--count", "many"], "“many” is not a whole number from 1 to 1000"),
        (["generate", "--seed", "-1"], "“-1” is not a whole number from 0"),
        (["generate", "--temperature", "nan"], "“nan” is not a number greater than 0"),
        (["generate", "--temperature", "0"], "“0” is not a number greater than 0"),
        (["generate", "--range", "alto=60"], "“alto=60” is not a range, as in soprano=60-79"),
        (["generate", "--key", "H major"], "“H major” is not a key"),
        (["generate", "--metre", "waltz"], "“waltz” is not a metre, as in 3/4"),
        (["generate", "--format", "doc"], "invalid choice"),
        (["fill", "a.mid", "--bars", "x"], "“x” is not a stretch of bars, as in 5-8"),
        (["fill", "a.mid"], "--bars"),
        (["fill", "a.mid", "--bars", "1", "--voices", ","], "“,” is not a list of voices"),
        (["fill", "a.mid", "--bars", "1", "--voices", "0"], "“0” is not a list of voices"),
        (["app", "--port", "70000"], "“70000” is not a whole number from 1 to 65535"),
        (["train"], "--run"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(cli, words, sentence):
    code, out, err = cli(*words)
    assert (code, out) == (REFUSED, [])
    assert sentence in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["generate", "--style", "techno"], "There is no style “techno”"),
        (["generate", "--bars", "65"], "1-64 bars, not 65"),
        (["generate", "--range", "kazoo=60-70"], "“kazoo”"),
        (["generate", "--range", "alto=60-70", "--range", "alto=61-70"], "two ranges"),
        (["harmonise", "absent.mid"], "There is no file “absent.mid”"),
        (["fill", "HYMN", "--bars", "7-9"], "no bars 7-9: the score has bars 1-2"),
        (["fill", "HYMN", "--bars", "1", "--voices", "kazoo"], "no voice “kazoo”"),
        (["vary", "HYMN", "--amount", "2"], "between 0 and 1"),
        (["continue", "HYMN", "--bars", "9999"], "up to 256 in all"),
    ],
)
def test_requests_that_cannot_be_met_are_refused_in_a_sentence(cli, hymn, tmp_path, words, sentence):
    words = [str(hymn) if word == "HYMN" else word for word in words]
    code, out, err = cli(*words, "--out", tmp_path / "made")
    assert (code, out) == (REFUSED, [])
    assert sentence in err
    assert err.count("\n") == 1
    assert not list((tmp_path / "made").glob("*"))


def test_the_surprise_is_the_studios_unless_asked_otherwise():
    assert build_parser().parse_args(["generate"]).temperature == SURPRISE


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("D minor", Key(-1, "minor")),
        ("Eb", Key(-3, "major")),
        ("f# minor", Key(3, "minor")),
        ("c-sharp major", Key(7, "major")),
        ("B♭ major", Key(-2, "major")),
    ],
)
def test_keys_may_be_written_in_several_ways(name, key):
    assert build_parser().parse_args(["generate", "--key", name]).key == key


def test_a_fault_is_told_in_a_sentence(cli, monkeypatch, hymn):
    def broken(*args):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("musegen.cli.scores.read_scores", broken)
    monkeypatch.delenv("MUSEGEN_DEBUG", raising=False)
    code, _, err = cli("inspect", hymn)
    assert code == BROKE_OFF
    assert "a fault in musegen" in err
    assert "ZeroDivisionError: by zero" in err
    assert "Traceback" not in err
    monkeypatch.setenv("MUSEGEN_DEBUG", "1")
    assert "Traceback" in cli("inspect", hymn)[2]


def test_a_full_disk_is_told_in_a_sentence(cli, monkeypatch, hymn, tmp_path):
    def full(path, data):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("musegen.cli.files.write_bytes", full)
    code, out, err = cli("convert", hymn, tmp_path / "out.mid")
    assert (code, out) == (BROKE_OFF, [])
    assert err == f"No space left on device: {tmp_path / 'out.mid'}.\n"


def test_the_program_and_the_module_are_one(hymn):
    done = subprocess.run(
        [sys.executable, "-m", "musegen", "--version"], capture_output=True, text=True, timeout=180, check=True
    )
    assert done.stdout.strip() == f"musegen {version('musegen')}"


def test_a_reader_that_goes_away_is_no_fault(hymn):
    program = [sys.executable, "-m", "musegen", "inspect", "--json", *[str(hymn)] * 400]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline().startswith("{")
        running.stdout.close()
        err = running.stderr.read()
    assert err == ""
    assert running.returncode == BROKE_OFF
