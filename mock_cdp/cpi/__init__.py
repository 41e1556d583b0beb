"""What CPI does to a payload on its way to CDP, and how to see it in an exported flow; pure code over values."""
