"""What the band plays, in figures, beside people's: `python -m checks.band`.

takes      solos to play under, made once, and the band's parts under each
bass       walking lines: roots, chord tones, leaps; and a classifier between them and people's
playing    comping, drums, and how they follow the solo
"""
