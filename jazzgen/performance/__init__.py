"""Expressive performance: the timing, articulation and dynamics of notes on the grid.

model        the fitted model of a soloist's loudness and lag (performance.json)
expression   scoops, falls, vibrato and ghosted notes of a soloist (expression.json)
feel         plays the parts of an arrangement with both
file_ticks   the ticks of a file under the beats of a solo's grid
performance  how all of them were played, to be kept
"""
