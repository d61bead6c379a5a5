"""`relto node doctor`: looks at a node without changing it, and names what is wrong and what mends it."""
