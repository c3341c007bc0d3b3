"""`python -m stages.report` writes the page; `python -m stages.report summary` prints the results."""

import sys
from pathlib import Path

import typer
from rich.console import Console

from stages.core.process import run_stage
from stages.report.summary import PAGE, print_summary

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def page(context: typer.Context) -> None:
    """Write the page from whatever the pipeline has left on the disk."""
    if context.invoked_subcommand is not None:
        return
    from stages.core.files import write_text  # noqa: PLC0415
    from stages.report.page import render  # noqa: PLC0415 - heavy, and the summary must be there at once

    content = render(Path())
    write_text(PAGE, content)
    typer.echo(f"{PAGE}: {len(content.encode()) / 1e6:.1f} MB")


@app.command()
def summary() -> None:
    """Print the results of all ten systems and where to look."""
    print_summary(Path("data"), Console())


if __name__ == "__main__":
    sys.exit(run_stage(app))
