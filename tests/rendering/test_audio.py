"""What is rendered: its length with the tail, its level, the promised formats, the same bytes each time."""

from __future__ import annotations

import shutil
import struct
import sys
import wave
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.errors import MidiError, MissingPackageError, OptionError, OutputError
from jazzgen.midi.smf import Song, TimedNote, Track, read_song
from jazzgen.midi.smf_writing import write_song
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import Arrangement, Note, Part, Solo
from jazzgen.rendering import audio, parts, sound_files, soundfonts
from jazzgen.rendering.loudness import loudness
from jazzgen.rendering.mixing import BALANCE
from jazzgen.util.packages import optional

needs_audio = pytest.mark.skipif(
    find_spec("midirenderer") is None or find_spec("pretty_midi") is None, reason="needs jazzgen[audio]"
)
needs_soundfile = pytest.mark.skipif(find_spec("soundfile") is None, reason="needs jazzgen[audio]")


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Two bars at 120 (4 s): eight falling quarters of a piano, the last ringing into the end of the file."""
    notes = [TimedNote(480 * beat, 480 * beat + 480, 72 - beat, 90) for beat in range(8)]
    path = tmp_path / "song.mid"
    write_song(Song(480, 8 * 480, (Track("Solo", 0, 0, tuple(notes)),), tempos=((0, 500_000),)), path)
    return path


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """Four bars of solo, piano, bass and drums with levels that no one would want, in rooms."""
    solo = Solo(
        tuple(Note(12 * beat, 12, 62 + beat % 5, 50) for beat in range(14)),
        parse_progression("| C | % | % | % |"),
    )
    band = (
        Part(
            "Piano",
            0,
            1,
            tuple(Note(24 * n, 20, pitch, 110) for n in range(8) for pitch in (60, 64)),
            127,
            40,
        ),
        Part("Bass", 32, 2, tuple(Note(12 * n, 11, 36 + n % 4, 40) for n in range(16)), 60, 64, room=0),
        Part("Drums", 0, 9, tuple(Note(12 * n, 3, 51, 100) for n in range(16)), 127, 80, room=60),
    )
    write_arrangement(Arrangement(solo, band), tmp_path / "take.mid")
    return tmp_path / "take.mid"


def read_wav(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 48_000)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2) / 32768


def dbfs(samples: np.ndarray) -> float:
    return 20 * float(np.log10(np.abs(samples).max()))


@needs_audio
def test_level_tail_and_onsets(song: Path, tmp_path: Path) -> None:
    made = audio.render(song, tmp_path / "song.wav")
    samples = read_wav(made.path)
    assert dbfs(samples) == pytest.approx(-1, abs=0.01)
    assert made.peak_dbfs == pytest.approx(-1, abs=0.01)
    assert len(samples) / 48_000 == pytest.approx(made.seconds)
    # The last note sounds on behind the file's end at 4 s, and has died away where the sound ends.
    assert dbfs(samples[round(4.05 * 48_000) :]) > -40
    assert np.abs(samples[-480:]).max() < 0.001
    # The first note stands at 0: nothing is put before the music.
    loud = np.abs(samples).max(axis=1) > 0.05
    assert int(np.flatnonzero(loud)[0]) / 48_000 < 0.02


@needs_audio
def test_equal_files_give_equal_bytes(song: Path, tmp_path: Path) -> None:
    first, second = (tmp_path / f"{name}.wav" for name in "ab")
    audio.render(song, first)
    audio.render(str(song), second)
    assert first.read_bytes() == second.read_bytes()


@needs_audio
def test_a_take_sounds_as_the_file_written_of_it(tmp_path: Path) -> None:
    solo = Solo((Note(0, 12, 60), Note(12, 36, 64)), parse_progression("| C |"))
    write_arrangement(Arrangement(solo), tmp_path / "take.mid")
    for name, source in (("file", tmp_path / "take.mid"), ("take", Arrangement(solo)), ("solo", solo)):
        audio.render(source, tmp_path / f"{name}.wav")
    sounds = [(tmp_path / f"{name}.wav").read_bytes() for name in ("file", "take", "solo")]
    assert sounds[0] == sounds[1] == sounds[2]


@needs_audio
@needs_soundfile
@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3"])
def test_compressed_formats(song: Path, tmp_path: Path, suffix: str) -> None:
    soundfile = optional("soundfile", "audio", "this test")
    paths = [tmp_path / f"{name}.{suffix}" for name in "ab"]
    made = [audio.render(song, path) for path in paths]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    samples, rate = soundfile.read(paths[0])
    assert rate == 48_000
    # MP3 pads a frame or two at both ends.
    assert len(samples) / rate == pytest.approx(made[0].seconds, abs=0.1)
    assert -3 < dbfs(samples) <= 0
    # The same music: integers handed to libsndfile's MP3 came out as noise.
    plain = read_wav(audio.render(song, tmp_path / "a.wav").path)
    first = plain[:6_000, 0]  # against each of the few shifts that an encoder's delay can make
    shifts = [float(np.corrcoef(samples[s : s + 6_000, 0], first)[0, 1]) for s in range(1200)]
    assert max(shifts) > 0.98


@needs_audio
@needs_soundfile
@pytest.mark.parametrize("suffix", [".ogg", ".mp3", ".flac"])
@pytest.mark.parametrize("peak_dbfs", [-1.0, 0.0])
def test_no_decoded_sample_passes_the_peak(song: Path, tmp_path: Path, suffix: str, peak_dbfs: float) -> None:
    import soundfile

    made = audio.render(song, tmp_path / f"song{suffix}", peak_dbfs=peak_dbfs)
    decoded, _ = soundfile.read(made.path)
    assert peak_dbfs - 0.3 < dbfs(decoded) <= peak_dbfs
    assert made.peak_dbfs == pytest.approx(dbfs(decoded), abs=0.01)


@needs_audio
def test_loudness_is_reached_or_the_peak_holds(song: Path, tmp_path: Path) -> None:
    quiet = audio.render(song, tmp_path / "quiet.wav", loudness_lufs=-30)
    assert loudness(read_wav(quiet.path)) == pytest.approx(-30, abs=0.1)
    loud = audio.render(song, tmp_path / "loud.wav", loudness_lufs=-3)
    assert loud.peak_dbfs == pytest.approx(-1, abs=0.01)
    assert loud.loudness_lufs < -3


@needs_audio
@pytest.mark.parametrize("engine", ["midirenderer", "fluidsynth"])
def test_a_record_is_balanced_whatever_the_file_says(take: Path, tmp_path: Path, engine: str) -> None:
    if engine == "fluidsynth" and shutil.which(engine) is None:
        pytest.skip("needs the program fluidsynth")
    made = audio.render(take, tmp_path / "mix.wav", engine=engine, stems=tmp_path / "stems")
    assert list(made.gains) == ["Solo", "Piano", "Bass", "Drums"]
    stems = {
        name: read_wav(tmp_path / "stems" / f"{name}.wav") for name in ("solo", "piano", "bass", "drums")
    }
    heard = {parts.ROLES[name]: loudness(stem) for name, stem in stems.items()}
    for role, place in BALANCE.items():
        assert heard[role] - heard["solo"] == pytest.approx(place, abs=0.6)  # measured dry
    mix = read_wav(made.path)
    assert dbfs(mix) == pytest.approx(-1, abs=0.01)
    assert np.abs(sum(stems.values()) - mix).max() <= 4 / 32768  # one step of rounding a stem


@needs_audio
def test_practice_is_the_record_without_the_solo(take: Path, tmp_path: Path) -> None:
    audio.render(take, tmp_path / "record.wav", stems=tmp_path / "record")
    made = audio.render(take, tmp_path / "practice.wav", mix="practice", stems=tmp_path / "practice")
    assert sorted(path.name for path in (tmp_path / "practice").iterdir()) == [
        "bass.wav",
        "drums.wav",
        "piano.wav",
    ]
    mix = read_wav(made.path)
    band = sum(read_wav(tmp_path / "record" / f"{name}.wav") for name in ("piano", "bass", "drums"))
    frames = min(len(mix), len(band)) - 4_800  # but for the fade at the end
    assert np.corrcoef(mix[:frames, 0], band[:frames, 0])[0, 1] > 0.99  # each is limited by itself
    assert np.square(mix).mean() > np.square(band).mean()


@needs_audio
def test_dry_is_the_file_as_it_is_without_its_room(take: Path, tmp_path: Path) -> None:
    for mix in ("record", "dry"):
        audio.render(take, tmp_path / f"{mix}.wav", mix=mix, stems=tmp_path / mix)
    heard = {
        mix: {name: loudness(read_wav(tmp_path / mix / f"{name}.wav")) for name in ("solo", "piano", "bass")}
        for mix in ("record", "dry")
    }
    assert heard["dry"]["piano"] - heard["dry"]["solo"] > 5  # as loud as the file asks
    assert heard["dry"]["bass"] - heard["dry"]["solo"] < -10
    # The last note of the solo ends at 7 s: what is left from 7.2 to 7.4 s is the room.
    left = {mix: read_wav(tmp_path / mix / "solo.wav")[345_600:355_200] for mix in heard}
    assert np.abs(left["dry"]).max() < 0.1 * np.abs(left["record"]).max()


@needs_audio
def test_a_file_of_others_keeps_its_levels(song: Path, tmp_path: Path) -> None:
    made = audio.render(song, tmp_path / "song.wav")
    assert made.gains == {}
    write_song(replace(read_song(song), tracks=(replace(read_song(song).tracks[0], name="Lead"),)), song)
    for mix, stems, message in (
        ("practice", None, r"song\.mid has no track called Solo beside others"),
        ("record", tmp_path / "stems", r"stems need tracks called solo, .*song\.mid has others"),
    ):
        with pytest.raises(OptionError, match=message):
            audio.render(song, tmp_path / "x.wav", mix=mix, stems=stems)
    assert not (tmp_path / "stems").exists()


@needs_audio
def test_stems_do_not_overwrite_the_mix(take: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="would be one of the stems"):
        audio.render(take, tmp_path / "bass.wav", stems=tmp_path)
    with pytest.raises(OptionError, match="stems need a folder"):
        audio.render(take, tmp_path / "x.wav", stems="")


@pytest.mark.parametrize(("dbfs_of_sine", "both", "lufs"), [(-23, True, -23.0), (-20, False, -23.01)])
def test_loudness_of_the_standard_sines(dbfs_of_sine: float, both: bool, lufs: float) -> None:
    # EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS is -23 LUFS; in one channel 3 dB less.
    time_s = np.arange(20 * 48_000) / 48_000
    sine = 10 ** (dbfs_of_sine / 20) * np.sin(2 * np.pi * 1000 * time_s)
    assert loudness(np.stack([sine, sine * both], axis=1)) == pytest.approx(lufs, abs=0.1)


def test_loudness_gates_silence() -> None:
    # EBU Tech 3341, case 3: what is 10 LU below the rest does not count.
    second = np.sin(2 * np.pi * 1000 * np.arange(48_000) / 48_000)
    sine = np.concatenate([second * 10 ** (level / 20) for level in [-36] * 10 + [-23] * 60 + [-36] * 10])
    assert loudness(np.stack([sine, sine], axis=1)) == pytest.approx(-23, abs=0.1)
    assert loudness(np.zeros((48_000, 2))) == -np.inf


@needs_audio
@pytest.mark.skipif(shutil.which("fluidsynth") is None, reason="needs the program fluidsynth")
def test_fluidsynth_plays_the_same_length(song: Path, tmp_path: Path) -> None:
    made = audio.render(song, tmp_path / "song.wav", engine="fluidsynth")
    assert made.engine == "fluidsynth"
    assert made.peak_dbfs == pytest.approx(-1, abs=0.01)
    assert 4 < made.seconds < 12


@needs_audio
def test_silence_is_rendered_as_silence(tmp_path: Path) -> None:
    track = b"\x00\xff\x2f\x00"
    data = b"MThd" + struct.pack(">LHHH", 6, 0, 1, 480)
    data += b"MTrk" + struct.pack(">L", len(track)) + track
    (tmp_path / "nothing.mid").write_bytes(data)
    made = audio.render(tmp_path / "nothing.mid", tmp_path / "nothing.wav")
    assert made.peak_dbfs == -np.inf


def test_ogg_checksum_is_that_of_the_format() -> None:
    # Bit by bit, as the Ogg specification (RFC 3533) describes it: polynomial 0x04c11db7, start 0.
    data = b"OggS and some more"
    register = 0
    for byte in data:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register & 0x80000000 else 0)) & 0xFFFFFFFF
    assert sound_files._ogg_crc(data) == register


def test_the_tail_moves_nothing_else(song: Path) -> None:
    original, longer = song.read_bytes(), parts.with_tail(song.read_bytes(), 3840)
    added = b"\xff\x01\x00" + b"\x9e\x00" + b"\xff\x2f\x00"
    assert longer.count(added) == original.count(b"MTrk") == 2
    assert len(longer) == len(original) + 2 * (len(added) - 3)
    assert longer[:14] == original[:14]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"output": "take.aac"}, r"\.wav, \.flac, \.ogg, \.mp3, received 'take\.aac'"),
        ({"mix": "wet"}, "record, practice, dry, received 'wet'"),
        ({"engine": "timidity"}, "auto, midirenderer, fluidsynth, received 'timidity'"),
        ({"peak_dbfs": 3}, r"-60\.\.0 dBFS, received 3"),
        ({"loudness_lufs": 5}, r"-70\.\.0 LUFS, received 5"),
        ({"soundfont": "no-such.sf2"}, r"no such SoundFont: no-such\.sf2"),
    ],
)
def test_wrong_options(song: Path, tmp_path: Path, options: dict[str, object], message: str) -> None:
    output = tmp_path / str(options.pop("output", "take.wav"))
    with pytest.raises(OptionError, match=message):
        audio.render(song, output, **options)  # type: ignore[arg-type]
    assert not output.exists()


def test_what_is_no_midi_file(tmp_path: Path) -> None:
    path = tmp_path / "text.mid"
    path.write_text("words")
    with pytest.raises(MidiError, match=r"text\.mid: is not a MIDI file"):
        audio.render(path, tmp_path / "take.wav")


@needs_audio
def test_what_is_no_soundfont(song: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"song\.mid is no SoundFont"):
        audio.render(song, tmp_path / "take.wav", soundfont=song)
    assert not (tmp_path / "take.wav").exists()


@needs_audio
def test_a_folder_that_cannot_be_made(song: Path, tmp_path: Path) -> None:
    (tmp_path / "nowhere").touch()
    with pytest.raises(OutputError, match="cannot write"):
        audio.render(song, tmp_path / "nowhere" / "take.wav")


def test_missing_packages_name_their_extra(
    song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(MissingPackageError, match=r"writing \.mp3 needs soundfile.*jazzgen\[audio\]"):
        audio.render(song, tmp_path / "take.mp3")
    monkeypatch.setattr(soundfonts, "INSTALLED", ())
    monkeypatch.setattr(soundfonts, "find_spec", lambda _: None)
    with pytest.raises(MissingPackageError, match=r"SoundFont: pip install 'jazzgen\[audio\]'"):
        audio.render(song, tmp_path / "take.wav")


@needs_audio
def test_the_font_is_found_without_importing_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundfonts, "INSTALLED", ())
    monkeypatch.delitem(sys.modules, "pretty_midi", raising=False)  # another test may have needed it
    assert soundfonts.find_soundfont().name == "TimGM6mb.sf2"
    assert "pretty_midi" not in sys.modules
