"""The REST door: JSON over HTTPS for programs of the own nation's people (docs/reference/api.md)."""
