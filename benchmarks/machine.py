"""What figures were measured on: processor, cores, memory, system, and the versions of what is compared."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Mapping
from pathlib import Path

import joblib

PACKAGES = {
    "jazzgen": "jazzgen",
    "numpy": "NumPy",
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "torch": "torch",
    "music21": "music21",
}  # by what they are called where they are installed
HARDWARE = ("processor", "cores", "memory")
Machine = Mapping[str, str]


def describe() -> dict[str, str]:
    """The machine that this runs on, name by name; what cannot be found out is not named."""
    found = {
        "processor": processor(Path("/proc/cpuinfo")) or platform.processor() or platform.machine(),
        "cores": str(joblib.cpu_count()),  # those that this process may use
        "memory": _memory(),
        "system": _system(),
        "Python": platform.python_version(),
        **{title: _version(package) for package, title in PACKAGES.items()},
    }
    return {name: value for name, value in found.items() if value}


def processor(cpuinfo: Path) -> str:
    """The processor's name in Linux's /proc/cpuinfo; "" where it is not given."""
    if not cpuinfo.is_file():
        return ""
    for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return " ".join(value.split())
    return ""


def _memory() -> str:
    """All of the machine's, of which a container may have less."""
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not on Windows
        return ""
    return f"{size / 2**30:.0f} GiB"


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        name = f"{platform.system()} {platform.release()}"
    return f"{name} ({platform.machine()})"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def hardware(machine: Machine) -> str:
    """Processor, cores and memory."""
    parts = [machine.get("processor", ""), f"{machine.get('cores', '?')} cores", machine.get("memory", "")]
    return ", ".join(part for part in parts if part)


def text(machine: Machine) -> str:
    """A machine in one line."""
    versions = {name: version for name, version in machine.items() if name not in HARDWARE}
    system = [versions.pop("system", ""), *(f"{name} {version}" for name, version in versions.items())]
    return ", ".join(part for part in [hardware(machine), *system] if part)


def load() -> float:
    """How many processes wanted a core in the last minute, on average; 0 where the system does not say."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):
        return 0.0
