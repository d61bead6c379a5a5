"""The ground floor: identifiers, canonical JSON, errors, calendars and instants. It holds no opinions."""
