"""What a measurement was made on."""

from __future__ import annotations

import platform
from pathlib import Path


def processor() -> str:
    """Its name, as the system gives it."""
    listing = Path("/proc/cpuinfo")  # Linux; elsewhere Python's answer has to do
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
