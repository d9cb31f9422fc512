"""What a number was measured on, so that two numbers can be compared or refused to be."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

import av


def describe() -> dict[str, str]:
    """Return what matters about this machine and this checkout, as names and words."""
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
    """Return what a program says on one line, nothing where it is missing or fails."""
    if shutil.which(command[0]) is None:
        return ""
    here = Path(__file__).parent
    answer = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    return "; ".join(answer.stdout.split("\n")).strip("; ") if answer.returncode == 0 else ""
