"""What a run of checks found, as one value and in every form that somebody or something reads."""
