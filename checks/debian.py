"""Debian packages for the checks that need programs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

# An unreachable mirror must not use up the time of a whole CI run; a reachable one takes half a minute.
UPDATE_S, INSTALL_S = 180, 600


def install(packages: Sequence[str]) -> str:
    """Install packages with apt-get; returns why that could not be done, "" where it was."""
    if not packages:
        return ""
    if shutil.which("apt-get") is None:
        return f"apt-get is not here; install {' '.join(packages)} by hand"
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if rights and shutil.which("sudo") is None:
        return f"neither root nor sudo; ask for apt-get install {' '.join(packages)}"
    apt = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    apt += ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "DPkg::Lock::Timeout=120"]
    _apt([*apt, "update"], UPDATE_S)  # where this fails, the lists of last time may do
    reason = _apt([*apt, "install", "--yes", "--no-install-recommends", *packages], INSTALL_S)
    return f"could not install {' '.join(packages)}: {reason}" if reason else ""


def _apt(words: list[str], limit_s: int) -> str:
    """Run apt-get; why it failed, or ""."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return f"no end in {limit_s} s"
    return " ".join(done.stderr.split())[-300:] or f"exit code {done.returncode}" if done.returncode else ""
