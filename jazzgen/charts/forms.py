"""The built-in progressions in all twelve keys.

`FORMS` maps each kind ("jazz-blues") to its text in the notation of `text.py`, in its usual key. They
are common forms in the public domain, without melodies.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from jazzgen.charts.text import parse_progression
from jazzgen.music.keys import key_tonic, read_key, transpose_progression
from jazzgen.music.score import Progression

_TABLE = """
== blues
title: Blues
key: F
[A] | F7  | Bb7 | F7  | %   |
[B] | Bb7 | %   | F7  | %   |
[C] | C7  | Bb7 | F7  | C7  |

== jazz-blues
title: Jazz blues
key: Bb
[A] | Bb7  | Eb7   | Bb7      | Fm7 Bb7   |
[B] | Eb7  | Edim7 | Bb7      | Dm7b5 G7b9 |
[C] | Cm7  | F7    | Bb7 G7b9 | Cm7 F7    |

== blues-descending
title: Blues of many cadences
key: F
[A] | Fmaj7 | Em7b5 A7b9 | Dm7 G7 | Cm7 F7  |
[B] | Bb7   | Bbm7 Eb7   | Am7 D7 | Abm7 Db7 |
[C] | Gm7   | C7         | Am7 D7 | Gm7 C7  |

== minor-blues
title: Minor blues
key: Cm
[A] | Cm7     | Fm7   | Cm7 | C7alt       |
[B] | Fm7     | %     | Cm7 | %           |
[C] | Ab7     | G7alt | Cm7 | Dm7b5 G7alt |

== waltz-blues
title: Waltz blues
key: G
meter: 3/4
style: waltz
[A] | G7  | C7 | G7 | Dm7 . G7 |
[B] | C7  | %  | G7 | E7b9     |
[C] | Am7 | D7 | G7 | D7       |

== rhythm-changes
title: Rhythm changes
key: Bb
[A] | Bbmaj7 G7 | Cm7 F7 | Dm7 G7 | Cm7 F7 | Fm7 Bb7 | Ebmaj7 Ab7 | Dm7 G7  | Cm7 F7 |
[A] | Bbmaj7 G7 | Cm7 F7 | Dm7 G7 | Cm7 F7 | Fm7 Bb7 | Ebmaj7 Ab7 | Cm7 F7 | Bb6    |
[B] | D7        | %      | G7     | %      | C7      | %         | F7     | %      |
[A] | Bbmaj7 G7 | Cm7 F7 | Dm7 G7 | Cm7 F7 | Fm7 Bb7 | Ebmaj7 Ab7 | Cm7 F7 | Bb6    |

== ii-v-i
title: ii-V-I
key: C
[A] | Dm7 | G7 | Cmaj7 | % |

== minor-ii-v-i
title: Minor ii-V-i
key: Cm
[A] | Dm7b5 | G7alt | Cm6 | % |

== turnaround
title: Turnaround
key: C
[A] | Cmaj7 A7b9 | Dm7 G7 | Em7 A7alt | Dm7 G7 |
[B] | Cmaj7 Eb7  | Abmaj7 Db7 | Cmaj7 A7alt | Dm7 G7 |

== modal-aaba
title: Modal AABA
key: Dm
[A] |: Dm7  | % | % | % | % | % | % | % :|
[B] |  Ebm7 | % | % | % | % | % | % | % |
[A] |  Dm7  | % | % | % | % | % | % | % |

== modal-vamps
title: Four modes
key: Dm
style: straight
[A] | Dm11       | % | % | % | % | % | % | % |
[B] | Fmaj7#11   | % | % | % | % | % | % | % |
[C] | Ab13sus4   | % | % | % | % | % | % | % |
[D] | G7sus4b9   | % | % | % | A7sus4b9 | % | A7alt | % |

== bossa
title: Bossa
key: F
style: bossa
[A] | Fmaj7 | %     | G7#11 | %   | Gm7    | C7   | Fmaj7 | Gm7 C7 |
[A] | Fmaj7 | %     | G7#11 | %   | Gm7    | C7   | Fmaj7 | %      |
[B] | Bbmaj7 | Bbm6 | Am7   | Abdim7 | Gm7 | A7b9 | Dm7  | G9     |
[A] | Fmaj7 | %     | G7#11 | %   | Gm7    | Gb7#11 | F69 | Gm7 C7b9 |

== minor-bossa
title: Minor bossa
key: Cm
style: bossa
[A] | Cm7   | %   | Fm7    | %  | Dm7b5 | G7b9 | Cm7 | Cm6         |
[B] | Ebm7  | Ab7 | Dbmaj7 | %  | Dm7b5 | G7b9 | Cm69 | Dm7b5 G7alt |

== waltz
title: Waltz
key: Bb
meter: 3/4
style: waltz
[A] | Bbmaj7 | %    | Am7b5 | D7b9 | Gm7    | %    | Fm7   | Bb7  |
[B] | Ebmaj7 | Ebm6 | Dm7   | G7b9 | Cm7    | F7   | Bbmaj7 | F7sus4 |
[A] | Bbmaj7 | %    | Am7b5 | D7b9 | Gm7    | %    | Fm7   | Bb7  |
[C] | Ebmaj7 | Edim7 | Bbmaj7/F | G7 | C9   | F7b9 | Bb69  | %    |

== ballad
title: Ballad
key: Eb
style: ballad
[A] | Ebmaj7 Cm7 | Fm7 Bb7 | Gm7 C7b9  | Fm7 Abm6  | Gm7 Gbdim7 | Fm7 Bb7 | Gm7 C7b9 | Fm7 Bb7 |
[A] | Ebmaj7 Cm7 | Fm7 Bb7 | Gm7 C7b9  | Fm7 Abm6  | Gm7 Gbdim7 | Fm7 Bb7 | Eb69     | Bbm7 Eb7 |
[B] | Abmaj7     | Abm7 Db7 | Gbmaj7   | Gbm7 B7   | Emaj7      | F9      | Fm7      | Bb13 Bb7b9 |
[A] | Ebmaj7 Cm7 | Fm7 Bb7 | Gm7 C7b9  | Fm7 Abm6  | Gm7 Gbdim7 | Fm7 Bb7 | Eb69     | Fm7 Bb7 |

== standard-abac
title: Standard ABAC
key: G
[A] | Gmaj7 | E7   | Am7   | %      | D7    | %    | Gmaj7 | Bm7b5 E7 |
[B] | Am7   | Cm6  | Bm7   | E7     | A7    | %    | Am7   | D7       |
[A] | Gmaj7 | E7   | Am7   | %      | D7    | %    | Gmaj7 | Bm7b5 E7 |
[C] | Am7   | Cm7 F7 | Bm7 | Bbdim7 | Am7   | D7   | G6    | Am7 D7   |

== minor-aaba
title: Minor AABA
key: Am
[A] |: Am6  | E7b9 | Am6   | A7b9 | Dm7 | Bm7b5 E7b9 | Am6 | Bm7b5 E7b9 :|
[B] |  Gm7  | C7   | Fmaj7 | %    | Fm7 | Bb7       | E7sus4 | E7b9 |
[A] |  Am6  | E7b9 | Am6   | A7b9 | Dm7 | Bm7b5 E7b9 | Am6 | % |

== circle-of-fifths
title: Circle of fifths
key: C
[A] | B7  | E7  | A7  | D7  | G7  | C7  | F7  | Bb7 |
[B] | Eb7 | Ab7 | Db7 | Gb7 | Fm7 Bb7 | Em7 A7 | Dm7 G7 | Cmaj7 |

== circle-of-thirds
title: Circle of major thirds
key: C
style: up-tempo
[A] | Cmaj7 Eb7  | Abmaj7 B7 | Emaj7 G7 | Cmaj7 | F#m7 B7 | Emaj7 G7 | Cmaj7 Eb7 | Abmaj7 |
[B] | Dm7 G7     | Cmaj7     | Bbm7 Eb7 | Abmaj7 | F#m7 B7 | Emaj7   | Dm7      | G7     |

== five-four
title: Minor vamp in five
key: Ebm
meter: 5/4
style: straight
[A] |: Ebm7 . . Bbm7 . | % | % | % :|
[B] |  Cbmaj7 . . Abm7 . | Bbm7 . . Ebm7 . | Abm7 . . Db7 . | Gbmaj7 |
    |  Cbmaj7 . . Abm7 . | Bbm7 . . Ebm7 . | Fm7b5 | Bb7alt |
[A] |  Ebm7 . . Bbm7 . | % | % | % |
"""

_PARTS = re.split(r"^== (.+)\n", _TABLE, flags=re.MULTILINE)[1:]
FORMS = dict(zip(_PARTS[::2], _PARTS[1::2], strict=True))


def builtin_names() -> tuple[str, ...]:
    """Every built-in progression, each kind in twelve keys from its usual one up: blues-f, blues-gb, ..."""
    return tuple(_builtin_name(kind, semitones) for kind in FORMS for semitones in range(12))


@cache
def _builtin(kind: str, semitones: int) -> Progression:
    """The built-in progression of this kind, `semitones` above its usual key."""
    progression = transpose_progression(parse_progression(FORMS[kind]), semitones)
    key = progression.key.removesuffix("m")
    mode = "" if key == progression.key or "minor" in kind else " minor"  # minor-blues has it in its title
    return replace(progression, title=f"{progression.title} in {key}{mode}")


def _builtin_name(kind: str, semitones: int) -> str:
    key = _builtin(kind, semitones).key.lower()
    return f"{kind}-{key.removesuffix('m') if 'minor' in kind else key}"


def find_builtin(text: str) -> Progression | None:
    """The built-in progression called `text`, None where there is none."""
    name = text.strip().lower()
    if name in FORMS:
        return _builtin(name, 0)
    kind, _, key = name.rpartition("-")
    wanted = read_key(key[:1].upper() + key[1:])
    if kind not in FORMS or wanted is None:
        return None
    usual = read_key(_builtin(kind, 0).key) or (0, False)
    if wanted[1] and not usual[1]:
        return None  # a minor key of a form in major
    return _builtin(kind, (key_tonic(*wanted) - key_tonic(*usual)) % 12)
