"""Draws inside the database: a number from a hash of seed, purpose and key, and of nothing else."""


def draw(*columns: str) -> str:
    """An SQL expression for a number in [0, 1), the same in every version of the database.

    MD5 is a fixed function, which the database's own `hash` is not. Of its lower half the first 53 bits
    count, as many as a double holds, so that `draw(...) < 1` always holds.

    Args:
        columns: of the sample, in SQL; the query has a parameter `$seed`.
    """
    return f"(md5_number_lower(concat_ws(chr(31), $seed, {', '.join(columns)})) >> 11) / 9007199254740992.0"
