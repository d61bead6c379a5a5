"""One file for each outside thing: disk, clock, network. Adapters satisfy the Protocols of `relto.ports`."""
