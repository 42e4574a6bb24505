"""The bytes that come out of the sandbox: equal, and nothing a hostile process writes does more than raise."""

from __future__ import annotations

import json
import pickle
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_build.grading.inside import plain

NUMBERS = arrays.arrays(
    dtype=st.sampled_from(["float64", "float32", "float16", "int64", "int8", "uint8", "bool"]),
    shape=arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)


@given(st.dictionaries(st.text(max_size=8), NUMBERS, max_size=4))
def test_numbers_come_back_as_they_went(named):
    named = {name: array for name, array in named.items() if not name.startswith(plain.TEXT)}
    back = plain.unpack(plain.pack(named))
    assert back.keys() == named.keys()
    for name, array in named.items():
        assert back[name].dtype == array.dtype
        np.testing.assert_array_equal(back[name], array)


@given(st.text())
def test_texts_come_back_as_they_went(text):
    """Except for half surrogates, which are no text, and NULs at the end, which NumPy drops."""
    back = plain.unpack(plain.pack({"error": text}))["error"]
    assert str(back) == str(np.asarray(text.encode("utf-8", "replace").decode()))


@pytest.mark.parametrize(
    "value", [[{}, None], b"bytes", 1j, np.array(["a", "b"]), object(), np.zeros(2, "datetime64[s]")]
)
def test_anything_else_is_refused_by_name(value):
    with pytest.raises(plain.NotPlain, match="got thing of dtype"):
        plain.pack({"thing": value})


@given(st.binary(max_size=200))
def test_rubbish_is_no_data(blob):
    try:
        plain.unpack(blob)
    except plain.NotPlain:
        return
    assert blob[8:9] == b"{"  # an empty table is data


@given(st.data())
def test_a_changed_byte_gives_numbers_or_an_error(data):
    blob = bytearray(plain.pack({"a": np.arange(3.0), "error": "text"}))
    blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    try:
        back = plain.unpack(bytes(blob))
    except plain.NotPlain:
        return
    assert all(array.dtype.kind in plain.NUMBERS + "U" for array in back.values())


@pytest.mark.parametrize("kind", ["BF16", "F8_E4M3", "F8_E5M2", "F4", "C64", "PICKLE"])
def test_strange_number_types_do_not_get_through(kind):
    head = f'{{"x":{{"dtype":"{kind}","shape":[4],"data_offsets":[0,8]}}}}'.encode()
    blob = struct.pack("<Q", len(head)) + head + bytes(8)
    try:
        array = plain.unpack(blob)["x"]
    except plain.NotPlain:
        return
    assert array.dtype.kind in plain.NUMBERS


def test_a_pickle_is_never_loaded():
    class Evil:
        def __reduce__(self):
            return pytest.fail, ("a pickle was loaded",)

    with pytest.raises(plain.NotPlain):
        plain.unpack(pickle.dumps(Evil()))


def test_a_shape_without_the_bytes_is_refused():
    head = b'{"x":{"dtype":"F64","shape":[1000000000000],"data_offsets":[0,8]}}'
    with pytest.raises(plain.NotPlain):
        plain.unpack(struct.pack("<Q", len(head)) + head + bytes(8))


def test_a_list_of_names_without_end_is_refused():
    """Before it is read: a million empty arrays take seconds and a gigabyte."""
    names = {f"{n:x}": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]} for n in range(2_000)}
    head = json.dumps(names).encode()
    with pytest.raises(plain.NotPlain, match="more names than fit"):
        plain.unpack(struct.pack("<Q", len(head)) + head)
