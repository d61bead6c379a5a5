"""What the authority's inspection and the company's self-inspection have in common: checklist, checks and guards."""
