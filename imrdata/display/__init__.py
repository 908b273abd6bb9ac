"""Letters, datasets, and excerpts as notebook pages.

Every word comes from a letter, and letters come from the web: `markup` escapes all that is not its own. The modules
here draw what they are given and know no other, so that records can show themselves.
"""
