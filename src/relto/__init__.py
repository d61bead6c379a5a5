"""relto: two nations share classified defence information safely, under both governments' eyes."""

__version__ = "0.1.0"
