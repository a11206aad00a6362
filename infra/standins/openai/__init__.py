"""OpenAI's Realtime API on a laptop: HTTP, WebSocket and real WebRTC, hearing and speaking without a network."""

from .app import create_app
from .knobs import Knobs

__all__ = ["Knobs", "create_app"]
