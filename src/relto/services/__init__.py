"""One public function per verb: one step, one decision where a decision is due, one ledger entry."""
