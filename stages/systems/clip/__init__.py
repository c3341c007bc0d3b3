"""CLIP: which caption goes with which image."""
