"""How two rule sets come together: what each nation says of the differences, kept side by side, and what is covered."""
