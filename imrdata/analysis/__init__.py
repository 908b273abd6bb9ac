"""Methods for analysis, which every polars frame has as ``frame.imr`` once ``imrdata`` is imported.

One module per method; `groups` counts requests, and `namespace` has the public methods.
All functions are pure: frames in, frames out.
"""
