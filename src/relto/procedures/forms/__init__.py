"""Forms as data: what a procedure asks for, in which shape, who may see it, and what is wrong with an answer."""
