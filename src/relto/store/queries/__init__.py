"""Scoped queries: each takes the actor who asks, and gives only what she may see; there is no unscoped query for people."""
