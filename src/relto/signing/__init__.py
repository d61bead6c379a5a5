"""Signed statements: what an authority or a node says under its two keys, and how a reader checks it."""
