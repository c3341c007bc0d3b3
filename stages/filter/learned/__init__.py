"""What `stages.filter.fit` learns from labelled or chosen embeddings, and a rule asks."""
