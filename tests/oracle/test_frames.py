"""Frames on the pipe: what goes in comes out, and nonsense is an error, not a wait."""

import asyncio
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_lsp.oracle.frames import BrokenFrame, frame, read_frame, receive

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


async def received(data: bytes):
    stream = asyncio.StreamReader()
    stream.feed_data(data)
    stream.feed_eof()
    return await receive(stream)


@given(json_values, json_values)
def test_values_come_out_as_they_went_in(first, second):
    stream = io.BytesIO(frame(first) + frame(second))
    assert [read_frame(stream), read_frame(stream)] == [first, second]
    assert asyncio.run(received(frame(first))) == first


@pytest.mark.parametrize(
    "data", [b"", b"\0\0", b"\0\0\0\x05abc", b"\0\0\0\x03{]}", b"\xff\xff\xff\xff", b"HTTP"]
)
def test_anything_else_is_a_broken_frame(data):
    with pytest.raises(BrokenFrame):
        read_frame(io.BytesIO(data))
    with pytest.raises(BrokenFrame):
        asyncio.run(received(data))
