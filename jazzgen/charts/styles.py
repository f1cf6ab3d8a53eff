"""The style and the tempo that a chart's own words stand for: "Medium Up Swing", "Jazz-Bossa Nova"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from jazzgen.music.progressions import STYLES
from jazzgen.music.score import Progression

# Tried in this order; the first whose words occur in the groove, then in the style, is taken.
_WORDS = (
    ("waltz", "waltz"),
    ("samba", "samba|baião|baiao|batucada|partido"),
    ("bossa", "bossa|brazil"),
    ("ballad", "ballad|bolero"),
    ("up-tempo", "up.?tempo|be.?bop|fast.*swing|swing.*fast"),
    (
        "straight",
        r"even|straight|latin|afro|\bcha\b|cha.?cha|\bson\b|tango|calypso|funk|rock|pop|soul|r&b|rnb|disco|"
        "country|reggae|folk|hymn|16ths",
    ),
    ("shuffle", "shuffle|boogie|jump"),
    ("swing", "swing|blues|trad|dixieland|new orleans|gypsy|second line|jazz"),
)
_COMPOUND = (
    ("afro-cuban", r"afro|latin|cuban|n[aá]nigo|bemb|samba|african"),
    ("slow-blues", "blues|swing|shuffle|gospel|soul|r&b|rnb|ballad|rock|pop|12.?8"),
)
_COMPOUND_NAMES = {"afro-cuban": r"afro|cuban|n[aá]nigo|bemb|african", "slow-blues": "slow.*blues|12.?8"}
# Beats a minute, where a chart gives none.
_TEMPOS = (
    (65.0, "ballad|bolero"),
    (100.0, "slow.*swing"),
    (180.0, "medium up|med.* up"),
    (240.0, "up.?tempo|be.?bop|fast.*swing"),
    (140.0, "waltz|bossa|medium.*swing"),
    (200.0, "samba"),
    (128.0, "shuffle"),
    (170.0, "latin"),
    (150.0, "even"),
    (130.0, "country"),
    (105.0, r"funk|rock|\bpop\b"),
)


def read_style(groove: str, style: str, *, compound: bool = False) -> str:
    """One of `progressions.STYLES` that the words stand for; empty where none is known. In a compound meter
    only its own styles are meant: a swing in 12/8 is a slow blues.
    """
    if style in STYLES:
        return style
    for words in (groove, style):
        for name, pattern in _COMPOUND if compound else _WORDS:
            if re.search(pattern, words[:200], re.IGNORECASE):
                return name
    return ""


def means(style: str, groove: str, words: str) -> bool:
    """Whether the words name a `style` of compound meters, and are not only nearest to it."""
    pattern = _COMPOUND_NAMES.get(style, "")
    return words in STYLES or any(re.search(pattern, text[:200], re.IGNORECASE) for text in (groove, words))


def style_word(form: Progression, words: Mapping[str, str]) -> str:
    """The word of another program for the style of `form`; the style itself where that would be read as
    another.
    """
    word = words.get(form.style, form.style)
    return word if read_style("", word, compound=form.meters[0].compound) == form.style else form.style


def usual_tempo(groove: str, style: str) -> float | None:
    """Beats a minute at which such a style is usually played; None where no word is known."""
    for words in (style, groove):
        for tempo, pattern in _TEMPOS:
            if re.search(pattern, words[:200], re.IGNORECASE):
                return tempo
    return None
