"""For whom this thread asks the database: the one place where the scope of row-level security is set.

The second wall (the first is that every query takes the actor's scope): on PostgreSQL the tables that hold companies'
content (relto.store.row_security) show the rows of the company that the setting `relto.company` names, and none without
it. Promises: a process that acts for people (the portal) asks for nobody until a door says for whom; what it says holds
for this request alone, in each transaction anew (`set_config(..., true)`), and travels with a step to the committer
that runs it. The node's own processes ask for the node, which their connections say once, when they are opened.

It guards against a query that forgot its scope. Whoever can send the database statements of her own can name any scope.
On the embedded database nothing of this exists and nothing of it costs anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar

from django.core.signals import request_finished, request_started
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from relto.procedures.actors import AUTHORITY_ROLES, Actor, Role

SETTING: Final = "relto.company"
NODE: Final = "*node"
AUTHORITY: Final = "*authority"
NOBODY: Final = ""
WHOLE: Final = (NODE, AUTHORITY)
"""Scopes of every company. No company's code holds a star (relto.base.ids)."""

_Result = TypeVar("_Result")
_acting: ContextVar[str | None] = ContextVar("relto.acting", default=None)
_of_process = [NOBODY]
_UNKNOWN: Final = "?"
_PLACE = "relto_scope_of_transaction"
_ONCE: Final = False
_IDLE = 0  # libpq's PQTRANS_IDLE: no transaction has begun
_OF_SAVEPOINTS = ("SAVEPOINT ", "RELEASE SAVEPOINT ", "ROLLBACK TO SAVEPOINT ")


def begin_process(scope: str) -> None:
    """What this process asks for while nobody said otherwise: NODE, or NOBODY in one that acts for people."""
    _of_process[0] = scope
    connection_created.connect(_attend, dispatch_uid="relto.scopes")
    for signal in (request_started, request_finished):
        signal.connect(_forget_who_asked, dispatch_uid="relto.scopes")


def connection_options() -> str:
    """What a connection of this process says for itself when it is opened, in libpq's form."""
    return f"-c {SETTING}={_of_process[0]}" if _of_process[0] else ""


def scope_of(actor: Actor) -> str:
    """The scope of a person: the authority's people see every company, others their own, who has none sees nothing."""
    if actor.roles & AUTHORITY_ROLES or actor.holds(Role.OPERATOR):
        return AUTHORITY
    return actor.company or NOBODY


def act_for(actor: Actor) -> None:
    """From here to the end of the request this thread asks for this person. A process of the node's own goes on."""
    if _of_process[0] == NOBODY:
        _acting.set(scope_of(actor))


@contextmanager
def for_the_node() -> Iterator[None]:
    """Ask for the node within: what must know of every company and tells nobody, such as which number comes next."""
    before = _acting.set(NODE)
    try:
        yield
    finally:
        _acting.reset(before)


def carried(step: Callable[[], _Result]) -> Callable[[], _Result]:
    """The same step, which asks for whom this thread asks now, whatever thread will run it."""
    scope = _acting.get()
    if scope is None:
        return step

    def run() -> _Result:
        before = _acting.set(scope)
        try:
            return step()
        finally:
            _acting.reset(before)

    return run


def present_scope() -> str:
    """For whom this thread asks now."""
    scope = _acting.get()
    return _of_process[0] if scope is None else scope


def _forget_who_asked(**_: Any) -> None:
    _acting.set(None)


def _attend(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Watch a new connection's statements, where a scope may change: in processes that act for people."""
    if connection.vendor != "postgresql" or _of_process[0] == NODE:
        return
    if _scoped not in connection.execute_wrappers:
        connection.execute_wrappers.append(_scoped)


def _scoped(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001  Django's signature
    """Run a statement under the present scope, said in the same message to the server."""
    own, raw = context["connection"], context["connection"].connection
    wanted = present_scope()
    if own.autocommit:
        if wanted == NOBODY:
            return execute(sql, params, many, context)
        if many or getattr(context["cursor"].cursor, "name", None):
            with raw.transaction():  # several statements, or one that declares a cursor: nothing can stand before it
                _say(raw, wanted)
                return execute(sql, params, many, context)
        return _execute_after_saying(execute, sql, params, context, wanted)
    known = NOBODY if raw.info.transaction_status == _IDLE else vars(own).get(_PLACE, _UNKNOWN)
    vars(own)[_PLACE] = _UNKNOWN  # should it fail: a savepoint that is undone takes the setting with it
    if isinstance(sql, str) and sql.startswith(_OF_SAVEPOINTS):
        done = execute(sql, params, many, context)
        vars(own)[_PLACE] = _UNKNOWN if sql.startswith("ROLLBACK") else known
        return done
    if known == wanted:
        done = execute(sql, params, many, context)
    elif many or getattr(context["cursor"].cursor, "name", None):
        _say(raw, wanted)
        done = execute(sql, params, many, context)
    else:
        done = _execute_after_saying(execute, sql, params, context, wanted)
    vars(own)[_PLACE] = wanted
    return done


def _say(raw: Any, scope: str) -> None:
    raw.execute("SELECT set_config(%s, %s, true)", [SETTING, scope])


def _execute_after_saying(
    execute: Callable[..., Any], sql: Any, params: Any, context: dict[str, Any], scope: str
) -> Any:
    """One message of two statements, which is one transaction (PostgreSQL 15, 55.2.2); the rows are the second's."""
    said = scope.replace("'", "''")
    said = said.replace("%", "%%") if params is not None else said
    done = execute(f"SELECT set_config('{SETTING}', '{said}', true); {sql}", params, _ONCE, context)
    context["cursor"].cursor.nextset()
    return done
