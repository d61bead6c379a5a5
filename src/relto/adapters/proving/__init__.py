"""Proofs in a process of their own: whatever a rule set does to a solver, the node goes on and refuses the rule set."""
