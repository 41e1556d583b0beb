"""The command line: parse, one call, print. Commands import what they need when they run, so `--help` is quick."""
