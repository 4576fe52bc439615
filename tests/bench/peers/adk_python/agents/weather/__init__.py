"""What `adk api_server` looks for: a package with a module `agent`."""

from . import agent
