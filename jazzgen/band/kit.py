"""The drum kit: General MIDI percussion keys, and hits on them.

With the brush kit of General MIDI 2 the snare's keys are a brush's tap (38) and swirl (40); a synthesizer
without that kit plays them on soft snares.
"""

from __future__ import annotations

KICK, STICK, SNARE, SWIRL = 36, 37, 38, 40
LOW_TOM, MID_TOM, HIGH_TOM = 41, 45, 48
CLOSED, PEDAL, CRASH, RIDE, BELL = 42, 44, 49, 51, 53
FEET = (PEDAL, KICK)

Hits = list[tuple[int, int, int]]  # (onset in the bar in ticks, key, velocity)
