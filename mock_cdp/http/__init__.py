"""HTTP as a skin: bytes to a delivery, a reply to bytes; nothing is decided here."""
