"""Where receipts, tallies and sessions are kept. Every store answers every question, proven by one suite."""
