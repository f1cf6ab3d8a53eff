"""How good a model, or a set of solos, is: in numbers.

likelihood    how well a model predicts solos that people played
statistics    chord tones, leaps, rests, repeated shapes ... of solos
comparison    two sets of solos: bands and overlap of every statistic
recoding      a solo encoded and decoded: what a take could be
evidence      the excerpts that critics hear, and what a kind of critic is
feature_critic, ngram_critic, recurrent_critic   the three kinds
critic        asks them to separate generated from human solos
report        all of these as text, JSON or a page with plots
"""
