"""The rhythm section: bass, piano or guitar, and drums for any progression.

scene      the context of a part: form, style, tempo, and what the soloist plays
bassist    walking and other bass lines
comping    comping rhythms and voice leading, shared by pianist and guitarist
pianist    piano voicings
guitarist  guitar voicings and strummed quarters
drummer    drum patterns, fills and comments
compound   all parts of the styles for 6/8 and 12/8; thirds of a beat
ensemble   all of them together: `accompany`, and `count_in`
"""
