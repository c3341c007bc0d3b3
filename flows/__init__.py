"""When, where and how many at once: Prefect flows over the stages, which they reach as processes."""
