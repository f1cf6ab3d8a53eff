"""What a page asks for, as settings of a take: every value is checked, and no text is taken for a path."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from jazzgen.charts.choose import choose_song
from jazzgen.charts.find import ChartOptions, is_written_out, tune_in
from jazzgen.charts.forms import FORMS, find_builtin
from jazzgen.charts.readers import entries
from jazzgen.charts.text_writing import write_tune
from jazzgen.charts.tune import FORMS as CHART_FORMS
from jazzgen.charts.tune import Tune
from jazzgen.errors import JazzgenError, OptionError, ProgressionError
from jazzgen.improviser.controls import Controls, parse_range
from jazzgen.music.chords import parse_chord
from jazzgen.music.pitch import pitch_name
from jazzgen.music.score import Progression
from jazzgen.takes.again import BAND, SOLO, Again
from jazzgen.takes.settings import FASTEST, SLOWEST, Settings

MOST_BARS = 512  # of all choruses
MOST_CHORUSES = 64
MOST_CHART = 200_000  # characters
MOST_TITLE = 200
MOST_SEMITONES = 12
LARGEST_SEED = 2**53 - 1  # that JavaScript counts exactly


T = TypeVar("T")


class GivenError(JazzgenError):
    """A value of a request that cannot be used, and in which `field` it stands."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__(text)
        self.field = field

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.field)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value must be: of these types, and how that is said."""

    types: tuple[type, ...]
    words: str
    none: bool = False


_TEXT, _TEXT_OR_NONE = Kind((str,), "text"), Kind((str,), "text", none=True)
_WHOLE, _WHOLE_OR_NONE = Kind((int,), "a whole number"), Kind((int,), "a whole number", none=True)
_NUMBER, _NUMBER_OR_NONE = Kind((int, float), "a number"), Kind((int, float), "a number", none=True)
_FLAG = Kind((bool,), "true or false")

CONTROLS = {
    "temperature": _NUMBER, "density": _NUMBER_OR_NONE, "rests": _NUMBER_OR_NONE, "range": _TEXT_OR_NONE,
    "outside": _NUMBER, "player": _TEXT_OR_NONE, "motif": _NUMBER, "arc": _TEXT, "max_copied": _WHOLE,
    "units": _TEXT_OR_NONE,
    "effort": _WHOLE_OR_NONE,
}  # fmt: skip
BAND_CHANGES = {"style": _TEXT_OR_NONE}  # of bars that it plays again
CHART = {
    "song": _TEXT_OR_NONE, "form": _TEXT_OR_NONE, "sections": _TEXT_OR_NONE, "key": _TEXT_OR_NONE,
}  # fmt: skip
SETTINGS = CONTROLS | CHART | {
    "chart": _TEXT, "style": _TEXT_OR_NONE, "tempo": _NUMBER_OR_NONE, "choruses": _WHOLE, "instrument": _TEXT,
    "seed": _WHOLE_OR_NONE, "title": _TEXT_OR_NONE, "humanize": _NUMBER, "count_in": _FLAG, "comping": _TEXT,
    "bass": _TEXT, "ending": _TEXT, "head": _FLAG,
}  # fmt: skip


def settings_of(given: Mapping[str, Any], model: str) -> Settings:
    """The settings that a request gives, with a seed and a chart that stands for itself; raises
    `GivenError`.
    """
    values = checked(given, SETTINGS)
    if "chart" not in values:
        raise GivenError("there is no chart; write bars such as | Dm7 | G7 | Cmaj7 | % |", "chart")
    tune = tune_of(values)
    text = _chart_text(values, tune)
    plain: dict[str, Any] = {
        name: values[name]
        for name in (
            "tempo",
            "choruses",
            "instrument",
            "humanize",
            "count_in",
            "comping",
            "bass",
            "ending",
            "head",
        )
        if name in values
    }
    seed = values.get("seed")
    if not 0 <= (seed or 0) <= LARGEST_SEED:
        raise GivenError(f"seed must be in 0..{LARGEST_SEED}, received {seed}", "seed")
    choruses = plain.get("choruses", Settings().choruses)
    bars = len(tune.form.bar_ticks)
    if not 1 <= choruses <= MOST_CHORUSES or choruses * bars > MOST_BARS:
        raise GivenError(
            f"choruses must be in 1..{MOST_CHORUSES} and make at most {MOST_BARS} bars, "
            f"received {choruses} of {bars}",
            "choruses",
        )
    title = " ".join((values.get("title") or "").split())[:MOST_TITLE]
    return _named(
        lambda: Settings(
            progression=text,
            chart=ChartOptions(form="full") if values.get("form") == "full" else ChartOptions(),
            style=values.get("style") or None,
            seed=secrets.randbelow(2**32) if seed is None else seed,
            title=title or None,
            model=model,
            controls=controls_of(values, Controls()),
            **plain,
        )
    )


def controls_of(given: Mapping[str, Any], usual: Controls) -> Controls:
    """`usual` with what is given; raises `GivenError`."""
    values = {name: value for name, value in given.items() if name in CONTROLS}
    if "range" in values:
        text = values.pop("range")
        low, high = _named(lambda: parse_range(text), "range") if text else (None, None)
        values |= {"low": low, "high": high}
    if "player" in values:
        values["player"] = values["player"] or None
    return _named(lambda: usual.changed(**values))


def again_of(given: Mapping[str, Any], usual: Controls) -> Again:
    """The edit that a request asks for; raises `GivenError`."""
    bars, part = given.get("bars"), given.get("part", SOLO)
    if bars is not None and not (
        isinstance(bars, list) and len(bars) == 2 and all(type(bar) is int for bar in bars)
    ):
        raise GivenError("bars must be the first and the last, as [9, 16], or null", "bars")
    if not isinstance(part, str):
        raise GivenError(f"part must be {SOLO}, {BAND} or one of its tracks", "part")
    numbers = checked(
        {name: given[name] for name in ("seed", "candidates") if given.get(name) is not None},
        {"seed": _WHOLE, "candidates": _WHOLE},
    )
    changes = given.get("changes") or {}
    if not isinstance(changes, dict):
        raise GivenError("changes must be settings by name", "changes")
    style = "" if part.casefold() == SOLO else checked(changes, BAND_CHANGES).get("style") or ""
    controls = usual if part.casefold() != SOLO else controls_of(checked(changes, CONTROLS), usual)
    numbers.setdefault("seed", secrets.randbelow(2**32))
    if numbers["seed"] > LARGEST_SEED:
        raise GivenError(f"seed must be in 0..{LARGEST_SEED}, received {numbers['seed']}", "seed")
    return _named(
        lambda: Again(
            None if bars is None else (bars[0], bars[1]),
            part[:80],
            controls=None if controls == usual else controls,
            style=style,
            **numbers,
        )
    )


def checked_tempo(tempo: Any) -> float:
    """A tempo that a request gives; raises `GivenError`."""
    if isinstance(tempo, bool) or not isinstance(tempo, int | float) or not SLOWEST <= tempo <= FASTEST:
        raise GivenError(
            f"tempo must be in {SLOWEST:g}..{FASTEST:g} beats a minute, received {repr(tempo)[:40]}", "tempo"
        )
    return float(tempo)


class Variant(NamedTuple):
    """How a take is heard for practice: at another `tempo`, and moved by `transpose` semitones."""

    tempo: float | None = None
    transpose: int = 0


AS_IT_IS = Variant()


def variant_of(given: Mapping[str, Any]) -> Variant:
    """The variant that a request names; raises `GivenError`."""
    tempo, transpose = given.get("tempo"), given.get("transpose", 0)
    if type(transpose) is not int or not -MOST_SEMITONES <= transpose <= MOST_SEMITONES:
        raise GivenError(
            f"transpose must be in -{MOST_SEMITONES}..{MOST_SEMITONES} semitones, "
            f"received {repr(transpose)[:40]}",
            "transpose",
        )
    return Variant(None if tempo is None else checked_tempo(tempo), transpose)


def checked(given: Mapping[str, Any], kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """What is given, each value of its kind, without those that are null and must not be."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        kind = kinds.get(name)
        if kind is None:
            raise GivenError(
                f"there is no setting {name[:40]!r}; known are {', '.join(sorted(kinds))}", name[:40]
            )
        if value is None:
            if kind.none:
                values[name] = value
            continue
        if not isinstance(value, kind.types) or (isinstance(value, bool) and bool not in kind.types):
            raise GivenError(f"{name} must be {kind.words}, received {repr(value)[:40]}", name)
        if isinstance(value, str) and len(value) > (MOST_CHART if name == "chart" else 1000):
            raise GivenError(f"{name} is {len(value):,} characters long; give less", name)
        values[name] = value
    return values


# -------------------------------------------------------------------------------------------------- the chart


def tune_of(values: Mapping[str, Any]) -> Tune:
    """The tune of a chart that is a built-in name or text, as `song`, `form`, `sections` and `key` ask, in
    the `style`; raises `GivenError`.
    """
    text = values["chart"]
    if (form := values.get("form")) and form not in CHART_FORMS:
        raise GivenError(f"form must be one of {', '.join(CHART_FORMS)}, received {form[:40]!r}", "form")
    options = ChartOptions(
        values.get("song") or None, form or "form", values.get("sections") or "", values.get("key") or ""
    )
    style = values.get("style")
    try:
        if (builtin := _builtin_in(text, options.key)) is not None:
            tune = tune_in(write_tune(Tune(builtin)).encode(), "", options)
        else:
            tune = tune_in(as_text(text), "", options)
        return tune.in_style(style) if style else tune
    except GivenError:
        raise
    except JazzgenError as error:
        asked = tuple(name for name in ("style", "song", "sections", "key") if values.get(name))
        raise GivenError(str(error), _field_in(str(error), asked, "chart")) from None


def _builtin_in(text: str, key: str) -> Progression | None:
    """The built-in form that `text` names, in the key that is asked for, where it has a name of its own."""
    found = find_builtin(text[:80])
    if found is None or not key:
        return found
    name = text.strip().lower()
    kinds = [kind for kind in FORMS if name == kind or name.startswith(f"{kind}-")]
    return find_builtin(f"{max(kinds, key=len)}-{key.strip().lower()}") or found


def as_text(chart: str) -> bytes:
    """The bytes of a chart that is text; raises `GivenError` for what looks like none, which is not
    repeated.
    """
    if not is_written_out(chart) and not _is_chords(chart):
        raise GivenError(
            "the chart is no built-in form, and has no bars; write them as | Dm7 | G7 | Cmaj7 | % |", "chart"
        )
    return (chart + "\n").encode("utf-8", "replace")


def _is_chords(text: str) -> bool:
    """Whether at least one word is a chord symbol."""
    for word in text.split()[:100]:
        try:
            parse_chord(word)
        except JazzgenError:
            continue
        return True
    return False


def _chart_text(values: Mapping[str, Any], tune: Tune) -> str:
    """What `find_tune` reads as `tune` anywhere: the built-in name, the text, or the tune written out."""
    text = str(values["chart"])
    if not any(values.get(name) for name in ("song", "sections", "key")) and values.get("form") != "written":
        if find_builtin(text[:80]) is not None:
            return text.strip().lower()
        return text if is_written_out(text) else f"{text}\n"
    return write_tune(tune if values.get("head") else tune.without_melody())


def read_file(data: bytes, name: str, song: str | None) -> dict[str, Any]:
    """A chart file as jazzgen's own text, its title, its songs and what was assumed; raises
    `JazzgenError`. `name` only says what format it may be of.
    """
    name = re.sub(r"[^\w.+ -]", "-", name)[-80:] or "chart"
    found = entries(data, name)
    titles = [entry.title[:MOST_TITLE] for entry in found[:10_000]]
    if len(found) > 1 and song is None:
        song = "1"
    choose_song(found, song, name)
    tune = tune_in(data, name, ChartOptions(song=song))
    return {
        "text": write_tune(tune),
        "title": tune.title,
        "songs": titles if len(titles) > 1 else [],
        "warnings": list(tune.warnings),
    }


# ------------------------------------------------------------------------------------------- errors, and back


def _named(make: Callable[[], T], field: str = "") -> T:
    """What `make` makes; its error with the field that the message begins with."""
    try:
        return make()
    except GivenError:
        raise
    except (OptionError, ProgressionError) as error:
        known = (*SETTINGS, "bars", "part", "candidates")
        raise GivenError(str(error), field or _field_in(str(error), known, "")) from None


def _field_in(message: str, names: tuple[str, ...], usual: str) -> str:
    head = message.replace("max-copied", "max_copied")[:60]
    return next((name for name in names if re.search(rf"\b{name.removesuffix('s')}", head)), usual)


def settings_json(settings: Settings) -> dict[str, Any]:
    """The settings as a page gives them: the twin of `settings_of`."""
    controls = settings.controls
    ranged = None
    if controls.low is not None and controls.high is not None:
        ranged = f"{pitch_name(controls.low)}-{pitch_name(controls.high)}"
    return {
        "chart": settings.progression,
        "form": settings.chart.form,
        "style": settings.style,
        "tempo": settings.retime or settings.tempo,
        "choruses": settings.choruses,
        "instrument": settings.instrument,
        **{name: getattr(controls, name) for name in CONTROLS if name != "range"},
        "range": ranged,
        "seed": settings.seed,
        "title": settings.title,
        "humanize": settings.humanize,
        "count_in": settings.count_in,
        "comping": settings.comping,
        "bass": settings.bass,
        "ending": settings.ending,
        "head": settings.head,
    }
