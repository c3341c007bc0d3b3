"""Randomness by name: every draw comes from a seed that is a hash of what it is for.

There is no generator state to save. Step 4,711 of a run draws the same numbers whether the run reached it in
one go or was killed and resumed, with one worker or eight.
"""

import hashlib

import numpy as np


def fold(seed: int, *names: str | int) -> int:
    """Derive a seed for a named purpose.

    Args:
        seed: the root seed of params.yaml.
        names: the purpose, from the general to the particular: `fold(seed, "clip", "batch", step)`.

    Returns:
        A non-negative integer below 2**63, the same on every machine.
    """
    text = "\x1f".join([str(seed), *(str(name) for name in names)])
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """A NumPy generator (PCG64) for a named purpose."""
    return np.random.Generator(np.random.PCG64(fold(seed, *names)))


def fraction(seed: int, *names: str | int) -> float:
    """A number in [0, 1) for a named purpose: a stateless Bernoulli draw is `fraction(...) < p`."""
    return fold(seed, *names) / 2.0**63
