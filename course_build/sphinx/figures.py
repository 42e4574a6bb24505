"""Figures that travel light: matplotlib writes PNG with 32 bits a pixel where WebP or AVIF show the same in less."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

HEAVY = 15_000  # bytes; what is larger without loss is a cloud of dots or a picture of pictures, and bears some


def shrink(site: Path) -> None:
    """Turn every figure of the built pages into WebP or AVIF, a fraction of the size, and let the pages refer to that.

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
            target.unlink()
            target = path.with_suffix(".avif")
            picture.save(target, quality=42)
        path.unlink()
        renamed[f"_images/{path.name}"] = f"_images/{target.name}"
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        for old, new in renamed.items():
            page = page.replace(old, new)
        path.write_text(page, encoding="utf-8")
