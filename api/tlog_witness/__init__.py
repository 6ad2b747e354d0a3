"""A C2SP tlog-witness: cosigns heads of networks that it is no part of, and keeps what it said."""
