"""Impact: what a draft would change for everybody on given holdings, counted before anybody signs (policy.md 5)."""
