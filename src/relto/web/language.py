"""The language of a page is the first part of its path: /en/… or /hi/…; nothing else decides it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver
from django.utils import translation

if TYPE_CHECKING:
    from django.urls import LocalePrefixPattern


def language_of_path(path: str) -> str | None:
    """The language that a path begins with; None when it begins with none of ours."""
    first = path.lstrip("/").partition("/")[0]
    return first if first in dict(settings.LANGUAGES) else None


def in_language(path: str, language: str) -> str:
    """The same page in another language."""
    if language_of_path(path) is None:
        return f"/{language}/"
    return f"/{language}/" + path.lstrip("/").partition("/")[2]


class LanguageFromPath:
    """Middleware: speaks the language of the path, or else the browser's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in the language of the path."""
        language = language_of_path(request.path_info) or translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            if isinstance(response, HttpResponse):
                response.headers.setdefault("Content-Language", language)
            return response


class LanguagePrefix:
    """A URL pattern that matches the present language's prefix.

    Django's own stands only at the root, where the REST API and the pages of this portal meet.
    """

    converters: ClassVar[dict[str, Any]] = {}
    name = None

    @property
    def prefix(self) -> str:
        """The prefix of the present language, such as `en/`."""
        language = translation.get_language()
        return f"{language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE}/"

    @property
    def regex(self) -> re.Pattern[str]:
        """For Django's reversing."""
        return re.compile(re.escape(self.prefix))

    def match(self, path: str) -> tuple[str, tuple[()], dict[str, Any]] | None:
        """The rest of a path under the prefix."""
        return (path.removeprefix(self.prefix), (), {}) if path.startswith(self.prefix) else None

    def check(self) -> list[Any]:
        """Nothing to find."""
        return []

    def describe(self) -> str:
        """For Django's messages."""
        return f"'{self.prefix}'"

    def __str__(self) -> str:
        return self.prefix


def in_each_language(patterns: list[URLPattern | URLResolver]) -> URLResolver:
    """These pages under /{language}/."""
    # Django asks for what a pattern does, its stubs for its classes.
    return URLResolver(cast("LocalePrefixPattern", LanguagePrefix()), patterns)
