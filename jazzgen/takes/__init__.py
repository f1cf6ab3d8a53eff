"""From settings to takes: a solo with its band, one or thousands.

settings  what makes a take
stage     where the soloist plays in a plan, and the melody of heads
inputs    what settings name, found and read
take      one take, and the file that its recipe promises
primer    a phrase that a solo begins with or answers
again     which bars of a take are played again, as data and as text
anew      bars played again, the rest kept
recipe    the command that makes the same file again
restore   a take out of its file
many      numbered takes, on all cores
"""
