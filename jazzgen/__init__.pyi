"""The names of `jazzgen` with their types: `__init__.py` imports them when they are first asked for."""

from jazzgen.band.ensemble import accompany as accompany
from jazzgen.charts.find import find_progression as find_progression
from jazzgen.charts.text import parse_progression as parse_progression
from jazzgen.corpus.loading import load_solos as load_solos
from jazzgen.errors import JazzgenError as JazzgenError
from jazzgen.evaluation.likelihood import evaluate as evaluate
from jazzgen.evaluation.statistics import describe as describe
from jazzgen.improviser.controls import Controls as Controls
from jazzgen.improviser.improvise import improvise as improvise
from jazzgen.midi.layout import Layout as Layout
from jazzgen.midi.reading import read_solo as read_solo
from jazzgen.midi.writing import write_arrangement as write_arrangement
from jazzgen.model.checkpoint import load_checkpoint as load_checkpoint
from jazzgen.music.chords import Chord as Chord
from jazzgen.music.chords import parse_chord as parse_chord
from jazzgen.music.keys import transpose_progression as transpose_progression
from jazzgen.music.score import Arrangement as Arrangement
from jazzgen.music.score import Note as Note
from jazzgen.music.score import Progression as Progression
from jazzgen.music.score import Solo as Solo
from jazzgen.rendering.audio import render as render
from jazzgen.rendering.engrave import lead_sheet as lead_sheet
from jazzgen.rendering.piano_roll import plot as plot
from jazzgen.takes.many import write_takes as write_takes
from jazzgen.takes.restore import read_take as read_take
from jazzgen.takes.settings import Settings as Settings
from jazzgen.takes.take import Take as Take
from jazzgen.takes.take import make_take as make_take
from jazzgen.tokens.vocabulary import decode as decode
from jazzgen.tokens.vocabulary import encode as encode
from jazzgen.training.files import train_files as _train_files
from jazzgen.training.settings import TrainingSettings as TrainingSettings
from jazzgen.util.version import __version__ as __version__

__all__ = [
    "Arrangement", "Chord", "Controls", "JazzgenError", "Layout", "Note", "Progression", "Settings", "Solo",
    "Take", "TrainingSettings", "__version__", "accompany", "decode", "describe", "encode", "evaluate",
    "find_progression", "improvise", "lead_sheet", "load_checkpoint", "load_solos", "make_take",
    "parse_chord", "parse_progression", "plot", "read_solo", "read_take", "render",
    "transpose_progression", "write_arrangement", "write_takes",
]  # fmt: skip

train = _train_files
