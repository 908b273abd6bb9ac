"""Full-text search and similar decisions. Words are found by their stems, with tantivy."""
