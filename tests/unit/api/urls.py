"""The API where a portal serves it."""

from django.urls import path

from relto.api.urls import api

urlpatterns = [path("api/v1/", api.urls)]
