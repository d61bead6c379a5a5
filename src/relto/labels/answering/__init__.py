"""Questions about labels as objects, answered as objects: what command line, API and page have in common."""
