"""The sealing room: containers, shares, assertions, key access."""
