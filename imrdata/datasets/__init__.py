"""Many letters: where they lie, who reads them, datasets in memory and on disk."""
