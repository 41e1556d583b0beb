"""A mock of SAP CDP's listener: it enforces event models, counts what it accepted and says why it refused."""

__version__ = "0.1.0"
