"""The analyst's verbs, which every polars frame has as ``frame.imr`` once ``imrdata`` is imported.

One module a verb; `groups` tells what a row of a frame counts, `namespace` is the door, and its docstrings the manual.
All of it is pure: frames in, frames out.
"""
