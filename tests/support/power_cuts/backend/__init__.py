"""Django's SQLite backend, whose commits can fail and whose file can be cut (see tests.support.power_cuts)."""
