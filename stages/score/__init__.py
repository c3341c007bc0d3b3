"""From samples to features, each computed once."""
