"""Other people's formats, read as their standards say: nothing here is a rule of the ledger."""
