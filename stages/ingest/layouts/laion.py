"""LAION-400M and LAION-5B: links and alternative texts of the web, chosen by CLIP.

A folder of parquet. LAION-400M has SAMPLE_ID, URL, TEXT, HEIGHT, WIDTH, LICENSE, NSFW and similarity;
LAION-5B adds LANGUAGE in its multilingual part, and the joined release punsafe and pwatermark; later releases
write url and caption. Documented at https://laion.ai/blog/laion-400-open-dataset/ and in img2dataset,
`dataset_examples/laion400m.md` and `laion5B.md`.

The column LICENSE is not used: it says "?" for nearly all, and what it says came from the page and not from
the owner of the picture.
"""

from stages.ingest.layouts.layout import Facts, Layout
from stages.ingest.layouts.licences import UNKNOWN

LAION = Layout(
    name="laion",
    kind="image",
    tree="a folder of *.parquet with the columns URL and TEXT",
    manifests=("*.parquet",),
    columns={"url": ("URL", "url"), "text": ("TEXT", "caption", "text"), "language": ("LANGUAGE",)},
    licence=UNKNOWN,
    facts=Facts(
        pairs=413_000_000,
        item_bytes=192_000,
        source="LAION-400M; bytes are the most that 1,300 images/s through 2 Gbit/s can have had "
        "(img2dataset, laion400m.md)",
    ),
)
