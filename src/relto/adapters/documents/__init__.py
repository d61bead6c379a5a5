"""Documents as files: their text is read in a child process with limits; marks are stamped onto PDF and DOCX."""
