"""A take to hear, to see and to read.

audio         a MIDI file, take or solo as sound
piano_roll    a solo against its chords, as a picture
heat_map      what a model expected at each value of a solo, as a picture
page          what pictures are drawn with and written by: SVG, and PNG by cairosvg
engrave       a lead sheet as MusicXML, SVG or PDF
musicxml      the lead sheet's MusicXML
rhythm        its bars: notes, rests and ties that show the beat
spelling      its note names: C♯ or D♭
symbols       chord symbols and notes as text
sources       what may be rendered: a take, a solo, or the path of a MIDI file
"""
