"""Symbolic music and its theory, in ticks and pitch classes; nothing here reads or writes MIDI.

score         the dataclasses: Note, ChordChange, Progression, Solo, Part, Arrangement
pitch         note names and the line of fifths
chords        chord symbols: `parse_chord`, chord scales, guide tones, transposition
keys          key signatures, key estimation, transposing a progression
progressions  the styles, and the roots that tokens count from
intros        what the rhythm section plays before a form
endings       the last chorus resolved to the tonic, and a tag
grid          quantization: played time to ticks and back
phrases       where phrases begin
units         what a phrase is: lick, line, melody or rhythm, its contour, what it takes up
note_arrays   a solo's notes as arrays, for what counts them
"""
