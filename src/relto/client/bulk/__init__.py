"""Bulk work over an archive: planned and recorded in a journal beside it, done in partitions, resumed after any end."""
