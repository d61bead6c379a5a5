"""What must happen in which order, by whom, by when: transition tables, roles and guards, with no I/O."""
