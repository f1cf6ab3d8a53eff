"""Make takes of every kind, hold each against the rules of its file, and count what the band plays.

    python -m checks.takes               500 takes, some minutes
    python -m checks.takes --takes 40    the same kinds, fewer of each

Takes go through all styles, forms in 3/4, 4/4, 5/4 and 7/4, tempi from 40 to 340, feels from 0 to 1, solos
of all instruments with expression from 0 to 1, piano and guitar, both endings, with a count-in and without,
plain and with a plan. The rules are looked up in the bytes by mido, not by jazzgen's own reader; then jazzgen
reads the file back. Every violation is printed; the exit code is 1 if there is one, or if a figure of the
band misses its target.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, pairwise, takewhile
from pathlib import Path

import mido
import numpy as np

from jazzgen.band import ensemble as band
from jazzgen.band.guitarist import FRETS, REACH, STRINGS
from jazzgen.band.pianist import playable
from jazzgen.band.voicings import CHORD_REGISTER, movement
from jazzgen.charts.find import find_progression
from jazzgen.charts.plan import Plan, planned
from jazzgen.charts.tune import Tune
from jazzgen.improviser.improvise import improvise
from jazzgen.midi.reading import read
from jazzgen.midi.writing import write_arrangement
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.model.shipped import DEFAULT_MODEL, find_checkpoint
from jazzgen.music.chords import Chord, guide_tones, parse_chord
from jazzgen.music.meters import QuarterMap
from jazzgen.music.progressions import STYLES
from jazzgen.music.score import DRUM_CHANNEL, INSTRUMENTS, Arrangement, Note, Part, Progression
from jazzgen.performance.feel import Feel
from jazzgen.tokens.vocabulary import encode

FORMS = (
    "blues-f", "jazz-blues-bb", "blues-descending-f", "minor-blues-c", "waltz-blues-g", "rhythm-changes-bb",
    "turnaround-c", "modal-aaba-d", "modal-vamps-d", "bossa-f", "minor-bossa-c", "waltz-bb", "ballad-eb",
    "standard-abac-g", "minor-aaba-a", "circle-of-fifths-c", "circle-of-thirds-c", "five-four-eb",
    "meter: 3/4\n[A] | Dm7 | G7 | Cmaj7 | A7alt | [B] | Dm7/A . G7 | C/E | F#m7b5 | B7b9 |",
    "meter: 5/4\nstyle: swing\n[A] | Cm7 | F7 | Bbmaj7 | N.C. | [B] | Ebmaj7 | Ab7 | G7sus4 | G7 |",
    "meter: 7/4\n[A] | Am7 | D13 | Gmaj9 | E7#9 |",
    "[Head] | C6 A7 | Dm7 G7 | Em7 A7 | Dm7 . . G7 |",
)  # fmt: skip
TEMPI = (40, 60, 80, 100, 120, 140, 160, 180, 200, 225, 240, 270, 300, 340)
FEELS = (0.0, 0.7, 1.0)
EXPRESSION = (0.0, 0.7, 1.0, 1.0)
# Every fifth take has one of these plans.
PLANS = (
    "intro:4 head solo head", "solo trade:2*2 solo", "intro:8 solo shout tag:2", "head solo trade:2 head tag",
    "intro:4 solo drums solo tag",
)  # fmt: skip
FIGURED = ("bossa", "samba", "shuffle")  # styles whose bass strikes a note twice as part of its figure


def make_takes(count: int, checkpoint: Checkpoint) -> Iterator[tuple[str, Arrangement, Feel]]:
    """`count` takes and how each is played, with a description; neighbors differ in everything."""
    for number in range(count):
        text = FORMS[number % len(FORMS)]
        tempo = float(TEMPI[number * 5 % len(TEMPI)])
        style = (None, *STYLES)[number // 3 % (1 + len(STYLES))]
        expression = EXPRESSION[number // 3 % len(EXPRESSION)]
        feel = Feel(FEELS[number % len(FEELS)], seed=number, expression=expression)
        form = find_progression(text)
        form = replace(form, style=style or form.style)
        solo_rng, band_rng = np.random.default_rng(number).spawn(2)
        choruses = 1 if len(form.bar_ticks) > 16 else 2
        comping = "guitar" if number % 5 == 4 else "piano"
        ending = "none" if number % 7 == 6 else "written"
        horn = tuple(INSTRUMENTS)[number * 3 // 2 % len(INSTRUMENTS)]
        text_of_plan = PLANS[number // 5 % len(PLANS)] if number % 5 == 2 else f"solo*{choruses}"
        # A tag is an ending.
        ending = "written" if "tag" in text_of_plan else ending
        plan = planned(Tune(form), Plan.parse(text_of_plan), ending)
        begin, end = plan.windows[0]
        solo = improvise(checkpoint, plan.form.between(begin, end), solo_rng, tempo=tempo, instrument=horn)
        notes = tuple(replace(note, onset=note.onset + begin) for note in solo.notes)
        solo = replace(solo, notes=notes, progression=plan.sectioned)
        walker = "rules" if number // 2 % 2 else "learned"
        parts = band.accompany(
            solo, band_rng, comping=comping, bass=walker, ending=ending, starts=plan.starts, turns=plan.turns
        )
        alone = [(turn.start, turn.end) for turn in plan.turns if turn.kind == "drums"]
        take = Arrangement(solo, parts, f"take {number}, {'planned, ' * bool(plan.passages)}{walker}")
        assert not any(_strangers(part, alone, plan.form) for part in parts), take.recipe
        if number % 4 == 3:
            take = band.count_in(take)
        name = form.title or text.splitlines()[-1]
        yield (
            f"take {number}: {name!r}, {form.style}, {tempo:g}, {horn}, {feel.humanize:g}, {expression:g}",
            take,
            feel,
        )


def _strangers(part: Part, alone: Sequence[tuple[int, int]], form: Progression) -> int:
    """How many notes of others sound where the drums play alone; the last bar is everybody's."""
    final = form.bar_ticks[-1]
    return sum(
        part.channel != DRUM_CHANNEL and note.onset < min(end, final) and note.end > start
        for start, end in alone
        for note in part.notes
    )


# -------------------------------------------------------------------------------------------------- the file

Event = tuple[int, mido.Message]  # tick, message


def violations(path: Path, take: Arrangement) -> Iterator[str]:
    """What is wrong with the file at `path`, in which `take` was written."""
    file = mido.MidiFile(path, charset="utf-8")
    tracks = [_timed(track) for track in file.tracks]
    if file.type != 1:
        yield f"format {file.type}, not 1"
    ends = {events[-1][0] for events in tracks}
    if len(ends) > 1:
        yield f"tracks end on different ticks: {sorted(ends)}"
    bar = take.solo.progression.bar_ticks
    quarters = QuarterMap(take.solo).exact(take.solo.progression.length)
    if ends != {quarters * file.ticks_per_beat}:
        yield f"the file ends at {ends}, not on the bar line after bar {len(bar)}"
    yield from _conductor(tracks[0], take.solo.progression)
    for key in ("name", "channel"):
        found = [_first(events, key) for events in tracks[1:]]
        if len(set(found)) < len(found) or None in found:
            yield f"tracks share a {key}: {found}"
    for events in tracks[1:]:
        name = _first(events, "name")
        yield from (
            f"{name}: {problem}" for problem in (*_player(events), *_notes(events), *controls(events))
        )


def _timed(track: mido.MidiTrack) -> list[Event]:
    ticks = np.cumsum([message.time for message in track])
    return [(int(tick), message) for tick, message in zip(ticks, track, strict=True)]


def _first(events: Sequence[Event], attribute: str) -> object:
    return next((getattr(message, attribute) for _, message in events if hasattr(message, attribute)), None)


def _conductor(events: Sequence[Event], form: Progression) -> Iterator[str]:
    """Tempo, meter and key at the start, a marker for each section and chord, and nothing that sounds."""
    kinds = [message.type for tick, message in events if tick == 0]
    for needed in ("track_name", "set_tempo", "time_signature", "key_signature"):
        if kinds.count(needed) != 1:
            yield f"the conductor has {kinds.count(needed)} {needed} at its start"
    if any(not message.is_meta for _, message in events):
        yield "the conductor plays"
    if any(message.type == "copyright" for _, message in events):
        yield "a copyright event, which one DAW makes a marker"
    markers = Counter(message.text for _, message in events if message.type == "marker")
    wanted = Counter(f"[{section.name}]" for section in form.sections)
    wanted += Counter(change.symbol for change in form.chords)
    if markers != wanted:
        yield f"markers differ: {(markers - wanted) | (wanted - markers)}"


def _player(events: Sequence[Event]) -> Iterator[str]:
    """One name, one program, one channel; at tick 0 name, program, volume, pan, and then notes."""
    opening = [
        message.type if message.type != "control_change" else f"control {message.control}"
        for _, message in events[:4]
    ]
    if opening != ["track_name", "program_change", "control 7", "control 10"] or events[3][0]:
        yield f"begins with {opening}"
    for kind in ("track_name", "program_change", "end_of_track"):
        if (count := sum(message.type == kind for _, message in events)) != 1:
            yield f"{count} {kind}"
    if len({message.channel for _, message in events if not message.is_meta}) != 1:
        yield "more than one channel"


def _notes(events: Sequence[Event]) -> Iterator[str]:
    """Every note ends once, before its pitch sounds again; offs come before ons."""
    sounding: dict[int, int] = {}
    struck_at: dict[int, set[int]] = {}
    for tick, message in events:
        if message.type == "note_on":
            if message.velocity == 0:
                yield f"a note-on of velocity 0 at {tick}"
            if message.note in sounding:
                yield f"{message.note} overlaps itself at {tick}"
            sounding[message.note] = tick
            struck_at.setdefault(tick, set()).add(message.note)
        elif message.type == "note_off":
            if message.note not in sounding:
                yield f"{message.note} ends at {tick} without sounding"
            elif sounding.pop(message.note) == tick:
                yield f"{message.note} lasts no time at {tick}"
            if tick in struck_at:
                yield f"a note-off after a note-on at {tick}"
    yield from (f"{pitch} hangs from {tick} on" for pitch, tick in sounding.items())


SETS_RANGE = [101, 100, 6, 38, 101, 100]  # controllers
AT_REST = {"pitchwheel": 0, "control 1": 0, "control 11": 127}


def controls(events: Sequence[Event]) -> Iterator[str]:
    """A track that bends says how far at its start, right behind the pan, and takes it back at its end; every
    note begins at rest unless something is set there.
    """
    rows = [(tick, *_control(message)) for tick, message in events]
    bent = [(tick, what, value) for tick, what, value in rows if what in AT_REST]
    other = [(tick, what, value) for tick, what, value in rows if what not in ("", *AT_REST)]
    if not bent:
        return
    wanted = [f"control {number}" for number in SETS_RANGE]
    for tick, found, semitones in ((0, rows[5:11], 12), (events[-1][0], other[-6:], 2)):
        if [(row[0], row[1]) for row in found] != [(tick, what) for what in wanted]:
            yield f"the wheel's range is not set at {tick}"
        elif [row[2] for row in found] != [0, 0, semitones, 0, 127, 127]:
            yield f"the wheel's range is not {semitones} at {tick}"
    if len(other) != 3 + 2 * len(wanted):
        yield f"controllers besides volume, pan, room, range: {sorted({what for _, what, _ in other})}"
    value, when = dict(AT_REST), dict.fromkeys(AT_REST, -1)
    for (tick, message), (_, what, new) in zip(events, rows, strict=True):
        if what in AT_REST:
            value[what], when[what] = new, tick
        elif message.type == "note_on":
            held = [kind for kind in AT_REST if value[kind] != AT_REST[kind] and when[kind] < tick]
            yield from (f"{kind} is {value[kind]} when a note begins at {tick}" for kind in held)
    if value != AT_REST:
        yield f"ends with {value}"


def _control(message: mido.Message) -> tuple[str, int]:
    """What a message sets, and to what; "" for one that sets nothing."""
    if message.type == "pitchwheel":
        return message.type, message.pitch
    return (f"control {message.control}", message.value) if message.type == "control_change" else ("", 0)


def differences(path: Path, take: Arrangement, humanize: float) -> Iterator[str]:
    """What jazzgen reads otherwise than it was written."""
    reading = read(path, track="Solo")
    if encode(reading.solo) != encode(take.solo):
        yield "other values are read back"
    if reading.solo.progression.chords != take.solo.progression.chords:
        yield "other chords are read back"
    if humanize == 0 and [(n.onset, n.end, n.pitch) for n in reading.solo.notes] != [
        (n.onset, n.end, n.pitch) for n in take.solo.notes
    ]:
        yield "other notes are read back from the exact grid"


# -------------------------------------------------------------------------------------------------- the band


def band_figures(take: Arrangement) -> Counter[str]:
    """What the band of a take counts up to."""
    form = take.solo.progression
    *chords, bass, _ = take.parts
    counts = bass_figures(form, bass.notes) if take.recipe.endswith("rules") else Counter[str]()
    counts["above"] += sum(1 for _ in _above(take.solo.notes, bass.notes))
    for comping in chords:
        counts += comping_figures(form, comping.notes)
        if comping.name == "Guitar":
            counts += guitar_figures(form, comping.notes)
        else:
            counts["too wide"] += sum(not playable(tuple(p)) for _, p in _struck(form, comping.notes))
    for part in (*chords, bass):
        counts["outside"] += sum(not part.low <= note.pitch <= part.high for note in part.notes)
    return counts


def _above(solo: Sequence[Note], bass: Sequence[Note]) -> Iterator[Note]:
    """The notes of the bass that lie above a note of the solo which sounds with them."""
    onsets = [note.onset for note in solo]
    for note in bass:
        near = solo[max(int(np.searchsorted(onsets, note.onset, "right")) - 1, 0) :]
        for above in takewhile(lambda other, end=note.end: other.onset < end, near):
            if above.end > note.onset and above.pitch < note.pitch:
                yield note
                break


def bass_figures(form: Progression, notes: Sequence[Note]) -> Counter[str]:
    """Chords, roots on their first beat, ways into them, and those by step, fourth or fifth."""
    counts: Counter[str] = Counter()
    by_onset = {note.onset: note for note in notes}
    onsets = [note.onset for note in notes]
    played = {form.bar_at(onset) for onset in onsets}  # in others the drums are alone
    for change in form.chords:
        chord = parse_chord(change.symbol)
        if chord is None or form.bar_at(change.tick) not in played:
            continue
        counts["chords"] += 1
        landing = by_onset.get(change.tick)
        counts["roots"] += landing is not None and landing.pitch % 12 == chord.bass
        before = int(np.searchsorted(onsets, change.tick)) - 1
        if landing is not None and before >= 0:
            away = abs(notes[before].pitch - landing.pitch)
            counts["ways in"] += 1
            counts["leads"] += away <= 2 or away in (5, 7)
    walked = form.style not in FIGURED and not any("/" in change.symbol for change in form.chords)
    counts["bass notes"] += len(notes) * walked
    counts["repeated"] += sum(a.pitch == b.pitch for a, b in pairwise(notes)) * walked
    return counts


def comping_figures(form: Progression, notes: Sequence[Note]) -> Counter[str]:
    """Voicings and those that hold the chord's color; voices that moved to another voicing, and how far."""
    counts: Counter[str] = Counter()
    struck = list(_struck(form, notes))
    for chord, pitches in struck:
        counts["voicings"] += 1
        counts["colors"] += chord is not None and guide_tones(chord) <= {p % 12 for p in pitches}
    for (_, before), (_, after) in pairwise(struck):
        if before != after:
            counts["voices"] += len(after)
            counts["semitones"] += round(movement(before, after))
    return counts


def _struck(form: Progression, notes: Sequence[Note]) -> Iterator[tuple[Chord | None, list[int]]]:
    """Each chord struck: the one that is played, and its pitches, rising."""
    for onset in sorted({note.onset for note in notes}):
        pitches = sorted(note.pitch for note in notes if note.onset == onset)
        ticks = {6: [onset + 6], 8: [onset + 4, onset]}.get(onset % 12, [onset])
        # A push plays the next chord; what falls on the last third of a beat may be one.
        chords = [parse_chord(form.chord_at(min(tick, form.length - 1)).symbol) for tick in ticks]
        classes = {pitch % 12 for pitch in pitches}
        meant = [chord for chord in chords if chord is not None and guide_tones(chord) <= classes]
        yield (meant or chords)[0], pitches


def guitar_figures(form: Progression, notes: Sequence[Note]) -> Counter[str]:
    """Shapes that no hand stops, and notes that double the bass below E3."""
    counts: Counter[str] = Counter()
    for chord, pitches in _struck(form, notes):
        counts["shapes"] += 1
        counts["unplayable"] += not _in_reach(pitches)
        counts["doubled"] += sum(
            chord is not None and pitch < CHORD_REGISTER and pitch % 12 == chord.bass for pitch in pitches
        )
    return counts


def _in_reach(pitches: Sequence[int]) -> bool:
    """Whether the pitches lie on as many strings with the fingers within reach."""
    for strings in combinations(STRINGS, len(pitches)):
        frets = [pitch - string for pitch, string in zip(pitches, strings, strict=True)]
        if all(fret in FRETS for fret in frets) and max(frets) - min(frets) <= REACH:
            return True
    return False


def ending_figures(take: Arrangement) -> Counter[str]:
    """Whether the solo ends in the last bar on a tone of its chord."""
    form, last = take.solo.progression, take.solo.notes[-1]
    chord = parse_chord(form.chord_at(last.onset).symbol)
    astray = chord is not None and last.pitch % 12 not in chord.pitch_classes
    if "planned" in take.recipe:  # a head or the band may have the last word
        return Counter()
    return Counter({"endings": 1, "astray": int(astray or last.onset < form.bar_ticks[-1])})


def figures(counts: Counter[str]) -> dict[str, tuple[float, str]]:
    """Each figure of the band, and what it has to reach: ">= 0.95"."""
    return {
        "bass notes above the solo": (counts["above"], "<= 0"),
        "piano chords that two hands cannot play": (counts["too wide"], "<= 0"),
        "root or slash bass on the chord's first beat": (counts["roots"] / counts["chords"], ">= 0.95"),
        "into the next one by step, fourth or fifth": (counts["leads"] / counts["ways in"], ">= 0.90"),
        "bass notes that repeat the one before": (counts["repeated"] / counts["bass notes"], "<= 0.05"),
        "voicings with third and seventh, or their color": (counts["colors"] / counts["voicings"], ">= 0.95"),
        "semitones a voice moves from voicing to voicing": (counts["semitones"] / counts["voices"], "<= 2.5"),
        "notes outside their player's range": (counts["outside"], "<= 0"),
        "guitar shapes that no hand can stop": (counts["unplayable"], "<= 0"),
        "guitar notes that double the bass below E3": (counts["doubled"], "<= 0"),
        "solos that do not end in the last bar on a tone of its chord": (counts["astray"], "<= 0"),
    }


def reached(figure: float, target: str) -> bool:
    """Whether `figure` keeps to `target`."""
    relation, bound = target.split()
    return figure >= float(bound) if relation == ">=" else figure <= float(bound)


def check(take: Arrangement, feel: Feel, path: Path) -> tuple[list[str], Counter[str]]:
    """What is wrong with a take, and the band's figures."""
    write_arrangement(take, path, feel=feel)
    wrong = [*violations(path, take), *differences(path, take, feel.humanize)]
    return wrong, band_figures(take) + ending_figures(take)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check as many takes as asked for; 0 if nothing is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--takes", type=int, metavar="N", default=500, help="default: 500")
    parser.add_argument("--model", metavar="FILE", default=DEFAULT_MODEL, help=f"default: {DEFAULT_MODEL}")
    given = parser.parse_args(arguments)
    found, counts = 0, Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = load_checkpoint(find_checkpoint(given.model))
        for name, take, feel in make_takes(given.takes, checkpoint):
            wrong, played = check(take, feel, Path(folder, "take.mid"))
            counts += played
            found += len(wrong)
            for problem in wrong:
                print(f"{name}: {problem}")
    print(f"{found} violations in {given.takes} takes")
    results = figures(counts)
    for what, (figure, target) in results.items():
        print(f"{figure:8.3f}  {what} ({target}{'' if reached(figure, target) else ': MISSED'})")
    return int(found > 0 or not all(reached(*result) for result in results.values()))


if __name__ == "__main__":
    sys.exit(main())
