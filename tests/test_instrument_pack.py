"""Instrument packs: what a browser gets is what `synthesize` plays, small, and the same every time."""

import json

import numpy as np
import pytest
from test_audio import make_soundfont

from musegen.audio import SoundFontError, find_soundfont, instrument_pack
from musegen.audio import pack as packs
from musegen.audio.soundfont import load_soundfont
from musegen.errors import ScoreError

CHOIR, PIANO, VIOLIN = 52, 0, 40


def opened(pack):
    """Header and points of a pack, read as its format says."""
    assert pack[:4] == b"MGI1"
    size = int.from_bytes(pack[4:8], "little")
    assert size % 2 == 0  # so that the points lie at an even place
    return json.loads(pack[8 : 8 + size]), np.frombuffer(pack[8 + size :], "<i2")


def test_a_pack_of_a_made_soundfont(tmp_path):
    # One zone: 1000 points of a sine at 44100 Hz, root key 69, loop 200-900. Attenuation 100 cB counts 0.4: 4 dB.
    # Release 0 timecents = 1 s. Nothing after the loop's end is ever heard: 900 points.
    made = make_soundfont(tmp_path / "a.sf2", ((48, 100), (38, 0), (17, 250)))
    header, points = opened(instrument_pack(5, soundfont=made))
    (region,) = header["regions"]
    assert header["program"] == 5
    assert region["keys"] == [0, 127]
    assert region["velocities"] == [0, 127]
    assert region["sample"] == [0, 900]
    assert region["loop"] == [200, 900]
    assert (region["rate"], region["root"], region["attenuation"], region["pan"]) == (44100, 69, 4.0, 0.5)
    assert region["volume"] == [0, 0, 0, 0, 0, 1.0]
    assert not {"cutoff", "modLfo", "vibLfo", "modulation", "exclusiveClass", "scale"} & region.keys()  # at rest
    assert points.tolist() == np.round(20000 * np.sin(2 * np.pi * np.arange(900) / 100)).astype(int).tolist()
    # A sine of amplitude 20000/32768: mean square 0.186; at 312 Hz (key 63, the middle) the weighting is nearly 0 dB.
    assert header["spans"] == [0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2]
    assert region["power"][2:] == pytest.approx([0.186] * 4, rel=0.1)


def test_what_moves_is_said(tmp_path):
    # Vibrato 20 cents at -1200 timecents... of rate: 8.176 Hz / 2; cutoff 6000 cents, moved by 1200 cents; class 3.
    generators = ((6, 20), (24, -1200), (8, 6000), (11, 1200), (28, 0), (29, 500), (57, 3), (56, 50))
    header, _ = opened(instrument_pack(0, soundfont=make_soundfont(tmp_path / "a.sf2", generators)))
    (region,) = header["regions"]
    assert region["vibLfoPitch"] == 20
    assert region["vibLfo"] == [0, pytest.approx(4.088)]
    assert (region["cutoff"], region["modEnvCutoff"]) == (6000, 1200)
    assert region["modulation"] == [0, 0, 0, 1.0, 0.5, 0]  # decay 0 timecents = 1 s, sustain 50 % below the height
    assert region["exclusiveClass"] == 3
    assert region["scale"] == 0.5


def test_recordings_that_regions_share_are_there_once():
    font = load_soundfont(find_soundfont())
    for program in (CHOIR, PIANO, VIOLIN):
        regions = font.regions(program)
        header, points = opened(instrument_pack(program))
        assert len(header["regions"]) == len(regions)
        stretches = {(r.start, r.loop[1] if r.loop else r.end) for r in regions}
        assert len(points) == sum(last - first for first, last in stretches)
        for row, region in zip(header["regions"], regions, strict=True):
            first, count = row["sample"]
            assert np.array_equal(points[first : first + count], font.points[region.start : region.start + count])
            assert row["root"] == pytest.approx(region.root, abs=1e-4)  # our corrections of the tuning are in it


def test_corrections_of_the_tuning_are_in_the_pack():
    # The recording Choir-D#31 is raised by 25 cents: its root is 25 cents lower than the SoundFont says.
    font = load_soundfont(find_soundfont())
    header, _ = opened(instrument_pack(CHOIR))
    plain = {name: cents for name, cents in font._corrections.items() if name.startswith("Choir")}
    assert plain["Choir-D#31"] == 25
    font._corrections, kept = {}, font._corrections
    try:
        uncorrected = font._make_regions(font._presets[0, CHOIR])
    finally:
        font._corrections = kept
    moved = [u.root - row["root"] for u, row in zip(uncorrected, header["regions"], strict=True)]
    assert {round(100 * semitones) for semitones in moved} >= {0, 10, 25}


def test_every_pack_is_small_and_every_index_right():
    total = 0
    for program, is_drum in [*((p, False) for p in range(0, 128, 9)), (0, True), (48, False)]:
        pack = instrument_pack(program, is_drum=is_drum)
        header, points = opened(pack)
        assert header["drums"] is is_drum
        assert len(pack) < 700 * 1024
        total += len(pack)
        for region in header["regions"]:
            first, count = region["sample"]
            assert 0 <= first < first + count <= len(points)
            if "loop" in region:
                assert 0 <= region["loop"][0] < region["loop"][1] == count
            assert len(region["power"]) == len(header["spans"]) - 1
            assert region["power"][0] >= 0
    assert total < 3 * 2**20


def test_the_same_instrument_gives_the_same_bytes():
    first = instrument_pack(VIOLIN)
    packs._pack.cache_clear()
    assert instrument_pack(VIOLIN) == first


def test_a_long_recording_without_loop_is_faded_out(tmp_path, monkeypatch):
    # 1000 points at 44100 Hz, no loop, and at most 10 ms: 441 points, of which the last 5 ms (220.5 -> 220) go out.
    monkeypatch.setattr(packs, "MAX_ONE_SHOT_S", 0.01)
    monkeypatch.setattr(packs, "_FADE_S", 0.005)
    whole = make_soundfont(tmp_path / "a.sf2", (), np.full(1000, 8000, "<i2")).read_bytes()
    once = tmp_path / "once.sf2"
    once.write_bytes(whole.replace(b"\x36\x00\x01\x00\x35\x00\x00\x00", b"\x36\x00\x00\x00\x35\x00\x00\x00"))
    header, points = opened(instrument_pack(0, soundfont=once))
    assert "loop" not in header["regions"][0]
    assert header["regions"][0]["sample"] == [0, 441]
    assert points[:221].tolist() == [8000] * 221
    assert points[331] == pytest.approx(4000, abs=40)
    assert points[-1] == 0


def test_too_large_an_instrument_is_refused_with_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(packs, "MAX_BYTES", 1000)
    with pytest.raises(SoundFontError, match=r"“a\.sf2”.*too much for a browser.*MUSEGEN_SOUNDFONT"):
        instrument_pack(0, soundfont=make_soundfont(tmp_path / "a.sf2", ()))


def test_of_too_many_layers_the_ordinary_one_stays(tmp_path, monkeypatch):
    # 1800 bytes a layer fit, and the layer for velocities 60-100 then sounds for all.
    monkeypatch.setattr(packs, "_size", lambda regions: 30 * 2**20 if regions[0].velocities != (0, 127) else 1800)
    made = make_soundfont(tmp_path / "a.sf2", ((44, 60 + (100 << 8)),))
    header, _ = opened(instrument_pack(0, soundfont=made))
    assert header["regions"][0]["velocities"] == [0, 127]


@pytest.mark.parametrize("program", [-1, 128, 1000, 2.5, "0", True, None])
def test_nonsense_programs_are_refused(program):
    with pytest.raises(ScoreError, match=r"no instrument number .*0-127"):
        instrument_pack(program)


def test_a_missing_soundfont_is_said(tmp_path):
    with pytest.raises(SoundFontError, match=r"none\.sf2.*is not there"):
        instrument_pack(0, soundfont=tmp_path / "none.sf2")
