import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from stages.report.summary import print_summary

REPOSITORY = Path(__file__).parents[2]


def printed(repository, **options) -> str:
    console = Console(width=100, **options)
    with console.capture() as capture:
        print_summary(repository / "data", console)
    return capture.get()


def test_plain_lines_where_there_is_no_terminal(repository):
    lines = printed(repository, force_terminal=False).splitlines()
    assert "clip: style/top5 0.125 (chance 0.0029)" in lines
    assert "clip: claims: 1 holds, 1 does not hold, 1 not measured" in lines
    assert "whisper: not evaluated" in lines
    assert "glide: not built yet" in lines
    assert "data/report/index.html" in lines[-2]
    assert "make ui" in lines[-1]


def test_a_table_on_a_terminal(repository):
    text = printed(repository, force_terminal=True, color_system="standard")
    assert "\x1b[" in text
    assert "measured as" in text
    assert "0.125" in text


def test_no_colour_where_none_is_wanted(repository, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in printed(repository, force_terminal=True)


def test_a_terminal_of_sixty_columns_loses_no_number(repository):
    console = Console(width=60, force_terminal=True, no_color=True)
    with console.capture() as capture:
        print_summary(repository / "data", console)
    assert "0.125" in capture.get()


def test_an_empty_folder_has_ten_systems(tmp_path):
    lines = printed(tmp_path, force_terminal=False).splitlines()
    assert len(lines) == 12


@pytest.mark.parametrize("heavy", ["torch", "mlflow", "matplotlib", "pandas", "pyarrow", "jinja2"])
def test_nothing_heavy_is_imported_for_it(heavy):
    code = f"import sys, stages.report.__main__; sys.exit('{heavy}' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 0


def test_the_commands_write_the_page_and_print_the_results(repository):
    def run(*argv: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "stages.report", *argv]
        return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)

    shutil.rmtree(repository / "stages")  # it holds a README alone and would hide the package
    assert run().returncode == 0
    assert (repository / "data/report/index.html").read_text().startswith("<!doctype html>")
    assert "clip: style/top5 0.125" in run("summary").stdout
    (repository / "params.yaml").unlink()
    broken = run()
    assert broken.returncode == 78
    assert "params.yaml" in broken.stderr
