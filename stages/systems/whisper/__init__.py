"""Whisper: transcription, translation and language identification from one decoder."""
