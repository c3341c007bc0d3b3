"""What is held out leaves training, whatever source it occurs in, and the first held-out key says why."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from stages.filter.contamination import InHeldOut
from tests.filter.material import table, text_row
from tests.filter.runs import drops

SPLITS = ("train", "style", "test", None)


def test_the_witness_is_the_first_held_out_key(tmp_path: Path) -> None:
    rows = table(
        text_row("d", split="test", group="g", content="2"),
        text_row("c", split="test", group="g", content="3"),
        text_row("a", split="train", group="g", content="4"),
        text_row("b", split=None, group="h", content="2"),
        text_row("e", split="train", group="s", content=None),
        text_row("f", split="style", group="s", content=None),
    )
    assert drops(tmp_path, InHeldOut(sharing_groups=frozenset({"style"})), rows) == {"a": "c", "b": "d"}


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 12), st.sampled_from(SPLITS)), min_size=1, max_size=30
    )
)
def test_no_group_and_no_content_spans_training_and_what_holds_it_out(
    facts: list[tuple[int, int, str | None]],
) -> None:
    rows = {
        f"{key:02d}": text_row(f"{key:02d}", group=f"g{group}", content=f"c{content}", split=split or "train")
        for key, (group, content, split) in enumerate(facts)
    }
    with tempfile.TemporaryDirectory() as folder:
        sharing = InHeldOut(sharing_groups=frozenset({"style"}))
        gone = drops(Path(folder), sharing, table(*rows.values()))
    train = [row for key, row in rows.items() if row["split"] == "train" and key not in gone]
    held_out = [row for row in rows.values() if row["split"] != "train"]
    exclusive = {row["group"] for row in held_out if row["split"] != "style"}
    assert not {row["group"] for row in train} & exclusive
    assert not {row["content"] for row in train} & {row["content"] for row in held_out}
    assert all(rows[key]["split"] == "train" != rows[witness]["split"] for key, witness in gone.items())
