"""Columns of numbers that only some rows have."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def spread(values: npt.NDArray[np.uint64], places: npt.NDArray[np.int64], length: int) -> pa.Array:
    """A column of so many rows with the values at their places, and nulls elsewhere."""
    column = np.zeros(length, np.uint64)
    column[places] = values
    absent = np.ones(length, bool)
    absent[places] = False
    return pa.array(column, mask=absent)
