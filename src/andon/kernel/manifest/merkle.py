"""The Merkle tree over units. Reference: RFC 9162, section 2.1, with SHA-256."""

import hashlib
import hmac
from collections.abc import Sequence

from andon.kernel.wire import Malformed

HASH_BYTES = 32


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """MTH(D_n). Reference: RFC 9162, 2.1.1."""
    n = len(leaves)
    if n == 0:
        return hashlib.sha256(b"").digest()
    if n == 1:
        return _leaf_hash(leaves[0])
    k = _split(n)
    return _node_hash(merkle_root(leaves[:k]), merkle_root(leaves[k:]))


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """PATH(m, D_n), from the leaf's sibling up. Raises: IndexError. Reference: RFC 9162, 2.1.3.1."""
    n = len(leaves)
    if not 0 <= index < n:
        raise IndexError("no leaf with this index")
    if n == 1:
        return []
    k = _split(n)
    if index < k:
        return [*inclusion_path(leaves[:k], index), merkle_root(leaves[k:])]
    return [*inclusion_path(leaves[k:], index - k), merkle_root(leaves[:k])]


def inclusion_paths(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """`inclusion_path` of every leaf, with each node of the tree hashed once. Reference: RFC 9162, 2.1.3.1."""
    return _root_and_paths(leaves)[1] if leaves else []


def _root_and_paths(leaves: Sequence[bytes]) -> tuple[bytes, list[list[bytes]]]:
    n = len(leaves)
    if n == 1:
        return _leaf_hash(leaves[0]), [[]]
    k = _split(n)
    left, left_paths = _root_and_paths(leaves[:k])
    right, right_paths = _root_and_paths(leaves[k:])
    paths = [[*path, right] for path in left_paths] + [[*path, left] for path in right_paths]
    return _node_hash(left, right), paths


def verify_inclusion(leaf: bytes, *, index: int, count: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf stands at this index of the tree of this size with this root.

    Guarantees: true only for the one path the RFC's algorithm accepts; a longer or shorter one is false, and so is
        another index or, save where the shape of the path is the same, another count.
    Does not: raise for anything a stranger can send, except Malformed for a hash of another length.
    Reference: RFC 9162, 2.1.3.2.
    """
    if any(len(p) != HASH_BYTES for p in path) or len(root) != HASH_BYTES:
        raise Malformed("a hash has 32 bytes")
    # Step 1.
    if index < 0 or index >= count:
        return False
    # Steps 2 and 3.
    fn, sn = index, count - 1
    r = _leaf_hash(leaf)
    # Step 4.
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = _node_hash(p, r)
            while not fn & 1 and fn != 0:
                fn >>= 1
                sn >>= 1
        else:
            r = _node_hash(r, p)
        fn >>= 1
        sn >>= 1
    # Step 5.
    return sn == 0 and hmac.compare_digest(r, root)


def _split(n: int) -> int:
    """The largest power of two smaller than n."""
    return 1 << ((n - 1).bit_length() - 1)


def _leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
