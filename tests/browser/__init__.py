"""The portal as people use it, in a real browser: by what they read on the page, and by nothing else."""
