"""Symbolic music and its theory, in ticks and pitch classes; nothing here reads or writes MIDI.

score         the dataclasses: Note, ChordChange, Progression, Solo, Part, Arrangement
pitch         note names and the line of fifths
chords        chord symbols: `parse_chord`, chord scales, guide tones, transposition
keys          key signatures, key estimation, transposing a progression
progressions  progressions as text: `parse_progression`
forms         the built-in progressions: `find_progression`
endings       the last chorus resolved to the tonic
grid          quantization: played time to ticks and back
phrases       where phrases begin
"""
