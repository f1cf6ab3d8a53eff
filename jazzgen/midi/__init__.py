"""MIDI files in and out, at the edge and nowhere else."""

from __future__ import annotations

from jazzgen.midi.find import midi_files
from jazzgen.midi.reading import Reading, read, read_solo
from jazzgen.midi.writing import write_arrangement

__all__ = ["Reading", "midi_files", "read", "read_solo", "write_arrangement"]
