"""Datasets of letters: find and read letters, in memory and on disk."""
