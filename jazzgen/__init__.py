"""jazzgen learns from transcribed jazz solos and improvises new ones over any chord progression, as MIDI."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
