"""A nation at its full size in PostgreSQL, made from rows that the services wrote, and its pages counted and timed."""
