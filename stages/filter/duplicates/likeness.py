"""A way in which samples can be alike: among themselves, or like references such as an evaluation set."""

import abc

import duckdb

from stages.filter.base import Comparison


class Likeness(Comparison):
    """The base of all searches for duplicates."""

    @abc.abstractmethod
    def matches(
        self, database: duckdb.DuckDBPyConnection, rows: str = "standing", *, against: bool = False
    ) -> duckdb.DuckDBPyRelation:
        """Which samples are like another.

        Args:
            database: with the relation `rows`.
            rows: the name of a relation with the columns of `standing`.
            against: whether samples are compared with references only, whose places are negative, and not
                with each other.

        Returns:
            Columns key and value: a sample, and the key of the first that it is like. The relation reads
            tables that the next search replaces.
        """

    def drops(self, database: duckdb.DuckDBPyConnection, seed: int) -> duckdb.DuckDBPyRelation:
        """Drop what is like a sample that is kept and comes before it in key order."""
        del seed
        return self.matches(database)
