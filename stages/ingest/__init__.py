"""From links to samples: sources, guarded fetching, decoding checks, and a ledger of what happened."""
