"""Django models and queries. Queries take the actor's scope and return values.

There is no unscoped query for people.
"""
