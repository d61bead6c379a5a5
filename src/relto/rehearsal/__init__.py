"""Stories played against real nodes through the doors that users use. The demo is one of them."""
