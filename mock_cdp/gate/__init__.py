"""The contract gate: generated source messages through the real integration, and the smallest one that breaks the contract."""
