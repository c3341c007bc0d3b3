"""Measures of texts, one subject per file."""
