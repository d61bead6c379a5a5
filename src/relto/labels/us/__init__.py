"""US markings as text: banner lines, portion marks, authority blocks; their rules, roll-up and rendering."""
