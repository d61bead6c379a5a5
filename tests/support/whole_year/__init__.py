"""A year of data of every kind beside the demo's, and every page of the portal counted and timed on it."""
