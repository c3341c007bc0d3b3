"""params.yaml: what is wrong is named by its path."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.errors import BadConfigError
from stages.core.params import Params, load, read_yaml, seed


class Inner(Params):
    learning_rate: float
    steps: int = 3


class Outer(Params):
    inner: Inner


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "params.yaml"


def problem(file: Path, text: str, section: str = "a.b") -> str:
    file.write_text(text)
    with pytest.raises(BadConfigError) as caught:
        load(section, Outer, file)
    return str(caught.value)


def test_a_section_is_read_and_frozen(file: Path) -> None:
    file.write_text("a: {b: {inner: {learning_rate: 1.0e-3}}}")
    found = load("a.b", Outer, file)
    assert found == Outer(inner=Inner(learning_rate=0.001, steps=3))
    with pytest.raises(ValueError, match="frozen"):
        found.inner.steps = 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: {b: {inner: {learning_rat: 1}}}",
            "a.b.inner.learning_rat: unknown key; did you mean 'learning_rate'?",
        ),
        ("a: {b: {inner: {learning_rate: fast}}}", "a.b.inner.learning_rate: Input should be a valid number"),
        ("a: {b: {inner: {learning_rate: 1}}, c: 1}\nd: {}", ""),
        ("a: {}", "section 'a.b' is missing (no key 'b')"),
        ("a: 3", "section 'a.b' is missing (no key 'b')"),
        ("- a", "expected a mapping"),
        ("a: {b: 1", "params.yaml: "),
        ("a: 1\na: 2", "duplicate key"),
        ("a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
    ],
)
def test_what_is_wrong_is_named(file: Path, text: str, message: str) -> None:
    if message:
        assert message in problem(file, text)
    else:
        file.write_text(text)
        load("a.b", Outer, file)


def test_a_missing_file_says_where_to_run(file: Path) -> None:
    with pytest.raises(BadConfigError, match="run from the root"):
        read_yaml(file)


def test_a_huge_file_is_not_parsed(file: Path) -> None:
    file.write_text("a: " + "x" * (1 << 20))
    with pytest.raises(BadConfigError, match="larger than"):
        read_yaml(file)


@pytest.mark.parametrize("text", ["a: 1", "seed: -1", "seed: x", "seed: true", "seed: 1.5"])
def test_the_seed_is_a_natural_number(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(BadConfigError, match="non-negative integer"):
        seed(file)


@given(st.text())
def test_no_text_makes_the_reader_fail_otherwise(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("params") / "params.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(BadConfigError):
        assert isinstance(read_yaml(file), dict)
