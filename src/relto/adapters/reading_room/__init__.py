"""The reading room's processes: one document each, without files, sockets or further processes."""
