"""What the owner's commands, the checks and the benchmarks share."""
