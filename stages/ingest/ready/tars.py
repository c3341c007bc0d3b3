"""Ready tars in the plan: one item each, whose samples its worker finds."""

from collections.abc import Iterator

from stages.ingest.items import Item, item_key
from stages.ingest.sources.parts import Located


def tar_items(located: Located) -> Iterator[Item]:
    """One item per tar, in order; each becomes a shard of its own."""
    source = located.source.name
    for number, part in enumerate(located.parts):
        yield Item(key=item_key(source, number), source=source, link=part.link, ready=True)
