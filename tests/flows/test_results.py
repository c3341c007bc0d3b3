"""The table of a run: what is shown, and that nothing in a file can break out of it."""

import json
from pathlib import Path

from flows import results


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def test_stages_measures_and_samples(tmp_path: Path) -> None:
    write(tmp_path / "data/evals/clip/metrics.json", {"top5": 0.12345, "images": 1706, "note": "text"})
    write(tmp_path / "data/filtered/images/funnel.json", {"in": 9, "kept": 7, "dropped/small": 2})
    page = results.markdown([("train@clip", "up to date")], tmp_path)
    assert "| train@clip | up to date |" in page
    assert "| clip | top5 | 0.1235 |" in page
    assert "| clip | images | 1,706 |" in page
    assert "| images | kept | 7 |" in page
    assert "note" not in page
    assert "dropped" not in page


def test_a_run_without_results_still_lists_its_stages(tmp_path: Path) -> None:
    page = results.markdown([("ingest@speech", "exit code 65")], tmp_path)
    assert "| ingest@speech | exit code 65 |" in page
    assert "Measures" not in page


def test_names_cannot_leave_their_cell(tmp_path: Path) -> None:
    write(tmp_path / "data/evals/clip/metrics.json", {"a|b\n\n# <script>": 1})
    page = results.markdown([], tmp_path)
    assert "a\\|b # &lt;script>" in page


def test_a_damaged_file_is_a_row_and_not_an_error(tmp_path: Path) -> None:
    file = tmp_path / "data/evals/clip/metrics.json"
    write(file, [1])
    assert "cannot be read: no JSON object" in results.markdown([], tmp_path)
    file.write_text("{")
    assert "cannot be read" in results.markdown([], tmp_path)


def test_long_lists_are_cut(tmp_path: Path) -> None:
    write(tmp_path / "data/evals/clip/metrics.json", {f"m{index}": index for index in range(500)})
    assert results.markdown([], tmp_path).count("| clip |") == 40
