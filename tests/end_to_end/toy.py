"""A repository in small: the shape of ours, with stages that only count ticks.

`make_repository(folder)` writes it. Each stage is `toy_stage.py NAME`, guarded as the real stages are, and
does what `behaviour.json` says: how many ticks of 50 ms it takes, and with which exit code or signal it ends.
That file is no dependency, so a change of behaviour makes nothing stale.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

SYSTEMS = ("ash", "birch", "cedar", "elm", "fir", "oak")

_STAGE = """
import json, os, sys, time
from pathlib import Path
from stages.core.process import die_with_parent, run_stage, stop_requested

def main():
    name, *outs = sys.argv[1:]
    todo = json.loads(Path("behaviour.json").read_text()).get(name, {})
    work = Path("data/work"); work.mkdir(parents=True, exist_ok=True)
    (work / f"{name}.pid").write_text(str(os.getpid()))
    with (work / f"{name}.ticks").open("a") as ticks:
        for _ in range(todo.get("ticks", 1)):
            ticks.write("tick\\n"); ticks.flush()
            time.sleep(0.05)
            if stop_requested():
                (work / f"{name}.saved").write_text("saved")
                return
    if "signal" in todo:
        os.kill(os.getpid(), todo["signal"])
    if todo.get("code"):
        sys.stderr.write("error: told to fail\\n")
        sys.exit(todo["code"])
    for out in outs:
        path = Path(out); path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"loss": 0.5, "name": name}) if out.endswith(".json") else name * 1000)

sys.exit(run_stage(main))
"""

_PIPELINE = """
stages:
  shard:
    cmd: exec python toy_stage.py shard data/shards/index
    deps:
      - toy_stage.py
    outs:
      - data/shards/index
  train:
    foreach: [{systems}]
    do:
      cmd: exec python toy_stage.py train@${{item}} data/models/${{item}}/weights
      deps:
        - data/shards/index
      outs:
        - data/models/${{item}}/weights
  evaluate:
    foreach: [{systems}]
    do:
      cmd: exec python toy_stage.py evaluate@${{item}} data/evals/${{item}}/metrics.json
      deps:
        - data/models/${{item}}/weights
      metrics:
        - data/evals/${{item}}/metrics.json:
            cache: false
  report:
    cmd: exec python toy_stage.py report data/report/index.html
    deps:
      - data/evals
    outs:
      - data/report/index.html
"""

_PREFECT = Path(__file__).parents[2] / "prefect.toml"


def make_repository(folder: Path, systems: tuple[str, ...] = SYSTEMS) -> Path:
    """A git and DVC repository at `folder`, with nothing reproduced yet."""
    folder.mkdir(parents=True)
    (folder / "toy_stage.py").write_text(_STAGE)
    (folder / "dvc.yaml").write_text(_PIPELINE.format(systems=", ".join(systems)))
    (folder / "params.yaml").write_text("train: {device: cpu, processes: 1, threads: 1}\n")
    (folder / ".gitignore").write_text("/data/work/\n")
    (folder / ".dvcignore").write_text("data/work\n")
    (folder / "prefect.toml").write_text(_PREFECT.read_text())
    behave(folder)
    run(["git", "init", "--quiet"], folder)
    dvc(folder, "init", "--quiet")
    return folder


def behave(folder: Path, **stages: dict[str, int]) -> None:
    """Set the behaviour of stages; `train_oak` stands for `train@oak`."""
    content = {name.replace("_", "@", 1): todo for name, todo in stages.items()}
    (folder / "behaviour.json").write_text(json.dumps(content))


def dvc(folder: Path, *arguments: str) -> str:
    """Run DVC there and return what it printed."""
    return run([sys.executable, "-m", "dvc", *arguments], folder)


def run(argv: list[str], folder: Path) -> str:
    """Run a command that has to succeed."""
    done = subprocess.run(
        argv, cwd=folder, env=environment(), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{argv}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def environment() -> dict[str, str]:
    """Ours, with this Python in front and without a server that the developer may have configured."""
    here = str(Path(sys.executable).parent)
    outer = {name: text for name, text in os.environ.items() if name != "PREFECT_API_URL"}
    return {**outer, "PATH": f"{here}{os.pathsep}{outer['PATH']}", "DVC_NO_ANALYTICS": "1"}


def locked(folder: Path) -> set[str]:
    """The stages that dvc.lock knows."""
    from ruamel.yaml import YAML

    return set(YAML(typ="safe").load((folder / "dvc.lock").read_text())["stages"])


def wait_for(found: Callable[[], object], seconds: float = 120) -> None:
    """Wait until something comes true; whoever waits in vain fails."""
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)
