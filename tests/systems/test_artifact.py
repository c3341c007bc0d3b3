"""Published models by the name of their system."""

from pathlib import Path

import pytest

from stages import systems
from stages.core.errors import BadConfigError, BadDataError


@pytest.mark.parametrize("name", ["clip", "whisper"])
def test_a_folder_without_a_model_is_bad_data(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadDataError, match=r"config\.json"):
        systems.artifact(name, tmp_path)


def test_a_system_that_nobody_knows_is_bad_configuration(tmp_path: Path) -> None:
    with pytest.raises(BadConfigError, match="no system 'nope'"):
        systems.artifact("nope", tmp_path)
