"""Trading with a person while the band plays: `jazzgen live`.

ports           the system's MIDI ports, and ports in memory
clock           what time it is, and where in the tune that is; MIDI clock in and out
output          notes sent ahead to a process of its own, which plays them on time
output_process  that process: nothing late begins, nothing is left sounding
turns           whose bars are whose
upcoming        what is still to be sent, in beats
wheel           bends, vibrato and level of the solo, among its notes
band_ahead      the band's choruses, composed one ahead
hearing         what the person plays, on the grid
trader          what the machine answers
worker          players in processes of their own
recording       what was played: a file that grows, and the take that it becomes
events          what happens, as data for whoever shows it
session         all of them together, from the count-in to the last chord
tap             the time from a key to jazzgen, measured
"""
