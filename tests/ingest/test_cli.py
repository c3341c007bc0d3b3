"""The command line names what is wrong with params and arguments."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from stages.core.errors import BadConfigError, BadDataError
from stages.ingest.__main__ import app

GOOD = "seed: 1\ningest:\n  c: {kind: image, root: ., sources: [{name: s, manifest: m.csv}]}\n"


@pytest.mark.parametrize(
    ("text", "error", "parts"),
    [
        ("seed: 1\ningest: {}\n", BadConfigError, ["ingest.c", "missing"]),
        (GOOD.replace("kind", "kin"), BadConfigError, ["ingest.c.kin", "did you mean 'kind'"]),
        (GOOD.replace("name: s", "name: S"), BadConfigError, ["ingest.c.sources.0.name"]),
        (GOOD.replace("}]", "}, {name: s, manifest: n.csv}]"), BadConfigError, ["'s' is used twice"]),
        (GOOD.replace("m.csv", "m.csv, columns: {caption: c}"), BadConfigError, ["no field ['caption']"]),
        (GOOD.replace("m.csv", "m.csv, compose: {utterances: 1}"), BadConfigError, ["only audio"]),
        (GOOD.replace("root: .", "root: ., fetch: {allow_private: [x]}"), BadConfigError, ["allow_private"]),
        (GOOD, BadDataError, ["m.csv", "'file'", "picture, text"]),
        (GOOD.replace("m.csv", "none.csv"), BadDataError, ["none.csv", "'s'"]),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, error: type[Exception], parts: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(text)
    Path("m.csv").write_text("picture,text\na.png,x\n")
    result = CliRunner().invoke(app, ["run", "c"])
    assert isinstance(result.exception, error)
    assert all(part in str(result.exception) for part in parts), str(result.exception)
    assert not Path("data/ingested").exists()


def test_commands_explain_themselves() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    assert "run" in result.output
    assert "packages" in result.output
