"""Resources that are plain JSON, kept by name."""

from standins.google.errors import GoogleError
from standins.values import Json


class Resources(dict[str, Json]):
    """One kind of resource, by name: projects/P/locations/R/queues/Q. A kind is a subclass: `state.part(Queues)`."""

    missing = "Requested entity was not found."

    def find(self, name: str) -> Json:
        if name not in self:
            raise GoogleError("NOT_FOUND", self.missing)
        return self[name]

    def below(self, parent: str) -> list[Json]:
        """Those whose names begin with `parent` and a slash, in the order in which they were made."""
        return [resource for name, resource in self.items() if name.startswith(f"{parent}/")]
