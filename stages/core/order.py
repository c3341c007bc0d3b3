"""The order of training samples as a pure function of (seed, epoch, position).

A Feistel network permutes [0, n) without storing the permutation. Resuming is one integer, the number of
workers changes nothing, and every rank computes its own share.

Source: M. Luby and C. Rackoff, "How to construct pseudorandom permutations from pseudorandom functions",
1988; cycle walking: J. Black and P. Rogaway, "Ciphers with arbitrary finite domains", 2002.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from stages.core.seeds import fold

_EPOCHS = 4  # that are remembered; a batch may reach from one into the next
_ROUNDS = 4  # Luby and Rackoff: four rounds resist even chosen-ciphertext distinguishers


@dataclass(frozen=True)
class Order:
    """An endless shuffled pass over `size` samples, reshuffled each epoch.

    Args:
        size: number of samples, at least 1.
        seed: the seed of this order.
    """

    size: int
    seed: int

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"an order needs at least one sample, not {self.size}")

    def __getitem__(self, position: int) -> int:
        """The sample at a global position; each epoch of `size` positions visits each sample once.

        Raises:
            IndexError: the position is negative.
        """
        if position < 0:
            raise IndexError(f"position {position} is negative")
        epoch, index = divmod(position, self.size)
        return permute(index, self.size, _epoch_seed(self.seed, epoch))


def permute(index: int, size: int, seed: int) -> int:
    """Where a seeded permutation of [0, size) sends `index`.

    Raises:
        IndexError: `index` is outside [0, size).
    """
    if not 0 <= index < size:
        raise IndexError(f"index {index} is outside [0, {size})")
    half_bits = max(1, ((size - 1).bit_length() + 1) // 2)
    mask = (1 << half_bits) - 1
    rounds = _rounds(seed)
    while True:  # cycle walking: the network's domain is at most four times `size`
        left, right = index >> half_bits, index & mask
        for scramble in rounds:
            left, right = right, left ^ (scramble[right] & mask)
        index = (left << half_bits) | right
        if index < size:
            return index


class _Round(dict[int, int]):
    """A round's function, remembered: of half the bits it has at most twice the root of `size` values."""

    def __init__(self, seed: int, number: int) -> None:
        super().__init__()
        self._prefix = f"{seed}:{number}:"

    def __missing__(self, right: int) -> int:
        message = f"{self._prefix}{right}".encode()
        self[right] = int.from_bytes(hashlib.blake2b(message, digest_size=8).digest(), "little")
        return self[right]


@lru_cache(maxsize=_EPOCHS)
def _rounds(seed: int) -> tuple[_Round, ...]:
    return tuple(_Round(seed, number) for number in range(_ROUNDS))


@lru_cache(maxsize=_EPOCHS)
def _epoch_seed(seed: int, epoch: int) -> int:
    return fold(seed, "epoch", epoch)
