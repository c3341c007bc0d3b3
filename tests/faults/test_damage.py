"""Full disks, damaged checkpoints, wrong parameters, and a tracking server that is not there."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

pytestmark = pytest.mark.fault


@pytest.mark.parametrize("file", ["state.safetensors", "meta.json"])
@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_a_damaged_newest_checkpoint_is_passed_over(
    file: str, damage: str, make_toy: Callable[..., Any], unbroken: Any
) -> None:
    toy = make_toy()
    assert toy.run(TENFOLD_FAIL_AT="commit-8") == -9
    _damage(toy.work / "step-000008" / file, damage)
    assert (toy.run(), toy.run("evaluate")) == (0, 0), toy.errors
    assert "step-000008 is damaged" in toy.errors
    assert toy.outputs() == unbroken.outputs()
    assert toy.points() == unbroken.points()


def test_with_all_checkpoints_damaged_it_starts_over(make_toy: Callable[..., Any], unbroken: Any) -> None:
    toy = make_toy()
    assert toy.run(TENFOLD_FAIL_AT="commit-8") == -9
    for step in (4, 8):
        _damage(toy.work / f"step-{step:06d}" / "state.safetensors", "flip")
    assert (toy.run(), toy.run("evaluate")) == (0, 0), toy.errors
    assert toy.outputs() == unbroken.outputs()
    assert toy.points() == unbroken.points()


def test_a_torn_journal_is_cut(make_toy: Callable[..., Any], unbroken: Any) -> None:
    toy = make_toy()
    assert toy.run(TENFOLD_FAIL_AT="step-7") == -9
    with (toy.work / "metrics.jsonl").open("a") as journal:
        journal.write('{"loss": 0.1, "st')
    assert (toy.run(), toy.run("evaluate")) == (0, 0), toy.errors
    assert toy.outputs() == unbroken.outputs()


def test_a_full_disk_keeps_the_old_checkpoint(make_toy: Callable[..., Any], unbroken: Any) -> None:
    toy = make_toy()
    assert toy.run(TENFOLD_FAIL_AT="commit-4") == -9
    size = (toy.work / "step-000004" / "state.safetensors").stat().st_size
    assert toy.run(TOY_LARGEST_FILE=str(size - 1)) == 75, toy.errors
    assert "no room left on the disk; free some space" in toy.errors
    assert "Traceback" not in toy.errors
    assert toy.checkpoints() == ["step-000004"]
    assert (toy.run(), toy.run("evaluate")) == (0, 0), toy.errors
    assert toy.outputs() == unbroken.outputs()
    assert toy.runs() == ["FINISHED"]
    assert toy.points() == unbroken.points()


def test_a_loss_that_is_not_finite_is_named_and_not_saved(make_toy: Callable[..., Any]) -> None:
    toy = make_toy()
    assert toy.run(TOY_NAN_AT="5") == 78
    assert "step 5: loss is nan" in toy.errors
    assert toy.checkpoints() == ["step-000004"]
    assert toy.runs() == ["FAILED"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"learning_rat": 0.1},
            "systems.toy.recipe.learning_rat: unknown key; did you mean 'learning_rate'?",
        ),
        ({"steps": 0}, "systems.toy.recipe.steps: Input should be greater than or equal to 1"),
        ({"precision": "float16"}, "recipe.precision: float16 needs a CUDA device"),
    ],
)
def test_a_wrong_parameter_is_named(
    change: dict[str, Any], message: str, make_toy: Callable[..., Any]
) -> None:
    toy = make_toy(**change)
    assert toy.run() == 78
    assert message in toy.errors
    assert len(toy.errors.splitlines()) == 1


def test_a_gpu_that_is_not_there(make_toy: Callable[..., Any]) -> None:
    toy = make_toy(train={"device": "cuda"})
    assert toy.run() == 78
    assert "rank 0 needs a GPU of its own, and there are 0" in toy.errors


def test_missing_weights_are_named(make_toy: Callable[..., Any]) -> None:
    toy = make_toy()
    assert toy.run("evaluate") == 65
    assert "data/models/toy/weights/model.safetensors" in toy.errors


@pytest.fixture
def broken_server() -> Iterator[str]:
    """The address of a server that answers each request with an error."""

    class Broken(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(418)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Broken) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://user:secret@127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("answers", [False, True])
def test_without_mlflow_the_training_ends_well(
    answers: bool, broken_server: str, make_toy: Callable[..., Any], unbroken: Any
) -> None:
    toy = make_toy()
    nowhere = {"MLFLOW_TRACKING_URI": broken_server if answers else "http://user:secret@127.0.0.1:9"}
    assert toy.run(**nowhere) == 0, toy.errors
    assert toy.errors.count("MLflow is not to be reached") == 1
    assert "secret" not in toy.errors
    assert toy.runs() == []
    assert toy.run("evaluate") == 0  # the store is back, and gets the whole journal
    assert toy.outputs() == unbroken.outputs()
    assert toy.points() == unbroken.points()
    assert toy.runs() == ["FINISHED"]


def _damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "remove":
        path.unlink()
    elif how == "truncate":
        path.write_bytes(content[: len(content) // 2])
    else:
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
