"""The `relto` command: what a person or a script does at a terminal. Every command takes --json."""
