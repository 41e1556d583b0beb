"""Contracts in the formats of other tools: files a person imports. Nothing here opens a file or a socket."""
