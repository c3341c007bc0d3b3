"""Measures of pictures, one subject per file."""
