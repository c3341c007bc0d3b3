"""Conceptual Captions: CC3M and CC12M.

Each is one tsv without a line of names: CC3M has caption and link (`Train_GCC-training.tsv`,
`Validation_GCC-1.1.0-Validation.tsv`), CC12M link and caption (`cc12m.tsv`). Documented at
https://ai.google.com/research/ConceptualCaptions/download and
https://github.com/google-research-datasets/conceptual-12m; the order of columns also in img2dataset,
`dataset_examples/cc3m.md` and `cc12m.md`, which add the line of names by sed. Quotes are part of captions.
"""

import csv
from functools import partial

from stages.ingest.layouts.layout import Facts, Layout
from stages.ingest.layouts.licences import UNKNOWN
from stages.ingest.sources.separated import read_separated

_COLUMNS = {"url": ("url",), "text": ("caption",)}

CC3M = Layout(
    name="cc3m",
    kind="image",
    tree="Train_GCC-training.tsv: caption, tab, link; no line of names",
    manifests=("Train*GCC*.tsv*", "*.tsv*"),
    columns=_COLUMNS,
    licence=UNKNOWN,
    language="en",
    read=partial(read_separated, delimiter="\t", quoting=csv.QUOTE_NONE, columns=("caption", "url")),
    facts=Facts(
        pairs=3_318_333,
        item_bytes=294_000,
        source="bytes are the most that 850 images/s through 2 Gbit/s can have had (img2dataset, cc3m.md)",
    ),
)

CC12M = Layout(
    name="cc12m",
    kind="image",
    tree="cc12m.tsv: link, tab, caption; no line of names",
    manifests=("cc12m*.tsv*", "*.tsv*"),
    columns=_COLUMNS,
    licence=UNKNOWN,
    language="en",
    read=partial(read_separated, delimiter="\t", quoting=csv.QUOTE_NONE, columns=("url", "caption")),
    facts=Facts(pairs=12_423_374, item_bytes=294_000, source="bytes as CC3M's, which has as large images"),
)
