"""A process that has loaded torch and MLflow and forks a stage on request, so that a test costs no imports.

The stages are processes of their own, with real signals and exit codes; only their start is short. One JSON
line is one request: `{"start": ["train"], "cwd": ..., "env": {...}}` is answered by the process id, and
`{"wait": PID}` by the exit code (negative for a signal, as in `subprocess`).
"""

import json
import os
import sys
from typing import Any

import run  # sets the instruction caps, before torch is loaded

# isort: split
import mlflow.store.model_registry.sqlalchemy_store
import mlflow.store.tracking.sqlalchemy_store
import torch
import toy_system  # noqa: F401

import stages.evaluate
import stages.train  # noqa: F401
from stages.core import process


def make_store(folder: str) -> None:
    """The tables of an MLflow store, which take seconds to make: tests copy them."""
    mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db").search_experiments()


def start(request: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    os.chdir(request["cwd"])
    os.environ.update(request["env"])
    for number, name in ((0, os.devnull), (1, "stdout"), (2, "stderr")):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644), number)
    sys.argv[1:] = request["start"]
    sys.modules["__main__"] = run  # what ranks and loader workers import again: not all that is loaded here
    code = 70
    try:
        code = process.run_stage(run.main)
    finally:
        sys.stderr.flush()
        os._exit(code)


def serve() -> None:
    process._PARENT = os.getpid()  # of the stages that are forked here
    torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])  # loads the compiler, which takes seconds
    for line in sys.stdin:
        request = json.loads(line)
        if "start" in request:
            answer = start(request)
        elif "wait" in request:
            answer = os.waitstatus_to_exitcode(os.waitpid(request["wait"], 0)[1])
        else:
            answer = make_store(request["store"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
