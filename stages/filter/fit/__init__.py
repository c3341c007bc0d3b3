"""Learns what rules about embeddings ask: classifiers from labels, clusters from a pool and a target set.

No stage of the pipeline runs it, since labels are a person's work. What it writes is pinned in params.yaml.
"""
