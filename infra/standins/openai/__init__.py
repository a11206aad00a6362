"""OpenAI's Realtime API on a laptop: HTTP, WebSocket and real WebRTC, hearing and speaking without a network."""

from standins.openai.app import create_app
from standins.openai.knobs import Knobs

__all__ = ["Knobs", "create_app"]
