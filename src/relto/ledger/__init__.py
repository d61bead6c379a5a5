"""The ledger, pure: tree, tiles, notes, checkpoints, proofs, quorum, witnessing, the verifier of an export."""
