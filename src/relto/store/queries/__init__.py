"""Scoped queries: each takes the actor who asks and gives only what she may see; people have no other query."""
