"""Recorded decisions made again in processes of their own: Cedar's binding holds the interpreter while it decides."""
