"""Where rows are kept: a port of four calls, its prefix table, and two stores that fit it.

Only `leveldb` knows plyvel; only `keys` knows what a key looks like.
"""
