"""Describes the machine and checkout, so that results can be compared or rejected."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

import av


def describe() -> dict[str, str]:
    """The relevant facts about this machine and checkout, by name."""
    return {
        "processor": _processor(),
        "graphics": _graphics(),
        "cores": str(os.cpu_count()),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "pyav": av.__version__,
        "libavcodec": ".".join(map(str, av.library_versions["libavcodec"])),
        "commit": _commit(),
    }


def _processor() -> str:
    names = Path("/proc/cpuinfo")
    if names.exists():
        for line in names.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _graphics() -> str:
    """Name NVIDIA's devices and their driver."""
    return _ask("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader") or "none"


def _commit() -> str:
    return _ask("git", "describe", "--always", "--dirty") or "unknown"


def _ask(*command: str) -> str:
    """The output of a program on one line; empty if it is missing or fails."""
    if shutil.which(command[0]) is None:
        return ""
    here = Path(__file__).parent
    answer = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    return "; ".join(answer.stdout.split("\n")).strip("; ") if answer.returncode == 0 else ""
