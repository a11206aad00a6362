"""The owner's commands: scripts/invite.sh, stop.sh, limits.sh, rotate-key.sh. A module each; the others they share."""
