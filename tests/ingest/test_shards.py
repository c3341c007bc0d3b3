"""One shard in this process: order, a full disk, and what counts as done."""

import resource
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stages.core.errors import TryAgainError
from stages.core.tars import read_samples
from stages.ingest.fetch import Base
from stages.ingest.items import Item, item_key
from stages.ingest.ledger import Retry, read_ledger
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
    assert result.outcomes == {("s", "ok", ""): 12}
    assert result.bytes == sum(len(png_bytes((number, 0, 0))) for number in range(12))
    assert not list(found.spool.parent.iterdir())


def test_what_is_done_is_not_done_again_until_its_input_changes(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_bytes())
    found = task(tmp_path, ["a.png"])
    assert ingest_shard(found).kept == 0
    assert ingest_shard(found).kept == 1
    (tmp_path / "a.png").write_bytes(png_bytes(size=(9, 9)))
    assert ingest_shard(found).kept == 0
    found.ledger.unlink()
    assert ingest_shard(found).kept == 0
    found.marker.write_text("torn")
    assert ingest_shard(found).kept == 0


@pytest.mark.fault
def test_a_full_disk_asks_for_room_and_costs_no_finished_line(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_bytes())
    found = task(tmp_path, ["a.png"] * 40)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(TryAgainError, match="no room left on the disk"):
            ingest_shard(found)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not found.folder.exists()
    result = ingest_shard(found)
    assert result.outcomes == {("s", "ok", ""): 40}
    assert 5 < result.kept < 40


def test_only_lines_whose_error_may_pass_are_tried_again(site: Site, tmp_path: Path) -> None:
    site.answers["/a"] = body(png_bytes())
    site.answers["/b"] = in_turn(status(503), body(png_bytes((1, 1, 1))))
    site.answers["/c"] = in_turn(status(404), body(png_bytes((2, 2, 2))))
    site.answers["/d"] = in_turn(status(403), body(png_bytes((3, 3, 3))))
    links = [site.url(path) for path in ("/a", "/b", "/c", "/d")]
    found = task(tmp_path, links, allow_private=["127.0.0.1/32"], attempts=1, longest_wait=0.0)

    def again(retry: Retry | None) -> tuple[list[str], list[str]]:
        del site.requests[:]
        ingest_shard(replace(found, retry=retry))
        good = [sample.record.origin.rpartition("/")[2] for sample in read_samples(found.tar)]
        return sorted(path for path in site.requests if path in site.answers), good

    assert again(None) == (["/a", "/b", "/c", "/d"], ["a"])
    assert again(None) == ([], ["a"])
    assert again("transient") == (["/b"], ["a", "b"])
    assert again("transient") == ([], ["a", "b"])
    assert again("failed") == (["/c"], ["a", "b", "c"])
    assert again("failed") == ([], ["a", "b", "c"])
    assert [row.status for row in read_ledger(found.ledger)] == ["ok", "ok", "ok", "refused"]
