"""A sovereign node: typed settings, first set-up, wiring of adapters into services, and its processes."""
