"""What happens to a delivery, as values in and values out: no I/O, no clock, no framework."""
