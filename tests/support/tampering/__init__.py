"""Tampering of every class, really done to a recorded story of two nodes, and who notices it after how long.

`python -m tests.support.tampering` runs all and writes docs/reference/tampering.md.
"""
