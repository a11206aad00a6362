"""Cloud Logging v2: metrics, and entries that a test puts there."""

import re

from standins.google.control_plane.framework.api import Api, Call
from standins.google.control_plane.framework.pages import page
from standins.google.control_plane.state.projects import now
from standins.google.control_plane.state.resources import Resources
from standins.google.errors import GoogleError
from standins.values import Json

API = Api("logging.googleapis.com")
METRICS = "/v2/projects/{project}/metrics"
METRIC = METRICS + "/{metric}"
ENTRY_FILTER = re.compile(r'(?:labels\.)?(\w+)="([^"]*)"')


class Metrics(Resources):
    """By projects/P/metrics/M."""

    missing = "The metric does not exist."


class Entries(list[Json]):
    """Log entries as the API has them (LogEntry), oldest first."""


def found(call: Call) -> Json:
    return call.state.part(Metrics).find(f"{call.project.resource}/metrics/{call.path['metric']}")


@API.post(METRICS, permission="logging.logMetrics.create")
def create_metric(call: Call) -> Json:
    given = call.json()
    name = f"{call.project.resource}/metrics/{given.get('name', '')}"
    if not given.get("name") or not given.get("filter"):
        raise GoogleError("INVALID_ARGUMENT", "A metric needs a name and a filter.")
    if name in call.state.part(Metrics):
        raise GoogleError("ALREADY_EXISTS", f"Metric {given['name']} already exists.")
    call.state.part(Metrics)[name] = _resource(call, given)
    return call.state.part(Metrics)[name]


@API.get(METRICS, permission="logging.logMetrics.list")
def list_metrics(call: Call) -> Json:
    return page(call.state.part(Metrics).below(call.project.resource), "metrics", call)


@API.get(METRIC, permission="logging.logMetrics.get")
def get_metric(call: Call) -> Json:
    return found(call)


@API.put(METRIC, permission="logging.logMetrics.update")
def update_metric(call: Call) -> Json:
    name = f"{call.project.resource}/metrics/{call.path['metric']}"
    call.state.part(Metrics)[name] = _resource(call, {**call.json(), "name": call.path["metric"]})
    return call.state.part(Metrics)[name]


@API.delete(METRIC, permission="logging.logMetrics.delete")
def delete_metric(call: Call) -> Json:
    found(call)
    del call.state.part(Metrics)[f"{call.project.resource}/metrics/{call.path['metric']}"]
    return {}


@API.post("/v2/entries:list", read=True)
def list_entries(call: Call) -> Json:
    """Of one project; of the filter, only what says a label or the service is looked at."""
    given = call.json()
    for parent in given.get("resourceNames", []):
        call.enforce(call.state.project(parent.split("/")[1]))
    wanted = dict(ENTRY_FILTER.findall(given.get("filter", "")))
    entries = [entry for entry in call.state.part(Entries) if _fits(entry, wanted)]
    return {"entries": entries[::-1] if given.get("orderBy") == "timestamp desc" else entries} if entries else {}


def _fits(entry: Json, wanted: dict[str, str]) -> bool:
    labels = entry.get("resource", {}).get("labels", {})
    return all(labels[name] == value for name, value in wanted.items() if name in labels)


def _resource(call: Call, given: Json) -> Json:
    descriptor = {"metricKind": "DELTA", "valueType": "INT64", "unit": "1"}
    return {
        "metricDescriptor": {**descriptor, "type": f"logging.googleapis.com/user/{given['name']}"},
        **given,
        "createTime": now(),
        "updateTime": now(),
        "resourceName": f"{call.project.resource}/metrics/{given['name']}",
    }
