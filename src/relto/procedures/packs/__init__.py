"""The procedures themselves, one package or module each: table, forms, checks, guards, clocks and papers."""
