"""Sends the receipts of a till to SAP CDP's listener: read (CSV or XML), map to the event, send until it is taken."""
