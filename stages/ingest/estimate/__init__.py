"""What ingesting a corpus will cost, said before anybody starts: `python -m stages.ingest plan CORPUS`."""
