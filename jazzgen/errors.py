"""The exceptions of jazzgen, and what a caller can catch.

    JazzgenError                what the user gave cannot be used; its text is one line for a person
    ├── MidiError               a MIDI file cannot be read as a solo
    │   ├── NoChordsError       it has notes but no chords, nor can they be inferred: give a progression
    │   └── TrackError          no track is a solo, or the track asked for is not there
    ├── HarmonyError            text that should be harmony is not
    │   ├── ChordError          an unknown chord symbol
    │   └── ProgressionError    an unknown progression, or one whose bars do not add up
    │       └── NoBarsError     chords above words, without bars
    ├── DataError               a data set that cannot be used: an empty folder, a corpus of another kind
    ├── CheckpointError         a weights file that is not one, or does not fit
    ├── OptionError             an option or argument outside its range
    ├── OutputError             a file that cannot be written
    ├── PortError               a MIDI port is not there, or has gone
    ├── WorkersError            processes that work together cannot reach each other, do not agree, or die
    └── MissingPackageError     an optional package that this command needs is not installed

Every message names the thing, says what was received and what would do. The command line prints it on one
line and exits with 2, and likewise what the machine refuses (`OSError`, `MemoryError`); anything else is a
bug and shows its traceback.
"""

from __future__ import annotations

__all__ = [
    "CheckpointError",
    "ChordError",
    "DataError",
    "HarmonyError",
    "JazzgenError",
    "MidiError",
    "MissingPackageError",
    "NoBarsError",
    "NoChordsError",
    "OptionError",
    "OutputError",
    "PortError",
    "ProgressionError",
    "TrackError",
    "WorkersError",
]


class JazzgenError(Exception):
    """What the user gave cannot be used; the text is one line for a person."""


class MidiError(JazzgenError):
    """A MIDI file cannot be read as a solo."""


class NoChordsError(MidiError):
    """The file has notes but no chords."""


class TrackError(MidiError):
    """No track of the file is a solo, or the track asked for is not there."""


class HarmonyError(JazzgenError):
    """Text that should be harmony is not."""


class ChordError(HarmonyError):
    """An unknown chord symbol."""


class ProgressionError(HarmonyError):
    """An unknown progression, or one whose bars do not add up."""


class NoBarsError(ProgressionError):
    """A song of words with chords above them, without bars."""


class DataError(JazzgenError):
    """A data set cannot be used."""


class CheckpointError(JazzgenError):
    """A weights file is not one, or does not fit what it is loaded into."""


class OptionError(JazzgenError, ValueError):
    """An option or argument lies outside its range."""


class OutputError(JazzgenError):
    """A file cannot be written."""


class PortError(JazzgenError):
    """A MIDI port is not there, cannot be opened, or has gone."""


class WorkersError(JazzgenError):
    """Processes that work together cannot reach each other, do not agree, or die."""


class MissingPackageError(JazzgenError):
    """An optional package that this command needs is not installed."""
