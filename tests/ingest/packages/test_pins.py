from pathlib import Path

import pytest

from stages.core.errors import BadConfigError
from stages.ingest.packages.pins import read_pins

HASH = "a" * 64
PIN = f'{{client: apt, name: hello, version: "2.10-3", sha256: {HASH}, licence: GPL-3.0-or-later}}'
OTHER = f'{{client: npm, name: "@scope/name", version: "1.0.0", sha256: {HASH}, licence: MIT}}'


def write(folder: Path, sample: str, full: str = OTHER) -> Path:
    path = folder / "params.yaml"
    path.write_text(f"corpora:\n  sample:\n    packages: [{sample}]\n  full:\n    packages: [{full}]\n")
    return path


def test_every_committed_pin_is_complete_and_full_begins_with_the_sample():
    sample, full = read_pins("sample"), read_pins("full")
    assert full[: len(sample)] == sample
    assert len(full) > len(sample)
    assert all(pin.licence and len(pin.sha256) == 64 for pin in full)


def test_a_scoped_name_becomes_one_path_component(tmp_path):
    pins = read_pins("full", write(tmp_path, PIN))
    assert [pin.slug for pin in pins] == ["hello", "scope-name"]


@pytest.mark.parametrize(
    ("field", "bad", "named"),
    [
        ("name: hello", "name: --option", "name"),
        ("name: hello", "name: ../hello", "name"),
        ("2.10-3", "latest", "version"),
        (HASH, "abc", "sha256"),
        ("client: apt", "client: pip", "client"),
        (", licence: GPL-3.0-or-later", "", "licence"),
    ],
)
def test_a_bad_pin_is_refused_with_its_field(tmp_path, field, bad, named):
    with pytest.raises(BadConfigError, match=rf"corpora\.sample\.packages\.0\.{named}"):
        read_pins("sample", write(tmp_path, PIN.replace(field, bad)))


def test_a_package_pinned_twice_is_refused(tmp_path):
    with pytest.raises(BadConfigError, match="more than once: hello"):
        read_pins("full", write(tmp_path, PIN, PIN))
