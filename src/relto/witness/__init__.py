"""The witness.

A small process with its own keys that cosigns what is consistent (C2SP tlog-witness). No Django here.
"""
