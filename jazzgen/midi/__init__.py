"""MIDI files in and out, at the edge and nowhere else."""

from __future__ import annotations

from jazzgen.midi.reading import Reading, midi_files, read, read_solo, write_arrangement

__all__ = ["Reading", "midi_files", "read", "read_solo", "write_arrangement"]
