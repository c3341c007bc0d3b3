"""Shares as they stand in the table: rounded, so that they read well and compress well."""


def share(part: int, whole: int, digits: int = 4) -> float:
    """`part` of `whole`, rounded; 0 of nothing is 0."""
    return round(part / whole, digits) if whole else 0.0
