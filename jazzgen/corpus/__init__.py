"""Folders of solos as training data: found, read, stored, split by tune and cut into windows."""
