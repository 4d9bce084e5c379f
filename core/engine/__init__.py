"""The embedded engine: a small trainer behind OpenAI's fine-tuning API.

``Engine(folder).handle(...)`` answers requests; ``EngineTransport`` carries them from an
unmodified ``openai.OpenAI`` client, without a port and without a network.
"""

from core.engine.api import Engine
from core.engine.jobs_api import BASE_MODEL
from core.engine.transport import EngineTransport

__all__ = ["BASE_MODEL", "Engine", "EngineTransport"]
