"""From features to a decision: keep, or the reason for dropping."""
