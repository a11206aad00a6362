"""Provisioning a project: what infra/ says it should be, what it is, and the steps from one to the other.

desired.py (infra/ as values) and reality.py (what is there, read by reading.py) go into plan.py, which orders steps;
apply.py runs them. scripts/bootstrap.sh and scripts/teardown.sh are two such plans; doctor/ looks before anything is
done.
"""
