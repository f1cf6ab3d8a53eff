"""A take to hear, to see and to read.

audio         a MIDI file, take or solo as sound
parts         the parts of a MIDI file as files of their own
soundfonts    which SoundFont they are played with
synthesis     how: by midirenderer or FluidSynth
room          the room in which they sound
loudness      how loud each is, after ITU-R BS.1770
mixing        what gain each gets, and the limiter for all
sound_files   samples as WAV, FLAC, Ogg Vorbis and MP3
piano_roll    a solo against its chords, as a picture
band_roll     all parts under one another, drums by instrument
heat_map      what a model expected at each value of a solo, as a picture
page          what pictures are drawn with and written by: SVG, and PNG by cairosvg
engrave       a lead sheet as MusicXML, SVG or PDF
musicxml      the lead sheet's MusicXML
rhythm        its bars: notes, rests and ties that show the beat
spelling      its note names: C♯ or D♭
symbols       chord symbols and notes as text
sources       what may be rendered: a take, a solo, or the path of a MIDI file
"""
