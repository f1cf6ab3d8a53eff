"""A take to hear, to see and to read: `audio` sounds it, `piano_roll` draws it, `lead_sheet` engraves it.

What they need beyond jazzgen's own packages is optional. `optional` imports it where it is used, so that
nobody waits for or installs what he does not ask for, and says in one line what is missing.
"""

from __future__ import annotations

from jazzgen.util.packages import optional

__all__ = ["optional"]
