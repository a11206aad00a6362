"""Releasing: what would be released (fingerprint.py), and the way from functions that are deployed to people.

A release is a Hosting version: files, and rewrites pinned to revisions of the functions. It goes to a channel first
and is made live by name once the smoke check has passed there; going back is making an older one live.
"""
