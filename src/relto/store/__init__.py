"""Django models and queries. Queries take the actor's scope and return values; there is no unscoped query for people."""
