"""The rhythm section: bass, piano or guitar, and drums for any progression.

scene      the context of a part: form, style, tempo, and what the soloist plays
listening  what of the solo the band hears before it plays
bassist    walking and other bass lines, by rules
bass_rhythms  how long their notes are, and what each does
walking    a walking line by a network
rhythms    when chords are struck
shout      the riff of a shout chorus
voicings   which tones sound together, and the next voicing
comping    chords at those hits, under a top line, for pianist and guitarist
pianist    how a piano stacks tones
guitarist  how a guitar stops them, and strummed quarters
kit        the drums' keys
patterns   the time of each style
figures    comments of snare and bass drum, and fills
drum_solo  the drums alone
drummer    these together, bar by bar
compound   all parts of the styles for 6/8 and 12/8; thirds of a beat
holes      where the band asks the soloist for room
ensemble   all of them together: `accompany`, and `count_in`
"""
