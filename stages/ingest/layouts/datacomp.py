"""DataComp's CommonPool and DataComp-1B: links and alternative texts with CLIP scores.

A folder of parquet (`metadata/*.parquet`) with uid, url, text, original_width, original_height,
clip_b32_similarity_score, clip_l14_similarity_score, face_bboxes and sha256. Documented in
https://github.com/mlfoundations/datacomp (README, `download_upstream.py`); the index is CC-BY-4.0, each
image has its own copyright.
"""

from stages.ingest.layouts.layout import Facts, Layout
from stages.ingest.layouts.licences import UNKNOWN

DATACOMP = Layout(
    name="datacomp",
    kind="image",
    tree="a folder of *.parquet with the columns url and text",
    manifests=("*.parquet",),
    columns={"url": ("url",), "text": ("text",)},
    licence=UNKNOWN,
    facts=Facts(
        pairs=12_800_000,
        item_bytes=192_000,
        source="the pool `small`; bytes as LAION-400M's, from the same crawl",
    ),
)
