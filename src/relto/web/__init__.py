"""The portal: pages of one node for its own people; every page calls a verb of `services` and prints its view."""
