"""Named arrays and texts as bytes and back: what goes into the sandbox, and the only thing that comes out of it.

The bytes are safetensors: checked offsets, no code, no compression, so nothing can unfold into gigabytes and nothing is
ever unpickled, although a hostile process may have written them. A text is an array of its UTF-8 bytes under a marked
name.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import safetensors
import safetensors.numpy

TEXT = "text:"
NUMBERS = "biuf"
HEADER_BYTES = 2**16  # a million empty arrays would take seconds and a gigabyte


class NotPlain(ValueError):
    """Something is neither an array of numbers nor a text, or the bytes do not spell any."""


def pack(named: Mapping[str, np.ndarray | str]) -> bytes:
    """The bytes of arrays of numbers and texts by name; an array of one string counts as a text.

    Raises
    ------
    NotPlain
        Naming what else was found.
    """
    arrays = {}
    for name, value in named.items():
        array = np.asarray(value)
        if array.dtype.kind == "U" and array.ndim == 0:
            arrays[TEXT + name] = np.frombuffer(str(array).encode("utf-8", "replace"), dtype=np.uint8)
        elif array.dtype.kind in NUMBERS and array.dtype.itemsize <= 8:
            arrays[name] = np.array(array, order="C", copy=True)
        else:
            raise NotPlain(f"got {name} of dtype {array.dtype}, expected numbers of at most 64 bits, or one text")
    return safetensors.numpy.save(arrays)


def unpack(blob: bytes) -> dict[str, np.ndarray]:
    """What `pack` was given, texts as arrays of one string: `str(unpack(blob)["error"])`.

    Raises
    ------
    NotPlain
        If the bytes are anything else than `pack` writes.
    """
    if int.from_bytes(blob[:8], "little") > HEADER_BYTES:
        raise NotPlain(f"got a list of more names than fit into {HEADER_BYTES:,} bytes")
    try:
        arrays = safetensors.numpy.load(blob)
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise NotPlain(f"got bytes that are no named arrays: {error}") from error
    return {name.removeprefix(TEXT): _value(name, array) for name, array in arrays.items()}


def _value(name: str, array: np.ndarray) -> np.ndarray:
    return np.asarray(array.tobytes().decode("utf-8", "replace")) if name.startswith(TEXT) else array
