"""Speed, side by side with what people run today. Start it with scripts/bench.sh."""
