"""How a take is laid out in a MIDI file: which tracks, on which channels, at what pitch, with which markers.

A `Layout` holds the choices about the file, not the music; `transposed` and `assign_channels` apply it to an
`Arrangement`. `parse` and `options` are twins: command-line options to a layout and back, so that a recipe
can name every choice that made a file.

Transposition is for transposing instruments. For `Bb` chords and key go up a whole tone, for `Eb` a major
sixth. The solo goes up as its own instrument is written where that is a Bb or Eb instrument (a tenor
saxophone a major ninth, not a whole tone). A number of semitones moves the solo by just that. The band plays
in the new key within its instruments' ranges: a part moves by the octave that takes the fewest of its notes
out of its range, and those are folded back by octaves. Drums never move.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from jazzgen.errors import OptionError
from jazzgen.music.keys import transpose_progression
from jazzgen.music.score import DRUM_CHANNEL, SOLO, Arrangement, Note, Part, Progression, Solo, instrument

MARKERS = ("both", "sections", "chords", "xf", "none")  # xf: sections, and chords as Yamaha's events
# Transposing instruments: semitones from the sounding to the written pitch class.
READERS = {"Bb": 2, "Eb": 9}
MAX_TRANSPOSE = 24  # semitones; beyond two octaves the bass or the solo leaves its instrument's range
SOLO_VOLUME, SOLO_ROOM = 84, 52  # below the band's volumes, as horns are louder where SoundFonts are alike
# Below the lowest, rounding to the file's ticks moves the onsets of a humanized solo to other grid positions.
LOWEST_PPQ, USUAL_PPQ, HIGHEST_PPQ = 48, 480, 0x7FFF


def _parse_tracks(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise OptionError(f"tracks must be names with commas between them, as solo,bass; received {text!r}")
    return names


def _parse_channel(text: str) -> tuple[str, int]:
    name, _, number = (piece.strip() for piece in text.partition("="))
    if not name or not number.isdecimal() or len(number) > 2:
        raise OptionError(f"a channel must be given as TRACK=1..16, as solo=1; received {text!r}")
    return name, int(number)


def _repeated(keys: Iterable[Hashable]) -> tuple[int, int] | None:
    """The indices of the first key that occurs again, and of its repetition."""
    seen: dict[Hashable, int] = {}
    for index, key in enumerate(keys):
        if key in seen:
            return seen[key], index
        seen[key] = index
    return None


def _check_channels(named: Sequence[tuple[str, int]]) -> None:
    """Raise `OptionError` where two of these tracks, (name, channel from 1), share a channel."""
    if shared := _repeated(channel for _, channel in named):
        (one, channel), (other, _) = (named[index] for index in shared)
        raise OptionError(f"{one} and {other} share channel {channel}; give each its own")


def _parse_transpose(text: str) -> int | str:
    reader = text.strip().capitalize()  # bb and BB mean Bb
    if reader in READERS:
        return reader
    if re.fullmatch(r"[+-]?[0-9]{1,4}", text.strip()):
        return int(text)
    raise _transpose_error(text)


def _transpose_error(received: str) -> OptionError:
    return OptionError(
        f"transpose must be {', '.join(READERS)} or -{MAX_TRANSPOSE}..{MAX_TRANSPOSE} semitones, "
        f"received {received!r}"
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """The choices about a MIDI file, checked when made (`OptionError`).

    `markers` is one of `MARKERS`. `tracks` names those to write (empty: all), `channels` pairs a track with
    its channel 1..16 as musicians count; a track that is not named keeps its own or takes the lowest free
    one. `transpose` is in semitones (-24..24) or one of `READERS`, `ppq` in ticks a quarter note. Tracks are
    named in any case: "solo" is "Solo".
    """

    markers: str = MARKERS[0]
    tracks: tuple[str, ...] = ()
    channels: tuple[tuple[str, int], ...] = ()
    transpose: int | str = 0
    ppq: int = USUAL_PPQ

    def __post_init__(self) -> None:
        if self.markers not in MARKERS:
            raise OptionError(f"markers must be one of {', '.join(MARKERS)}, received {self.markers!r}")
        if twice := _repeated(name.casefold() for name in self.tracks):
            raise OptionError(f"track {self.tracks[twice[1]]!r} is asked for twice; name it once")
        for name, channel in self.channels:
            if not 1 <= channel <= 16:
                raise OptionError(f"a channel must be in 1..16, received {name}={channel}")
        if twice := _repeated(name.casefold() for name, _ in self.channels):
            name, channel = self.channels[twice[1]]
            raise OptionError(f"track {name!r} can have one channel, received a second: {channel}")
        _check_channels(self.channels)
        known = READERS if isinstance(self.transpose, str) else range(-MAX_TRANSPOSE, MAX_TRANSPOSE + 1)
        if self.transpose not in known:
            raise _transpose_error(str(self.transpose))
        if not LOWEST_PPQ <= self.ppq <= HIGHEST_PPQ:
            raise OptionError(
                f"PPQ must be in {LOWEST_PPQ}..{HIGHEST_PPQ} ticks a quarter note, received {self.ppq}"
            )

    @classmethod
    def parse(
        cls,
        markers: str = MARKERS[0],
        tracks: str | None = None,
        channels: str | None = None,
        transpose: str = "0",
        ppq: int = USUAL_PPQ,
    ) -> Layout:
        """The layout that command-line options describe.

        Parameters
        ----------
        markers : str
            One of `MARKERS`.
        tracks : str, optional
            The tracks to write, as "solo,bass"; None: all.
        channels : str, optional
            Channels 1..16, as "solo=1,bass=3".
        transpose : str
            "Bb", "Eb" or semitones such as "-2".
        ppq : int
            Ticks a quarter note.

        Returns
        -------
        Layout
            Checked; `OptionError` where an option cannot be used.

        """
        return cls(
            markers=markers,
            tracks=() if tracks is None else _parse_tracks(tracks),
            channels=() if channels is None else tuple(map(_parse_channel, channels.split(","))),
            transpose=_parse_transpose(transpose),
            ppq=ppq,
        )

    def options(self) -> list[str]:
        """The command-line options of this layout, without those at their default."""
        words: list[str] = []
        if self.markers != MARKERS[0]:
            words += ["--markers", self.markers]
        if self.tracks:
            words += ["--tracks", ",".join(self.tracks)]
        if self.channels:
            words += ["--channel", ",".join(f"{track}={channel}" for track, channel in self.channels)]
        if self.transpose:
            words += [f"--transpose={self.transpose}"]  # one word: -2 alone would pass for an option
        if self.ppq != USUAL_PPQ:
            words += ["--ppq", str(self.ppq)]
        return words


AS_USUAL = Layout()


def transposed(arrangement: Arrangement, transpose: int | str) -> Arrangement:
    """`arrangement` transposed: chords, key, solo and band, but not the drums.

    Raises `OptionError` where a note of the solo would leave MIDI's 0..127.
    """
    if not transpose:
        return arrangement
    solo = arrangement.solo
    lead, band = (transpose, transpose) if isinstance(transpose, int) else _written_above(solo, transpose)
    for note in solo.notes:
        if not 0 <= note.pitch + lead <= 127:
            raise OptionError(
                f"transposed by {lead} semitones {SOLO}'s pitch {note.pitch} would leave 0..127; take fewer"
            )
    notes = tuple(replace(note, pitch=note.pitch + lead) for note in solo.notes)
    form = transpose_progression(solo.progression, band)
    parts = tuple(
        part if part.channel == DRUM_CHANNEL else _in_register(part, band, solo.progression)
        for part in arrangement.parts
    )
    return replace(arrangement, solo=replace(solo, notes=notes, progression=form), parts=parts)


def _written_above(solo: Solo, reader: str) -> tuple[int, int]:
    """Semitones up to the written pitches for one of `READERS`: of the solo, and of chords and band."""
    up, own = READERS[reader], instrument(solo.instrument).written_above
    return own if own % 12 == up else up, up if up <= 6 else up - 12


def at_concert_pitch(solo: Solo, reader: str) -> Solo:
    """The twin of `transposed`: a solo that was written for one of `READERS`, as it sounds."""
    lead, band = _written_above(solo, reader)
    notes = tuple(replace(note, pitch=max(note.pitch - lead, 0)) for note in solo.notes)
    return replace(solo, notes=notes, progression=transpose_progression(solo.progression, -band))


def _in_register(part: Part, semitones: int, form: Progression) -> Part:
    """`part` transposed by `semitones` and by octaves that keep it between its `low` and `high`.

    A line is folded back bar by bar, which keeps its contour inside a bar; chords note by note, which keeps
    their position.
    """

    def outside(shift: int) -> int:
        return sum(not part.low <= note.pitch + shift <= part.high for note in part.notes)

    octaves = (semitones % 12 + 12 * octave for octave in range(-3, 3))
    shift = min(octaves, key=lambda shift: (outside(shift), abs(shift - semitones)))
    if not outside(shift):
        return replace(part, notes=tuple(replace(note, pitch=note.pitch + shift) for note in part.notes))
    is_line = len({note.onset for note in part.notes}) == len(part.notes)
    moved: list[Note] = []
    for _, group in groupby(part.notes, lambda note: form.bar_at(note.onset) if is_line else note):
        notes = list(group)
        pitches = _folded([note.pitch + shift for note in notes], part.low, part.high)
        moved += [replace(note, pitch=pitch) for note, pitch in zip(notes, pitches, strict=True)]
    return replace(part, notes=tuple(moved))


def _folded(pitches: list[int], low: int, high: int) -> list[int]:
    """`pitches` moved by one octave into `low`..`high` if all fit, else each by its own octaves."""
    for shift in (0, 12, -12):
        if all(low <= pitch + shift <= high for pitch in pitches):
            return [pitch + shift for pitch in pitches]
    if len(pitches) == 1:
        shifts = [12 * octave for octave in range(-10, 11) if low <= pitches[0] + 12 * octave <= high]
        return [pitches[0] + min(shifts, key=abs, default=0)]
    return [_folded([pitch], low, high)[0] for pitch in pitches]


def assign_channels(arrangement: Arrangement, layout: Layout) -> tuple[tuple[Part, int], ...]:
    """The parts to write, the solo first, each with its channel 0..15.

    A track that is not written keeps its channel reserved, so that a stem has the channel that it has in the
    whole file. Raises `OptionError` where a track does not exist, two share a channel or a name, or drums
    would leave channel 10, the only one where keys are drums and not pitches, or another part come to it.
    """
    solo, band = arrangement.solo, arrangement.parts
    program = instrument(solo.instrument).program
    parts = (Part(SOLO, program, 0, solo.notes, volume=SOLO_VOLUME, room=SOLO_ROOM), *band)
    _check_channels([(part.name, part.channel + 1) for part in band])
    if twice := _repeated(part.name.casefold() for part in parts):
        raise OptionError(f"two tracks are called {parts[twice[1]].name!r}; give each a name of its own")
    channels = _channels(parts, layout.channels)
    wanted = [_find(name, parts) for name in layout.tracks] or parts
    return tuple((part, channels[part.name]) for part in parts if part in wanted)


def _channels(parts: tuple[Part, ...], wanted: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The channel 0..15 of each part by name: as wanted, else its own, else the lowest free one.

    The first part is the solo, which has no channel of its own.
    """
    channels: dict[str, int] = {}
    for name, number in wanted:
        part = _find(name, parts)
        if (number - 1 == DRUM_CHANNEL) != (part.channel == DRUM_CHANNEL):
            advice = "leave it out" if part.channel == DRUM_CHANNEL else "give it another"
            raise OptionError(
                f"channel 10 is for drums and for nothing else, received {name}={number}; {advice}"
            )
        channels[part.name] = number - 1
    for part in parts[1:]:
        if part.name not in channels and part.channel not in channels.values():
            channels[part.name] = part.channel
    for part in parts:
        if part.name not in channels:
            free = set(range(16)) - {DRUM_CHANNEL} - set(channels.values())
            if not free:
                raise OptionError(f"no channel is left for {part.name}; 15 tracks and drums fit into a file")
            channels[part.name] = min(free)
    return channels


def _find(name: str, parts: Sequence[Part]) -> Part:
    for part in parts:
        if part.name.casefold() == name.casefold():
            return part
    known = ", ".join(part.name.casefold() for part in parts)
    raise OptionError(f"no track {name!r} in this take; its tracks are {known}")
