"""What every stage and every system stands on; it knows none of them."""
