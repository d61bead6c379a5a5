"""Checking the markings of a document: its text with places in, a report of every fault out. Nothing opens a file."""
