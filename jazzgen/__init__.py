"""jazzgen learns from transcribed jazz solos and improvises new ones over any chord progression, as MIDI.

    from jazzgen import Settings, make_take

    take = make_take(Settings(progression="blues-f", seed=1))
    take.write("take.mid")

These names, and `train`, are imported when they are first asked for: `import jazzgen` costs next to nothing,
and only `train` needs TensorFlow.
"""

__version__ = "0.1.0"

# Without `train`: `from jazzgen import *` is to work where TensorFlow is not installed.
__all__ = [
    "Arrangement", "Chord", "Controls", "JazzgenError", "Layout", "Note", "Progression", "Settings", "Solo",
    "Take", "TrainingSettings", "__version__", "accompany", "decode", "describe", "encode", "evaluate",
    "find_progression", "improvise", "lead_sheet", "load_checkpoint", "load_solos", "make_take",
    "parse_chord", "parse_progression", "plot", "read_solo", "render", "transpose_progression",
    "write_arrangement", "write_takes",
]  # fmt: skip

TYPE_CHECKING = False  # as type checkers know it; to import `typing` would take longer than all the rest
if TYPE_CHECKING:
    from jazzgen.band.ensemble import accompany
    from jazzgen.corpus.loading import load_solos
    from jazzgen.errors import JazzgenError
    from jazzgen.evaluation.likelihood import evaluate
    from jazzgen.evaluation.statistics import describe
    from jazzgen.improviser.controls import Controls
    from jazzgen.improviser.improvise import improvise
    from jazzgen.midi.layout import Layout
    from jazzgen.midi.reading import read_solo
    from jazzgen.midi.writing import write_arrangement
    from jazzgen.model.checkpoint import load_checkpoint
    from jazzgen.music.chords import Chord, parse_chord
    from jazzgen.music.forms import find_progression
    from jazzgen.music.keys import transpose_progression
    from jazzgen.music.progressions import parse_progression
    from jazzgen.music.score import Arrangement, Note, Progression, Solo
    from jazzgen.rendering.audio import render
    from jazzgen.rendering.engrave import lead_sheet
    from jazzgen.rendering.piano_roll import plot
    from jazzgen.takes.many import write_takes
    from jazzgen.takes.settings import Settings
    from jazzgen.takes.take import Take, make_take
    from jazzgen.tokens.vocabulary import decode, encode
    from jazzgen.training import files as _training_files
    from jazzgen.training.settings import TrainingSettings

    train = _training_files.train_files
else:  # hidden from type checkers: they would take a misspelled name for one of ours
    _MODULES = {
        "band.ensemble": "accompany",
        "corpus.loading": "load_solos",
        "errors": "JazzgenError",
        "evaluation.likelihood": "evaluate",
        "evaluation.statistics": "describe",
        "improviser.controls": "Controls",
        "improviser.improvise": "improvise",
        "midi.layout": "Layout",
        "midi.reading": "read_solo",
        "midi.writing": "write_arrangement",
        "model.checkpoint": "load_checkpoint",
        "music.chords": "Chord parse_chord",
        "music.forms": "find_progression",
        "music.keys": "transpose_progression",
        "music.progressions": "parse_progression",
        "music.score": "Arrangement Note Progression Solo",
        "rendering.audio": "render",
        "rendering.engrave": "lead_sheet",
        "rendering.piano_roll": "plot",
        "takes.many": "write_takes",
        "takes.settings": "Settings",
        "takes.take": "Take make_take",
        "tokens.vocabulary": "decode encode",
        "training.settings": "TrainingSettings",
    }
    _HOMES = {name: (module, name) for module, names in _MODULES.items() for name in names.split()}
    _HOMES["train"] = "training.files", "train_files"

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module 'jazzgen' has no attribute {name!r}")
        from importlib import import_module

        module, attribute = _HOMES[name]
        globals()[name] = found = getattr(import_module(f"jazzgen.{module}"), attribute)
        return found

    def __dir__():
        return sorted({*globals(), *_HOMES})
