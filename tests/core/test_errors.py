"""The exit codes that schedulers read."""

from stages.core.errors import BadConfigError, BadDataError, TenfoldError, TryAgainError


def test_codes_are_those_of_sysexits() -> None:
    kinds = (TenfoldError, BadDataError, TryAgainError, BadConfigError)
    assert [kind.exit_code for kind in kinds] == [70, 65, 75, 78]
    assert all(issubclass(kind, TenfoldError) for kind in kinds)
