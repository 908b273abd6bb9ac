"""Full text and similar decisions: words are found by their stems, with tantivy."""
