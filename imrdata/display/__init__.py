"""Letters, datasets, and excerpts as notebook pages.

The words come from letters, and letters come from the web, so `html` escapes everything that it did not make itself.
These modules import no other part of the package, so records can display themselves.
"""
