"""docs/corpora.md says of each layout what the code says."""

from pathlib import Path

from stages.ingest.estimate.corpora import corpora_table
from stages.ingest.estimate.cost import Machine
from stages.ingest.layouts import LAYOUTS

PAGE = Path("docs/corpora.md")


def test_the_page_has_the_table_that_the_command_prints() -> None:
    assert "\n".join(corpora_table(Machine())) in PAGE.read_text(encoding="utf-8")


def test_the_page_says_how_each_layout_is_used() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in LAYOUTS if f"layout: {name}" not in text] == []
