"""The names of General MIDI's instruments, and which one a written name asks for where a file names no program."""

from __future__ import annotations

import re

_PROGRAMS: tuple[tuple[str, int], ...] = (
    # what the name contains, as a regular expression; program 0-127. The first that fits counts.
    (r"piccolo", 72),
    (r"recorder|blockfl|flauto dolce", 74),
    (r"shakuhachi", 77),
    (r"flute|fl[öo]te|flauto|traverso", 73),
    (r"english horn|corno inglese|englischhorn", 69),
    (r"oboe|hautbois", 68),
    (r"clarinet|klarinette", 71),
    (r"bassoon|fagott|basson\b", 70),
    (r"sax", 65),
    (r"trumpet|trompete|tromba|cornet", 56),
    (r"trombone|posaune", 57),
    (r"tuba", 58),
    (r"\bhorn|\bcor\b|corno", 60),
    (r"violoncello|cello", 42),
    (r"contrabass|double bass|kontrabass", 43),
    (r"violin\b|violine|violino|fiddle|\bvln", 40),
    (r"viola\b|bratsche|\bvla\b", 41),
    (r"harpsichord|cembalo|clavecin", 6),
    (r"organ|orgel|organo", 19),
    (r"piano|klavier|pianoforte", 0),
    (r"\bharp|harfe|arpa", 46),
    (r"electric bass|bass guitar", 33),
    (r"guitar|gitarre|chitarra|lute|laute", 24),
    (r"mandolin", 25),
    (r"banjo", 105),
    (r"shamisen", 106),
    (r"koto|guzheng", 107),
    (r"bagpipe|dudelsack", 109),
    (r"accordion|akkordeon", 21),
    (r"timpani|pauken", 47),
    (r"glockenspiel", 9),
    (r"xylophon", 13),
    (r"marimba", 12),
    (r"vibraphon", 11),
    (r"voice|vocal|choir|chor\b|soprano|alto|tenor|baritone|\bbass\b|mezzo|singst|gesang|stimme|canto|chant", 52),
)
CHOIR = {
    "s": "Soprano",
    "a": "Alto",
    "t": "Tenor",
    "b": "Bass",
    "sop": "Soprano",
    "ten": "Tenor",
    **{name.lower(): name for name in ("Soprano", "Alto", "Tenor", "Bass", "Baritone", "Descant", "Mezzo")},
}
"""Voices of a choir by what they are called or shortened to, in small letters."""

_NAMES = (
    "Acoustic Grand Piano|Bright Acoustic Piano|Electric Grand Piano|Honky-tonk Piano|Electric Piano 1|"
    "Electric Piano 2|Harpsichord|Clavinet|Celesta|Glockenspiel|Music Box|Vibraphone|Marimba|Xylophone|"
    "Tubular Bells|Dulcimer|Drawbar Organ|Percussive Organ|Rock Organ|Church Organ|Reed Organ|Accordion|"
    "Harmonica|Tango Accordion|Acoustic Guitar (nylon)|Acoustic Guitar (steel)|Electric Guitar (jazz)|"
    "Electric Guitar (clean)|Electric Guitar (muted)|Overdriven Guitar|Distortion Guitar|Guitar Harmonics|"
    "Acoustic Bass|Electric Bass (finger)|Electric Bass (pick)|Fretless Bass|Slap Bass 1|Slap Bass 2|"
    "Synth Bass 1|Synth Bass 2|Violin|Viola|Cello|Contrabass|Tremolo Strings|Pizzicato Strings|Orchestral Harp|"
    "Timpani|String Ensemble 1|String Ensemble 2|Synth Strings 1|Synth Strings 2|Choir Aahs|Voice Oohs|"
    "Synth Voice|Orchestra Hit|Trumpet|Trombone|Tuba|Muted Trumpet|French Horn|Brass Section|Synth Brass 1|"
    "Synth Brass 2|Soprano Sax|Alto Sax|Tenor Sax|Baritone Sax|Oboe|English Horn|Bassoon|Clarinet|Piccolo|Flute|"
    "Recorder|Pan Flute|Blown Bottle|Shakuhachi|Whistle|Ocarina|Lead 1 (square)|Lead 2 (sawtooth)|"
    "Lead 3 (calliope)|Lead 4 (chiff)|Lead 5 (charang)|Lead 6 (voice)|Lead 7 (fifths)|Lead 8 (bass and lead)|"
    "Pad 1 (new age)|Pad 2 (warm)|Pad 3 (polysynth)|Pad 4 (choir)|Pad 5 (bowed)|Pad 6 (metallic)|Pad 7 (halo)|"
    "Pad 8 (sweep)|FX 1 (rain)|FX 2 (soundtrack)|FX 3 (crystal)|FX 4 (atmosphere)|FX 5 (brightness)|"
    "FX 6 (goblins)|FX 7 (echoes)|FX 8 (sci-fi)|Sitar|Banjo|Shamisen|Koto|Kalimba|Bagpipe|Fiddle|Shanai|"
    "Tinkle Bell|Agogo|Steel Drums|Woodblock|Taiko Drum|Melodic Tom|Synth Drum|Reverse Cymbal|Guitar Fret Noise|"
    "Breath Noise|Seashore|Bird Tweet|Telephone Ring|Helicopter|Applause|Gunshot"
)
"""General MIDI 1: the instruments of programs 0-127."""
_DRUM_NAMES = (
    "Acoustic Bass Drum|Bass Drum 1|Side Stick|Acoustic Snare|Hand Clap|Electric Snare|Low Floor Tom|"
    "Closed Hi-Hat|High Floor Tom|Pedal Hi-Hat|Low Tom|Open Hi-Hat|Low-Mid Tom|Hi-Mid Tom|Crash Cymbal 1|"
    "High Tom|Ride Cymbal 1|Chinese Cymbal|Ride Bell|Tambourine|Splash Cymbal|Cowbell|Crash Cymbal 2|Vibraslap|"
    "Ride Cymbal 2|Hi Bongo|Low Bongo|Mute Hi Conga|Open Hi Conga|Low Conga|High Timbale|Low Timbale|High Agogo|"
    "Low Agogo|Cabasa|Maracas|Short Whistle|Long Whistle|Short Guiro|Long Guiro|Claves|Hi Wood Block|"
    "Low Wood Block|Mute Cuica|Open Cuica|Mute Triangle|Open Triangle"
)
"""General MIDI 1: the drums of keys 35-81."""


def instrument_name(program: int) -> str:
    """What General MIDI calls a program (0-127)."""
    return _NAMES.split("|")[program]


def drum_name(pitch: int) -> str:
    """What General MIDI calls the drum of a key (0-127)."""
    return _DRUM_NAMES.split("|")[pitch - 35] if 35 <= pitch <= 81 else f"Drum {pitch}"


def program_for(name: str, default: int = 0) -> int:
    """The General MIDI program (0-127) that fits an instrument's name in English, German, French or Italian."""
    lowered = name.lower()
    return next((program for pattern, program in _PROGRAMS if re.search(pattern, lowered)), default)
