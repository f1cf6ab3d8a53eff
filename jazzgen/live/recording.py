"""What was played in a session: `Recording` keeps it, and makes the take of it.

The machine's solo, the person and each of the band have a track. What the person did is there as it was
played, pedals and bends too; the file's bars begin with the count-in. A clock that was followed is there as a
tempo map, so that the file plays as the session did. While the session lasts, everything is
in a `Journal` beside the take, which stays where the take cannot be written.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mido
import numpy as np

from jazzgen import midi
from jazzgen.band import ensemble
from jazzgen.charts.tune import joined
from jazzgen.errors import OutputError
from jazzgen.live.band_ahead import Rows, notes_of
from jazzgen.live.clock import tempo_changes
from jazzgen.live.journal import TEMPO, Journal, meta
from jazzgen.live.turns import Answer, Bars
from jazzgen.live.upcoming import OFF, ON
from jazzgen.music.endings import with_ending
from jazzgen.music.grid import PlayedNote, snap_onsets
from jazzgen.music.meters import compound_beats_of
from jazzgen.music.score import DRUM_CHANNEL, SOLO, TICKS_PER_BEAT, Arrangement, Note, Part, Progression, Solo
from jazzgen.performance.performance import PPQ, Performance
from jazzgen.util.files import check_writable, replacing

YOU = "You"  # the person's track
YOUR_CHANNEL = 3
SOLO_CHANNEL = 0
SAME_PACE = 0.002  # a share: less is jitter
SHORTEST = 2 / PPQ  # beats of a note whose key came up at once: a file leaves out what has no length


@dataclass(frozen=True, slots=True)
class Facts:
    """What the take says besides notes: `tempo` in beats of the first meter a minute."""

    tempo: float
    instrument: str
    title: str
    recipe: str


class Recording:
    """A session over `bars`, to be written to `path`; raises `OutputError` where that cannot be.

    `band` are its players, without notes. None for a path keeps nothing on disk.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None, bars: Bars, facts: Facts, band: Sequence[Part]
    ) -> None:
        self.bars, self.facts, self.band = bars, facts, list(band)
        self.path = None if path is None else Path(path)
        self.counted = bars.form.meters[0].beats
        self._human: tuple[array[float], bytearray] = (array("d"), bytearray())  # beats, 4 bytes each
        self._machine: list[tuple[Note, PlayedNote]] = []
        self._choruses: dict[int, Rows] = {}
        self._first = -float(self.counted)
        self._followed: list[tuple[float, float]] = []  # quarters from the count-in on, seconds
        self._pace = 0.0  # that the journal has
        self.journal: Journal | None = None
        if self.path is not None:
            check_writable(self.path)
            part = self.path.with_name(f"{self.path.stem}.part{self.path.suffix}")
            self.journal = Journal(part, bars.form, facts.tempo, self._quarters)

    def _quarters(self, beat: float) -> float:
        return self.bars.quarters(beat) - self.bars.quarters(self._first)

    def machine_notes(self, end: float) -> int:
        """How many notes the machine has answered before the beat `end`."""
        return sum(played.onset < end for _, played in self._machine)

    # ----------------------------------------------------------------------------------------- while it lasts

    def human(self, beat: float, message: bytes) -> None:
        """What the person did, at a beat; before the count-in it is at its beginning."""
        beat = max(beat, self._first)
        self._human[0].append(beat)
        self._human[1].extend(bytes((len(message),)) + message.ljust(3, b"\0")[:3])
        if self.journal is not None:
            self.journal.add(beat, bytes((message[0] & 0xF0 | YOUR_CHANNEL,)) + message[1:])

    def followed(self, quarter: float, second: float, pace: float) -> None:
        """The clock that is followed had its `quarter`, from the count-in on, at a second; then this pace."""
        self._followed.append((quarter, second))
        if self.journal is not None and abs(pace - self._pace) > SAME_PACE * pace:
            self._pace = pace
            tempo = meta(TEMPO, round(pace * 1_000_000).to_bytes(3, "big"))
            self.journal.add(self.bars.beats_at(quarter + self.bars.quarters(self._first)), tempo)

    def machine(self, answer: Answer) -> None:
        """What the machine will play."""
        self._machine += zip(answer.notes, answer.played, strict=True)

    def sent(self, beat: float, message: bytes) -> None:
        """A message of machine or band that was sent to be played."""
        if self.journal is not None:
            self.journal.add(beat, message)

    def chorus(self, number: int, rows: Rows, since: float = float("-inf")) -> None:
        """The band's chorus; what an earlier one has of it before the beat `since` stays."""
        if number in self._choruses:
            before = self._choruses[number]
            rows = np.concatenate([before[before["onset"] < since], rows[rows["onset"] >= since]])
        elif self.journal is not None:
            self.journal.chords(self.bars.form, number * self.bars.beats)
        self._choruses[number] = rows

    def flush(self, beat: float) -> None:
        """Write to disk what was played before `beat`; raises `OutputError`."""
        if self.journal is not None:
            self.journal.flush(beat)

    @property
    def human_notes(self) -> int:
        """How many notes the person has played."""
        data = self._human[1]
        return sum(data[k + 1] & 0xF0 == ON and data[k + 3] > 0 for k in range(0, len(data), 4))

    def discard(self) -> None:
        """Nothing was played: leave no file."""
        if self.journal is not None:
            self.journal.remove()

    # ----------------------------------------------------------------------------------------------- the take

    def write(self, end: float, last: int | None) -> str:
        """Write the take of what was played up to the beat `end`; `last` is the chorus that came to rest.

        Returns where it is: the take, or the growing file where the take cannot be written. Empty without a
        path, and where nothing had begun.
        """
        if self.path is None or self.journal is None:
            return ""
        if end <= self._first:
            self.discard()
            return ""
        try:
            self.journal.drop_from(end)
            self._end_all(end)
            self.journal.flush(end)
            with replacing(self.path) as temporary:
                self._write(temporary, end, last)
        except OutputError:
            self.journal.close()
            return str(self.journal.path)
        self.journal.remove()
        return str(self.path)

    def _end_all(self, end: float) -> None:
        for channel in {SOLO_CHANNEL, YOUR_CHANNEL, *(part.channel for part in self.band)}:
            assert self.journal is not None  # noqa: S101 - for the type checker
            self.journal.add(end, bytes((0xB0 | channel, 123, 0)))

    def _write(self, path: Path, end: float, last: int | None) -> None:
        form = self._form(end, last)
        beats = min(form.length / TICKS_PER_BEAT, end)
        solo = self._solo(form, beats)
        arrangement = ensemble.count_in(Arrangement(solo, self._parts(beats), self.facts.recipe))
        later = self.counted
        solo = arrangement.solo
        drums = next(part for part in arrangement.parts if part.channel == DRUM_CHANNEL)
        clicks = tuple(
            PlayedNote(n.onset / TICKS_PER_BEAT, n.end / TICKS_PER_BEAT, n.pitch, n.velocity)
            for n in drums.notes[:later]
        )
        tracks = [(SOLO, _later([played for _, played in self._machine_until(beats)], later))]
        human, played, more = self._person(beats, solo.progression)
        tracks.append((YOU, played))
        for at, part in enumerate(self.band):
            notes = _later([p for k, _, p in self._band_until(beats) if k == at], later)
            tracks.append((part.name, clicks + notes if part.channel == DRUM_CHANNEL else notes))
        arrangement = replace(arrangement, parts=(human, *arrangement.parts))
        midi.write_arrangement(arrangement, path, feel=Performance(tuple(tracks), PPQ))
        self._complete(path, more)

    def _complete(self, path: Path, more: Sequence[tuple[float, bytes]]) -> None:
        """Put what an arrangement has no place for into its file at `path`: the tempi that were followed, and
        messages of the person that are no notes.
        """
        if not more and len(self._followed) < 2:
            return
        file = mido.MidiFile(path)
        if len(self._followed) > 1:
            first, *later = tempo_changes(self._followed)
            conductor = [message for message in file.tracks[0] if message.type != "set_tempo"]
            file.tracks[0][:] = conductor
            rows = [(0.0, first[1]), *later]
            tempi = [(q, mido.MetaMessage("set_tempo", tempo=round(pace * 1_000_000))) for q, pace in rows]
            _insert(file, file.tracks[0], tempi)
        if more:
            track = next(track for track in file.tracks if track.name == YOU)
            _insert(file, track, [(self._quarters(b), mido.Message.from_bytes(data)) for b, data in more])
        file.save(path)

    def _form(self, end: float, last: int | None) -> Progression:
        """The choruses up to the bar that holds `end`."""
        form = self.bars.form
        whole = max(end, 1e-9)
        choruses = 1 + self.bars.chorus_of(whole - 1e-9)
        parts = [form] * choruses
        if last is not None and last < choruses:
            parts[last] = with_ending(form)
        played = joined(parts)
        until = next((t for t in played.bar_ticks[1:] if t >= whole * TICKS_PER_BEAT), played.length)
        return played if until == played.length else played.between(0, until)

    def _machine_until(self, beats: float) -> list[tuple[Note, PlayedNote]]:
        """The machine's notes as one voice that ends with the form."""
        found: list[tuple[Note, PlayedNote]] = []
        limit = int(beats * TICKS_PER_BEAT)
        for note, played in sorted(self._machine, key=lambda row: row[0].onset):
            if note.onset >= limit or played.onset >= beats:
                continue
            if found and found[-1][0].onset >= note.onset:
                continue
            if found and found[-1][0].end > note.onset:
                before = found[-1]
                found[-1] = (replace(before[0], duration=note.onset - before[0].onset), before[1])
            whole = replace(note, duration=min(note.duration, limit - note.onset))
            found.append((whole, played._replace(end=min(played.end, beats))))
        return found

    def _solo(self, form: Progression, beats: float) -> Solo:
        notes = tuple(note for note, _ in self._machine_until(beats))
        facts = self.facts
        return Solo(notes, form, tempo=facts.tempo, title=facts.title, instrument=facts.instrument)

    def _band_until(self, beats: float) -> list[tuple[int, Note, PlayedNote]]:
        return [
            (part, note, played._replace(end=min(played.end, beats)))
            for _, rows in sorted(self._choruses.items())
            for part, note, played in notes_of(rows)
            if played.onset < beats and note.onset < beats * TICKS_PER_BEAT
        ]

    def _parts(self, beats: float) -> tuple[Part, ...]:
        rows = self._band_until(beats)
        return tuple(
            replace(part, notes=tuple(note for k, note, _ in rows if k == at))
            for at, part in enumerate(self.band)
        )

    def _person(
        self, beats: float, form: Progression
    ) -> tuple[Part, tuple[PlayedNote, ...], list[tuple[float, bytes]]]:
        """The person's track over `form`, which has the count-in; and other messages."""
        notes, more = self._pairs(beats)
        played = sorted(_later(notes, self.counted))
        onsets = sorted({note.onset for note in played})
        places = dict(zip(onsets, snap_onsets(onsets, compound_beats_of(form)), strict=True))
        grid = []
        for note in played:
            onset = min(places[note.onset], form.length - 1)
            length = max(round(note.end * TICKS_PER_BEAT) - onset, 1)
            grid.append(Note(onset, min(length, form.length - onset), note.pitch, note.velocity))
        program = ensemble.COMPING["piano"].program
        return Part(YOU, program, YOUR_CHANNEL, tuple(grid)), tuple(played), more

    def _pairs(self, beats: float) -> tuple[list[PlayedNote], list[tuple[float, bytes]]]:
        """The person's notes, each with its end, in beats from the first bar line on; and other messages."""
        found: list[PlayedNote] = []
        more: list[tuple[float, bytes]] = []
        open_notes: dict[tuple[int, int], list[tuple[float, int]]] = {}
        data = bytes(self._human[1])
        for at, beat in enumerate(self._human[0]):
            length, *message = data[4 * at : 4 * at + 4]
            kind, key = message[0] & 0xF0, (message[0] & 0x0F, message[1])
            if kind == ON and message[2]:
                open_notes.setdefault(key, []).append((min(beat, beats - SHORTEST), message[2]))
            elif kind in (ON, OFF):
                if begun := open_notes.get(key):
                    onset, velocity = begun.pop(0)
                    found.append(PlayedNote(onset, max(min(beat, beats), onset + SHORTEST), key[1], velocity))
            else:
                more.append((min(beat, beats), bytes((kind | YOUR_CHANNEL, *message[1:length]))))
        held = ((key[1], *row) for key, rows in open_notes.items() for row in rows)
        found += [PlayedNote(onset, beats, pitch, velocity) for pitch, onset, velocity in held]
        return found, more


def _later(notes: Sequence[PlayedNote], beats: float) -> tuple[PlayedNote, ...]:
    return tuple(note._replace(onset=note.onset + beats, end=note.end + beats) for note in notes)


def _insert(file: Any, track: Any, events: Sequence[tuple[float, Any]]) -> None:
    """Put messages, each with its quarter, into a track of `file`, behind what stands at their ticks."""
    now, rows = 0, []
    for message in track:
        now += message.time
        rows.append((now, message))
    end = rows.pop()[1]
    length = now
    rows += [(min(round(quarter * file.ticks_per_beat), length), message) for quarter, message in events]
    track.clear()
    now = 0
    for tick, message in sorted(rows, key=lambda row: row[0]):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(end.copy(time=length - now))
