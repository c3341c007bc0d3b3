"""MLflow's page and Prefect's page on this machine, until Ctrl-C: `make ui`, or `python -m flows.ui`."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from flows import server, tether

_STORE = "sqlite:///data/work/mlflow.db"  # where the stages record, unless MLFLOW_TRACKING_URI says otherwise
_TRAINING = "#/experiments?workflowType=machine_learning"  # MLflow opens on its pages for chatbots otherwise
_SHUTDOWN = 10.0  # seconds
_LOOK = 0.5  # seconds between two looks whether both still run


def mlflow_command(port: int) -> list[str]:
    """The argv of MLflow's page over the store that the stages record to."""
    store = os.environ.get("MLFLOW_TRACKING_URI") or _STORE
    where = ["--backend-store-uri", store, "--host", server.HOST, "--port", str(port), "--workers", "1"]
    return [sys.executable, "-m", "mlflow", "server", *where]


def check_ports(**ports: int) -> None:
    """Make sure that the pages can listen, before either is started.

    Args:
        ports: by the page's name.

    Raises:
        server.NoServerError: a port is in use, or both are the same.
    """
    for name, port in ports.items():
        if not server.is_free(port):
            remedy = f"make ui {name.upper()}_PORT={port + 1}"
            raise server.NoServerError(f"port {port} is in use; choose another one: {remedy}")
    if len(set(ports.values())) < len(ports):
        raise server.NoServerError("MLflow and Prefect cannot share a port; choose two")


def start_mlflow(port: int, work: Path = server.WORK) -> "subprocess.Popen[bytes]":
    """Start MLflow's page; it dies with this process."""
    work.mkdir(parents=True, exist_ok=True)
    quiet = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    environment = {**os.environ, **quiet}
    with (work / "mlflow.log").open("wb") as log:
        return subprocess.Popen(
            tether.command(mlflow_command(port)),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def show(mlflow_port: int, prefect_port: int) -> None:
    """Run both pages until one ends or an exception, as KeyboardInterrupt, ends the wait.

    Raises:
        server.NoServerError: a page did not start, or ended by itself.
    """
    mlflow = start_mlflow(mlflow_port)
    try:
        prefect = server.start(prefect_port, lasting=True)
        page = f"http://{server.HOST}:{mlflow_port}"
        while mlflow.poll() is None and not server.answers(f"{page}/health"):
            time.sleep(_LOOK)
        typer.echo(f"MLflow   {page}/{_TRAINING}   curves, models, inputs")
        typer.echo(f"Prefect  {prefect.url}   flow runs")
        typer.echo("Ctrl-C ends both.")
        while mlflow.poll() is None and prefect.process.poll() is None:
            time.sleep(_LOOK)
        raise server.NoServerError(
            "a page ended by itself; see data/work/mlflow.log and data/work/prefect.log"
        )
    finally:
        _end(mlflow)


def main(
    mlflow_port: Annotated[int, typer.Option(min=1, max=65535)] = 5000,
    prefect_port: Annotated[int, typer.Option(min=1, max=65535)] = server.PORT,
) -> None:
    """Show MLflow's and Prefect's pages on this machine until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        check_ports(mlflow=mlflow_port, prefect=prefect_port)
        show(mlflow_port, prefect_port)
    except server.NoServerError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(75)
    except KeyboardInterrupt:
        typer.echo("\nBoth pages are closed.")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process group in good time."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(_SHUTDOWN)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


if __name__ == "__main__":
    typer.run(main)
