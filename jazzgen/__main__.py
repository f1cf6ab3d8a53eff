"""`python -m jazzgen` is the `jazzgen` command."""

import sys

from jazzgen.cli import main

sys.exit(main())
