"""The smoke check: a site, or OpenAI itself, tried end to end from the outside. Start it with scripts/smoke.sh."""
