"""The portal and the API of two running nodes, whole, as each of their people: what breaks, what weighs too much."""
