"""MIDI files: a file to a `Solo` (`read_solo`), an `Arrangement` to a file (`write_arrangement`).

reading          a file -> Solo, chords and how both were found
played           how the solo of a file is played, note by note
controllers      bends, vibrato and level: what a channel says <-> what its notes do
tracks           every track as a part, as it is played
writing          Arrangement -> file
layout           which tracks a written file has, on which channels, at what pitch
smf, smf_writing the bytes of a Standard MIDI File <-> Song, in the file's own ticks
xf               Yamaha's chord events <-> chord symbols
solo_track       which track of a Song is the solo
parts, hands     drums and keyswitches; the two hands of a pianist
bars, timeline   the meters and the tempo of a Song; its beats in the file's ticks
markers          sections and facts in the texts of a Song
chord_events     chord symbols in its texts
chord_inference  chords from what the accompaniment of a Song sounds
votes, harmony   what sounds on each beat; the sequence model behind the chords, counted in a corpus
repetition       bars that are alike, heard together
find             the MIDI files in folders
"""

from __future__ import annotations

from jazzgen.midi.find import midi_files
from jazzgen.midi.reading import Reading, read, read_solo
from jazzgen.midi.writing import check_files, write_arrangement

__all__ = ["Reading", "check_files", "midi_files", "read", "read_solo", "write_arrangement"]
