"""Looking before anything is done: what is wrong with a project, or what would stop a bootstrap, and what mends it.

readings.py lists what is asked and asking.py asks it, all at once; a check is a function from a Context to findings
and asks nothing itself; table.py is the list of checks. Nothing here changes anything.
"""
