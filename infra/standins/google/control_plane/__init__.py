"""A local Google: the APIs that provision, deploy, release and tear down a project, for unmodified clients.

gcloud, firebase-tools, google-auth, google-cloud-* and curl reach it through an HTTP proxy that ends TLS with a
private CA, so they use Google's real host names and the scripts under test are as they are.

    plane = ControlPlane()                       # all of "Google": plain Python objects
    project = plane.add_project("some-project", number="123456789012", billing_account="012345-678901-ABCDEF",
                                account="owner@example.com")
    async with plane.serving(folder) as proxy:   # from a test: servers.enter(plane.serving(folder))
        subprocess.run([...], env={"PATH": os.environ["PATH"], **proxy.environment})

State and rules (all of it is deep-copied by `plane.snapshot()`, put back by `plane.restore(snapshot)`):

    plane.project(id_or_number) -> Project       # .services (enabled), .billing_account (None: off), .state
    plane.policies.bindings_of(resource)         # {(role, member, title of its condition)}; resources: see policies.py
    plane.part(SomeState)                        # the state of one API module: an object of that class
    plane.rules.denied_permissions               # set of permissions that the caller does not have
    plane.rules.org_policies["iam.allowedPolicyMemberDomains"] = {...}   # spec of an organisation's policy
    plane.rules.taken_buckets                    # bucket names that somebody else owns
    plane.rules.unseen_accounts = n              # a new account is refused in the next n policies that name it
    plane.rules.unseen_services = n              # a service just enabled refuses its next n calls
    plane.rules.polls = 2                        # how often a long-running operation is asked before it is done

What happened:

    plane.log -> list[Logged]                    # .method .host .path .query .body .status .answer .write .headers
    plane.log.writes()                           # those that changed something
    plane.unknown, plane.foreign                 # routes that no module has; hosts that were refused: both stay empty
    plane.pass_through["api.openai.com"] = "http://127.0.0.1:1234"   # another host, answered by a server on loopback

Faults (see faults.py):

    plane.faults.add("503", method="POST", host="secretmanager", path=":addVersion$", nth=1, times=1)
    plane.faults.every_write_once("409")         # each distinct write fails when it is first tried
    plane.faults.call(after=kill_the_script, path=":setIamPolicy$")  # also before=; called with the Logged request

A module is one API: `API = Api("cloudtasks.googleapis.com")`, functions decorated with `@API.get("/v2/{...}")`, and a
line in apis.py. See api.py.
"""

from standins.google.control_plane.api import Api, Call
from standins.google.control_plane.plane import ControlPlane
from standins.google.control_plane.projects import Project
from standins.google.control_plane.proxy import Proxy
from standins.google.control_plane.request_log import Logged
from standins.google.errors import GoogleError

__all__ = ["Api", "Call", "ControlPlane", "GoogleError", "Logged", "Project", "Proxy"]
