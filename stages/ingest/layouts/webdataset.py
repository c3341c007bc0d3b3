"""Tars of samples that are ready: those of img2dataset, of other pipelines in WebDataset's form, and ours.

A sample is the files of one name before its first dot, beside each other in the tar: `000000012.jpg`, `.txt`
and `.json`. Documented at https://github.com/webdataset/webdataset (README) and in img2dataset's README under
"Output format". `stages.ingest.ready` reads them.
"""

from stages.ingest.layouts.layout import Layout

WEBDATASET = Layout(
    name="webdataset",
    kind=None,
    tree="a folder of *.tar whose members are KEY.json and KEY.jpg, .png, .webp or .flac",
    manifests=("*.tar",),
    columns={},
    licence=None,
    facts=None,
)
