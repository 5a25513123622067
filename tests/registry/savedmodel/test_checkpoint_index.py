"""The reader of variables.index, against tables written here by the format's rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.registry.savedmodel.bundles import entry, header, table, written
from tests.saved_models import FIXTURES
from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.savedmodel import TensorSpec
from tfx_hallmark.registry.savedmodel.checkpoint_index import check_shards, read_checkpoint_index
from tfx_hallmark.registry.savedmodel.crc32c import crc32c


def test_crc32c_of_the_check_string():
    assert crc32c(b"123456789") == 0xE3069283


@given(
    tensors=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
        st.tuples(
            st.lists(st.integers(0, 2**40), max_size=4),
            st.integers(0, 2),
            st.integers(0, 2**40),
            st.integers(0, 2**40),
        ),
        max_size=12,
    ),
    per_block=st.integers(1, 5),
)
def test_what_a_table_holds_is_read(tmp_path_factory, tensors, per_block):
    entries = [header(num_shards=3)] + [
        entry(key, shape=shape, shard=shard, offset=offset, size=size)
        for key, (shape, shard, offset, size) in sorted((k.encode(), v) for k, v in tensors.items())
    ]
    blocks = [entries[start : start + per_block] for start in range(0, len(entries), per_block)]
    index = read_checkpoint_index(written(tmp_path_factory.mktemp("model"), table(blocks)))
    assert index.shards == 3
    assert {
        key: (list(t.spec.shape), t.shard, t.offset, t.size) for key, t in index.tensors.items()
    } == tensors
    for shard, needed in enumerate(index.shard_sizes):
        ends = [offset + size for _, at, offset, size in tensors.values() if at == shard]
        assert needed == max(ends, default=0)


def test_a_partitioned_tensor_is_listed_once_and_its_slices_count_for_the_shard(tmp_path):
    blocks = [
        [
            header(num_shards=1),
            entry(b"\0\1slice-0", size=40),
            entry(b"\0\1slice-1", offset=40, size=40),
            entry(b"w", shape=(20,), size=0, slices=2),
        ]
    ]
    index = read_checkpoint_index(written(tmp_path, table(blocks)))
    assert list(index.tensors) == ["w"]
    assert index.tensors["w"].partitioned
    assert index.tensors["w"].spec == TensorSpec("float32", (20,))
    assert index.shard_sizes == (80,)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "0 bytes are less than a footer"),
        (b"\0" * 48, "does not end like a TensorFlow checkpoint index"),
        (table([[header(num_shards=1)]], compression=1), "block compression 1"),
        (table([[entry(b"w")]]), "it has no header"),
        (table([[header(num_shards=0)]]), "claims 0 shards"),
        (table([[header(num_shards=2**31 - 1)]]), "claims 2147483647 shards"),
        (table([[header(num_shards=1, endianness=1)]]), "big-endian"),
        (table([[header(num_shards=1), entry(b"w", shard=1)]]), "places a tensor in shard 1 of 1"),
        (table([[header(num_shards=1), entry(b"w", offset=-1)]]), "at -1"),
        (table([[header(num_shards=1)], [entry(b"w")]], restarts=99), "more restart points than bytes"),
        (table([[header(num_shards=1), (b"w", b"\xff")]]), "an entry does not decode"),
        (table([[header(num_shards=1), entry(b"\xff\xfe")]]), "an entry does not decode"),
    ],
)
def test_what_tensorflow_does_not_write_is_refused(tmp_path, data, reason):
    with pytest.raises(InvalidModelError, match=reason) as caught:
        read_checkpoint_index(written(tmp_path, data))
    assert str(tmp_path / "variables" / "variables.index") in str(caught.value)


@given(position=st.integers(0), bit=st.integers(0, 7))
def test_any_flipped_bit_in_a_block_is_found(tmp_path_factory, position, bit):
    data = bytearray((FIXTURES / "linear" / "variables" / "variables.index").read_bytes())
    position %= len(data) - 48
    data[position] ^= 1 << bit
    with pytest.raises(InvalidModelError, match="copy or export the model again"):
        read_checkpoint_index(written(tmp_path_factory.mktemp("model"), bytes(data)))


def test_every_shard_must_be_there_and_long_enough(tmp_path):
    blocks = [[header(num_shards=2), entry(b"v", size=8), entry(b"w", shard=1, offset=4, size=8)]]
    index = read_checkpoint_index(written(tmp_path, table(blocks)))
    first, second = (tmp_path / name for name in index.shard_files())
    first.write_bytes(bytes(8))
    with pytest.raises(InvalidModelError, match="00001-of-00002 is missing"):
        check_shards(tmp_path, index)
    second.write_bytes(bytes(11))
    with pytest.raises(InvalidModelError, match="11 bytes, but the index places tensors up to byte 12"):
        check_shards(tmp_path, index)
    second.write_bytes(bytes(12))
    check_shards(tmp_path, index)
