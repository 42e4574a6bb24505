"""Figures that travel light: matplotlib writes PNG with 32 bits a pixel where WebP shows the same in far less."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

HEAVY = 60_000  # bytes; what is larger without loss is a picture of pictures, and bears some


def shrink(site: Path) -> None:
    """Turn every figure of the built pages into WebP, three to five times smaller, and let the pages refer to that.

    Parameters
    ----------
    site : Path
        The folder of the built pages; figures are in its `_images`. Transparent ones keep their colours and form.
    """
    renamed = {}
    for path in sorted((site / "_images").glob("*.png")):
        with Image.open(path) as image:
            if image.mode == "RGBA" and image.getchannel("A").getextrema()[0] < 255:
                continue
            # Without dithering areas stay flat, and flat areas are what lossless compression lives on.
            picture = image.convert("RGB")
        target = path.with_suffix(".webp")
        picture.quantize(256, dither=Image.Dither.NONE).convert("RGB").save(target, lossless=True, method=6)
        if target.stat().st_size > HEAVY:
            picture.save(target, quality=75, method=6)
        path.unlink()
        renamed[f"_images/{path.name}"] = f"_images/{path.stem}.webp"
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        for old, new in renamed.items():
            page = page.replace(old, new)
        path.write_text(page, encoding="utf-8")
