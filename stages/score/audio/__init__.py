"""Measures of sounds, one subject per file."""
