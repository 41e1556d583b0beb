"""What an event demands: pure code over values, and the one reader of contract folders."""
