"""Errors a person can act on, each with the exit code that schedulers read.

The codes follow sysexits.h: a scheduler retries 75, and never 65 or 78.
"""


class TenfoldError(Exception):
    """The base: one sentence that names the file or field and the remedy."""

    exit_code = 70


class BadDataError(TenfoldError):
    """Input that no retry will mend: a missing column, a damaged shard."""

    exit_code = 65


class TryAgainError(TenfoldError):
    """A condition that passes: a full disk, a busy folder, a lost connection."""

    exit_code = 75


class BadConfigError(TenfoldError):
    """A parameter or an argument that is unknown or out of range."""

    exit_code = 78
