"""A verb described once, as a method of both clients: blocking on `NodeClient`, awaited on `AsyncNodeClient`.

`verb` takes the description of one JSON exchange, `flow` a generator of steps. The signature is that of the
description; what it returns is typed for both clients: `Item` here, an awaitable `Item` there.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from relto.client.session import Session
from relto.client.steps import Call, Steps

if TYPE_CHECKING:
    from relto.client.awaiting import AwaitingDriver
    from relto.client.blocking import BlockingDriver

P = ParamSpec("P")
T = TypeVar("T")


class Verb(Generic[P, T]):
    """A descriptor: read on a client it is the method, read on the class it is itself."""

    def __init__(self, steps: Callable[Concatenate[Session, P], Steps[T]], signature: inspect.Signature) -> None:
        """`steps`: what the verb does, whose name and documentation it has; `signature`: of the method."""
        self._steps = steps
        self.__name__ = steps.__name__
        self.__doc__ = steps.__doc__
        self.__signature__ = signature

    def __set_name__(self, owner: type, name: str) -> None:
        """The method's name is the one in the list of verbs."""
        self.__name__ = name

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...

    @overload
    def __get__(self, client: BlockingDriver, owner: type) -> Callable[P, T]: ...

    @overload
    def __get__(self, client: AwaitingDriver, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...

    def __get__(self, client: BlockingDriver | AwaitingDriver | None, owner: type) -> object:
        if client is None:
            return self

        def method(*args: P.args, **kwargs: P.kwargs) -> object:
            return client.perform(self._steps(client.session, *args, **kwargs))

        method.__name__ = method.__qualname__ = self.__name__
        method.__doc__ = self.__doc__
        method.__signature__ = self.__signature__  # type: ignore[attr-defined]  # what help() shows
        return method


def verb(describe: Callable[P, Call[T]]) -> Verb[P, T]:
    """The method that makes the described exchange."""

    @functools.wraps(describe)
    def steps(session: Session, /, *args: P.args, **kwargs: P.kwargs) -> Steps[T]:
        return session.call(describe(*args, **kwargs))

    return Verb(steps, inspect.signature(describe))


def flow(steps: Callable[Concatenate[Session, P], Steps[T]]) -> Verb[P, T]:
    """The method that takes these steps."""
    signature = inspect.signature(steps)
    return Verb(steps, signature.replace(parameters=list(signature.parameters.values())[1:]))
