"""`jazzgen studio`: a local page on which takes are made, changed, compared, heard and saved.

serve        the program: an address, a server, a browser
guard        who may speak to it: Host, Origin, one-time tokens, a strict cookie, content types
app          its routes
studio       what can be done: the session with its processes and favourites
session      takes side by side, undo and redo
given        what a page asks for, as settings; text, never paths
chart_check  a chart while it is typed: its errors, and where they stand
options      what a page offers to choose from
workers      processes that are spawned, and end with this one
progress     what is under way, as server-sent events
composing    what the composing process does
sounding     what the rendering processes do
sound        chunks of sound: wanted, rendered, kept
chunks       a take cut into chunks that add up to its sound
small_font   only the presets of a SoundFont that a file plays
mixer        mute, solo, volume and pan, in samples and in MIDI
roll         what is drawn of a take
sheet        the lead sheet, and where each bar stands
why          what else was likely for a note, and the run that it is part of
favourites   takes on disk
live         a session of trading, in a process of its own
page         the page itself, in plain JavaScript
"""
