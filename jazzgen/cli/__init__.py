"""The `jazzgen` command: parse, make one library call, say on one line what was written.

program.py   `main`: the whole command line, exit codes and signals
streams.py   standard streams: printable text only, and streams that the caller closed
common.py    the options that several commands share, and reports
Every other file is one command and has its name: SUMMARY and EXAMPLE for its help, `add_options`, and `run`,
which does it.
"""

from jazzgen.cli.program import build_parser, main

__all__ = ["build_parser", "main"]
