"""The known corpora as a table: how large each is, and what it would cost."""

from collections.abc import Iterator

from stages.ingest.estimate.cost import Machine, Work
from stages.ingest.estimate.page import amount
from stages.ingest.layouts import LAYOUTS
from stages.ingest.layouts.layout import Facts, Layout
from stages.ingest.params import Fetch

CONCURRENCY = 64  # files under way in each worker, as img2dataset is run
_HEAD = ("layout", "licence", "pairs", "hours of sound", "to fetch", "hours", "bound by", "dollars")


def corpora_table(machine: Machine) -> Iterator[str]:
    """Lines of a Markdown table; the busiest host counts where its share is known."""
    yield f"| {' | '.join(_HEAD)} |"
    yield "|" + "---|" * len(_HEAD)
    for layout in LAYOUTS.values():
        if layout.facts:
            yield f"| {' | '.join(_row(layout, layout.facts, machine))} |"


def _row(layout: Layout, facts: Facts, machine: Machine) -> list[str]:
    work = to_work(layout, facts)
    hours = work.hours(machine, Fetch(concurrency=CONCURRENCY))
    bound = max(hours, key=lambda name: hours[name])
    sound = f"{facts.hours:,.0f}" if facts.hours else ""
    return [
        layout.name,
        layout.licence or "of each item",
        f"{facts.pairs:,}",
        sound,
        amount(work.archive_bytes or work.bytes),
        f"{hours[bound]:,.1f}" if hours[bound] >= 1 else f"{hours[bound]:.2f}",
        bound,
        f"{hours[bound] * machine.dollars:,.2f}",
    ]


def to_work(layout: Layout, facts: Facts) -> Work:
    """The work of a corpus as it is published: by links, or from archives that are fetched first."""
    return Work(
        kind=layout.kind or "image",
        lines=facts.pairs,
        remote=0 if facts.archive_bytes or facts.hours else facts.pairs,
        item_bytes=facts.item_bytes,
        item_seconds=facts.hours * 3600 / facts.pairs if facts.hours else 0,
        hosts={"busiest": facts.pairs * facts.busiest_host},
        archive_bytes=facts.archive_bytes or (facts.pairs * facts.item_bytes if facts.hours else 0),
    )
