"""COYO-700M: links and alternative texts, with scores of several models.

A folder of parquet (`data/part-00000-...-c000.snappy.parquet`) with id, url, text, width, height,
image_phash, text_length, word_count, num_tokens_bert, num_tokens_gpt, num_faces, clip_similarity_vitb32,
clip_similarity_vitl14, nsfw_score_opennsfw2, nsfw_score_gantman, watermark_score and
aesthetic_score_laion_v2. Documented at https://github.com/kakaobrain/coyo-dataset. The index is CC-BY-4.0,
each image has its own copyright.
"""

from stages.ingest.layouts.layout import Facts, Layout
from stages.ingest.layouts.licences import UNKNOWN

COYO = Layout(
    name="coyo",
    kind="image",
    tree="a folder of part-*.parquet with the columns url and text",
    manifests=("*.parquet",),
    columns={"url": ("url",), "text": ("text",)},
    licence=UNKNOWN,
    language="en",
    facts=Facts(
        pairs=747_000_000,
        item_bytes=192_000,
        source="img2dataset, coyo-700m.md; bytes as LAION-400M's, from the same crawl",
    ),
)
