"""Fixtures every test may ask for; each folder's own live beside its tests."""
