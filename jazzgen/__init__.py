"""jazzgen learns from transcribed jazz solos and improvises new ones over any chord progression, as MIDI.

    from jazzgen import Settings, make_take

    take = make_take(Settings(progression="blues-f", seed=1))
    take.write("take.mid")

These names, and `train`, are imported when they are first asked for: `import jazzgen` costs next to nothing,
and only `train` needs TensorFlow.
"""

# Without `train`: `from jazzgen import *` is to work where TensorFlow is not installed.
__all__ = [
    "Arrangement", "Chord", "Controls", "JazzgenError", "Layout", "Note", "Progression", "Settings", "Solo",
    "Take", "TrainingSettings", "__version__", "accompany", "decode", "describe", "encode", "evaluate",
    "find_progression", "improvise", "lead_sheet", "load_checkpoint", "load_solos", "make_take",
    "parse_chord", "parse_progression", "plot", "read_solo", "read_take", "render",
    "transpose_progression", "write_arrangement", "write_takes",
]  # fmt: skip

# Module -> its names here; the same stand with their types in `__init__.pyi`, for editors and type checkers.
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
    "charts.find": "find_progression",
    "music.keys": "transpose_progression",
    "charts.text": "parse_progression",
    "music.score": "Arrangement Note Progression Solo",
    "rendering.audio": "render",
    "rendering.engrave": "lead_sheet",
    "rendering.piano_roll": "plot",
    "takes.many": "write_takes",
    "takes.restore": "read_take",
    "takes.settings": "Settings",
    "takes.take": "Take make_take",
    "tokens.vocabulary": "decode encode",
    "training.settings": "TrainingSettings",
    "util.version": "__version__",
}
_HOMES = {name: (module, name) for module, names in _MODULES.items() for name in names.split()}
_HOMES["train"] = "training.files", "train_files"


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'jazzgen' has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _HOMES[name]
    globals()[name] = found = getattr(import_module(f"jazzgen.{module}"), attribute)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
