"""What a call's id may be. It is ours to say: an id becomes part of addresses, of object names and of task names."""

CALL_ID = r"[A-Za-z0-9_-]{1,128}"  # a regular expression, for re.ASCII
