"""Long-running operations: what was asked is done at once, but said to be only after some polls."""

import uuid
from dataclasses import dataclass

from standins.google.errors import GoogleError
from standins.values import Json


@dataclass
class Operation:
    """google.longrunning.Operation; `error` is a google.rpc.Status."""

    name: str
    polls_left: int
    metadata: Json | None
    response: Json
    error: Json | None = None

    @property
    def done(self) -> bool:
        return self.polls_left <= 0

    def resource(self) -> Json:
        described: Json = {"name": self.name}
        if self.metadata is not None:
            described["metadata"] = self.metadata
        if self.done:
            described["done"] = True
            described |= {"error": self.error} if self.error else {"response": self.response}
        return described


class Operations(dict[str, Operation]):
    """By name, which contains the parent: projects/P/locations/R/operations/ID, or operations/ID."""

    def start(
        self,
        parent: str,
        polls: int,
        *,
        response: Json,
        metadata: Json | None = None,
        error: GoogleError | None = None,
        prefix: str = "operation-",
    ) -> Operation:
        """`parent`: "" or "projects/P/locations/R"; `response` and `metadata` carry their "@type"."""
        name = "/".join(filter(None, (parent, "operations", f"{prefix}{uuid.uuid4()}")))
        status = {name: value for name, value in error.body().items() if name != "status"} if error else None
        self[name] = Operation(name, polls, metadata, response, status)
        return self[name]

    def poll(self, name: str) -> Operation:
        if name not in self:
            raise GoogleError("NOT_FOUND", f"Operation {name} was not found.")
        self[name].polls_left -= 1
        return self[name]
