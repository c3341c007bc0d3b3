"""Recordings of any length to segments with times, words if they are wanted, and files of subtitles."""
