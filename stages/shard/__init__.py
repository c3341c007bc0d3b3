"""From kept samples to WebDataset tars with an index and splits."""
