"""Figures that travel light: matplotlib writes 32 bits a pixel where a palette of 256 colours shows the same."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image


def shrink(folder: Path) -> None:
    """Give every PNG of a folder a palette, two to four times smaller; a file that would grow stays as it is."""
    for path in folder.glob("*.png"):
        with Image.open(path) as image:
            if image.mode == "P" or (image.mode == "RGBA" and image.getchannel("A").getextrema()[0] < 255):
                continue  # done before, or transparent on purpose
            palette = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        small = io.BytesIO()
        palette.save(small, "PNG", optimize=True)
        if small.tell() < path.stat().st_size:
            path.write_bytes(small.getvalue())
