"""Sound: a score played on a SoundFont, and sound files.

``synthesize`` makes samples, ``write_audio`` makes a file of them; ``instrument_pack`` is what a browser plays from.
"""

from musegen.audio.files import write_audio
from musegen.audio.pack import instrument_pack
from musegen.audio.render import MAX_MINUTES, synthesize
from musegen.audio.soundfont import SoundFontError, find_soundfont

__all__ = ["MAX_MINUTES", "SoundFontError", "find_soundfont", "instrument_pack", "synthesize", "write_audio"]
