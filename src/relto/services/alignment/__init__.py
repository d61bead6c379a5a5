"""The working group's shared record: what each nation says of the differences, told to the other and kept by both."""
