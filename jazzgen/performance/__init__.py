"""Expressive performance: the timing, articulation and dynamics of notes on the grid.

model        the fitted model of a soloist's loudness and lag (performance.json)
feel         plays the parts of an arrangement with it
performance  how all of them were played, to be kept
"""
