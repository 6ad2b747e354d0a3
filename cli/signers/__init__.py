"""Where private keys come from: a file today; each kind of holder is one module here."""
