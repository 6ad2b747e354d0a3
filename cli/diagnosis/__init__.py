"""Nodes seen from outside: asked over HTTP, looked up on disk where they are mute, judged together.

Nothing here changes a node: no file of its folder is opened for writing, no lock is taken.
"""
