"""What is not about music: files, processes, packages, terminals.

files.py      written whole or not at all; read only where they are files
parallel.py   functions mapped over items by all cores
packages.py   optional packages, imported where they are used
progress.py   a progress bar
signals.py    signal handlers for a while
"""
