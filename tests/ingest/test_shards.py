"""One shard in this process: order, a full disk, and what counts as done."""

import resource
from pathlib import Path
from typing import Any

import pytest

from stages.core.errors import TryAgainError
from stages.core.tars import read_samples
from stages.ingest.fetch import Base
from stages.ingest.items import Item, item_key
from stages.ingest.params import IngestParams
from stages.ingest.shards import ShardTask, ingest_shard
from tests.ingest.material import Site, body, in_turn, png_bytes, status


def task(folder: Path, links: list[str], **fetch: Any) -> ShardTask:
    """A shard of images, its slice of the plan written."""
    items = [
        Item(key=item_key("s", number), source="s", link=link, text="x", group="x", licence="MIT")
        for number, link in enumerate(links)
    ]
    plan = folder / "plan" / "00000.jsonl"
    plan.parent.mkdir(parents=True)
    plan.write_text("".join(item.model_dump_json() + "\n" for item in items))
    source = {"name": "s", "manifest": "m.jsonl"}
    params = IngestParams.model_validate({"kind": "image", "root": ".", "sources": [source], "fetch": fetch})
    return ShardTask(0, plan, folder / "shards", params, {"s": Base(folder)})


def test_samples_come_in_the_order_of_the_plan_whatever_answers_first(site: Site, tmp_path: Path) -> None:
    for number in range(12):
        busy = [status(503)] * (2 if number == 0 else 0)  # the first one comes last
        site.answers[f"/{number}"] = in_turn(*busy, body(png_bytes((number, 0, 0))))
    links = [site.url(f"/{number}") for number in range(12)]
    found = task(tmp_path, links, allow_private=["127.0.0.1/32"], concurrency=4, longest_wait=0.0)
    result = ingest_shard(found)
    samples = list(read_samples(found.tar))
    assert [sample.record.origin for sample in samples] == links
    assert [sample.files["png"] for sample in samples] == [png_bytes((number, 0, 0)) for number in range(12)]
    assert result.outcomes == {("s", "ok"): 12}


def test_what_is_done_is_not_done_again_until_its_input_changes(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_bytes())
    found = task(tmp_path, ["a.png"])
    assert not ingest_shard(found).resumed
    assert ingest_shard(found).resumed
    (tmp_path / "a.png").write_bytes(png_bytes(size=(9, 9)))
    assert not ingest_shard(found).resumed
    found.ledger.unlink()
    assert not ingest_shard(found).resumed
    found.marker.write_text("torn")
    assert not ingest_shard(found).resumed


@pytest.mark.fault
def test_a_full_disk_asks_for_room_and_leaves_no_torn_file(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_bytes())
    found = task(tmp_path, ["a.png"] * 40)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(TryAgainError, match="no room left on the disk"):
            ingest_shard(found)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(found.folder.iterdir()) == []
    assert ingest_shard(found).outcomes == {("s", "ok"): 40}
