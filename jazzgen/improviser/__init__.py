"""The improviser: a checkpoint and a progression in, a solo out.

improvise      one solo or many; what a network expected of a solo
between        new bars inside a solo
player         the loop: probabilities, preferences and masks on them, a draw
masks          hard constraints: grid, end of the form, longest silence, last bar
preferences    logit biases: density, rests, outside, motifs, arc, tessitura, and the tuning's corrections
unit_plan      the units of a solo, drawn before its notes or given as text
unit_bias      logit biases of a line that follows them
choosing       playing with effort: of several candidates one, by what the model has learned of people
excerpts       sixteen bars, and the features by which they are judged
harmony_prior  factors for a model that hears no context
controls       the options of a solo
sampling       temperature, top-k, top-p
originality    how much of a solo stands in the training solos
"""
