"""The studio as a program: an address, a server, and a browser that opens it."""

from __future__ import annotations

import asyncio
import socket
import threading
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

from jazzgen.corpus.store import is_corpus
from jazzgen.errors import OptionError
from jazzgen.midi.find import midi_files
from jazzgen.midi.smf import read_song
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.model.shipped import find_checkpoint
from jazzgen.studio.favourites import default_folder
from jazzgen.util.files import check_folder
from jazzgen.util.packages import optional

PORT = 8765
LOCAL = "127.0.0.1"
_ELSEWHERE = "192.0.2.1", 9  # an address of documentation: nothing is sent there


def check_installed() -> None:
    """Raise `MissingPackageError` where the extra is not installed."""
    optional("starlette", "studio", "the studio")
    optional("uvicorn", "studio", "the studio")


def serve(
    *,
    port: int = PORT,
    lan: bool = False,
    browser: bool = True,
    model: str = "improviser",
    folder: Path | None = None,
    solos: str | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Serve the studio until a signal ends it.

    Parameters
    ----------
    port
        Where; 0 takes one that is free.
    lan
        Whether other devices of the network may come in, with a token.
    browser
        Whether to open it.
    model, solos
        The checkpoint, and the solos in which runs are looked for, if any.
    folder
        Where favourites are kept; None: in the user's data.
    say
        Is given the lines to print.

    Raises
    ------
    MissingPackageError, OptionError, OutputError, DataError, MidiError, CheckpointError
        For what is not installed, not free, no folder to write into, no solos, or no model.
    """
    check_installed()
    load_checkpoint(find_checkpoint(model))
    if solos is not None:
        _check_solos(Path(solos))
    folder = folder or default_folder()
    check_folder(folder)
    listening = _listen(port, lan)
    try:
        _serve(listening, lan, browser, (model, folder, solos), say)
    finally:
        listening.close()


def _check_solos(path: Path) -> None:
    if not path.exists():
        raise OptionError(f"there are no solos at {path}; give a corpus, or a folder of MIDI files")
    if not is_corpus(path):
        for file in midi_files([path])[:1]:
            read_song(file)


def _serve(
    listening: socket.socket,
    lan: bool,
    browser: bool,
    given: tuple[str, Path, str | None],
    say: Callable[[str], None],
) -> None:
    import uvicorn

    from jazzgen.studio.app import make_app
    from jazzgen.studio.guard import Keys
    from jazzgen.studio.studio import Studio

    port = int(listening.getsockname()[1])
    addresses = [LOCAL, *(_addresses() if lan else [])]
    hosts = [f"{name}:{port}" for name in (*addresses, "localhost")]
    keys = Keys()

    def urls() -> list[str]:
        return [f"http://{name}:{port}/?token={keys.token()}" for name in addresses[1:] or addresses]

    model, folder, solos = given
    studio = Studio(model, folder, solos=solos)
    try:
        app = make_app(studio, hosts, keys, port, urls)
        config = uvicorn.Config(
            app, http="h11", ws="none", log_level="error", access_log=False, server_header=False,
            limit_concurrency=256, timeout_graceful_shutdown=2,
        )  # fmt: skip

        class Server(uvicorn.Server):
            """Ends streams and processes as soon as it is told to end."""

            def handle_exit(self, sig: int, frame: FrameType | None) -> None:
                super().handle_exit(sig, frame)
                threading.Thread(target=studio.close, daemon=True).start()

        here = f"http://{LOCAL}:{port}/?token={keys.token()}"
        say(f"jazzgen studio: {here}")
        for url in urls() if lan else []:
            say(f"on another device: {url}")
        say("each link works once; Ctrl-C ends the studio")
        if browser:
            threading.Timer(0.5, webbrowser.open, [here]).start()
        asyncio.run(Server(config).serve(sockets=[listening]))
    finally:
        studio.close()


def _listen(port: int, lan: bool) -> socket.socket:
    """A socket that listens at a port of this machine, or with `lan` of its network."""
    if not 0 <= port <= 65535:
        raise OptionError(f"port must be in 0..65535, received {port}")
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("0.0.0.0" if lan else LOCAL, port))  # noqa: S104  # asked for
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise OptionError(
            f"port {port} cannot be used: {error.strerror}; choose another with --port"
        ) from None
    listening.set_inheritable(False)
    return listening


def _addresses() -> list[str]:
    """The addresses of this machine in its network."""
    found: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(_ELSEWHERE)
        found.append(probe.getsockname()[0])
    with suppress(OSError):
        found += [str(row[4][0]) for row in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return [name for name in dict.fromkeys(found) if not name.startswith("127.")]
