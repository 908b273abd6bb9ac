"""Full text and similar decisions."""
