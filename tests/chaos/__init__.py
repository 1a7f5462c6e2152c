"""The pipeline under faults, reconciled with a ledger of all that was accepted."""
