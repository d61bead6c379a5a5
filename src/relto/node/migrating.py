"""Which migrations a database has and which this release has: asked before anything reads or changes the tables."""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader


def missing_migrations(connection: BaseDatabaseWrapper) -> list[str]:
    """The migrations of this release that the database lacks, as `app.name`, in the order of their application."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def unknown_migrations(connection: BaseDatabaseWrapper) -> list[str]:
    """The migrations of our applications that the database has and this release does not know: a newer one's."""
    loader = MigrationLoader(connection)
    known = {*loader.disk_migrations, *(old for one in loader.disk_migrations.values() for old in one.replaces)}
    return sorted(
        f"{app}.{name}"
        for app, name in loader.applied_migrations
        if app in loader.migrated_apps and (app, name) not in known
    )
