"""Deployments on this machine: a nightly run of the pipeline, and one system on demand.

    python -m flows.serve --cron "0 2 * * *" --timezone Europe/Berlin

It stays in the foreground, starts runs when they are due or asked for on Prefect's page, and pauses its
schedules when it ends. The server is the one that PREFECT_API_URL names, or that of `make ui`, or its own.
For work pools on other machines see prefect.yaml.
"""

import sys
import zoneinfo
from typing import Annotated

import typer
from prefect import serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron

from flows import server
from flows.pipeline import pipeline

# One run of this folder at a time; another waits its turn, since both would want the same stages.
_ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)


def deployments(cron: str, timezone: str) -> list[RunnerDeployment]:
    """What is offered on Prefect's page.

    Args:
        cron: when the nightly run starts.
        timezone: of those hours; summer time is minded.

    Raises:
        ValueError: cron or time zone mean nothing.
    """
    if timezone not in zoneinfo.available_timezones():
        raise ValueError(f"no time zone {timezone!r}; names are like Europe/Berlin or UTC")
    nightly = RunnerDeployment.from_flow(
        pipeline,
        name="nightly",
        description="New data, stale systems, report.",
        schedule=Cron(cron, timezone=timezone),
        concurrency_limit=_ONE_AT_A_TIME,
    )
    one_system = RunnerDeployment.from_flow(
        pipeline,
        name="one-system",
        description="Chosen systems with all they depend on.",
        parameters={"systems": ["clip"]},
        concurrency_limit=_ONE_AT_A_TIME,
    )
    return [nightly, one_system]


def main(
    cron: Annotated[str, typer.Option(help="When the nightly run starts.")] = "0 2 * * *",
    timezone: Annotated[str, typer.Option(help="Time zone of the schedule.")] = "UTC",
) -> None:
    """Serve the deployments until Ctrl-C."""
    try:
        offered = deployments(cron, timezone)
        typer.echo(f"Prefect's page: {server.ensure(lasting=True)}")
    except (ValueError, server.NoServerError) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(78)
    serve(*offered, limit=1)


if __name__ == "__main__":
    typer.run(main)
