"""Tars of samples that somebody has made: checked, renamed and written in our form, their media as it is."""
