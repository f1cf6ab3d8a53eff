"""How good a model, or a set of solos, is: in numbers.

likelihood    how well a model predicts solos that people played
note_arrays   a solo's notes as arrays, for statistics and features
statistics    chord tones, leaps, rests, repeated shapes ... of solos
comparison    two sets of solos: bands and overlap of every statistic
features      the critic's numbers of sixteen bars
critic        a classifier that separates generated from human solos
report        all of these as text, JSON or a page with plots
"""
