"""From settings to takes: a solo with its band, one or thousands.

settings  what makes a take
take      one take, and the file that its recipe promises
recipe    the command that makes the same file again
many      numbered takes, on all cores
"""
