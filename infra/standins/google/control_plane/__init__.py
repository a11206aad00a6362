"""A local Google: the APIs that provision, deploy, release and tear down a project, for unmodified clients.

gcloud, firebase-tools, google-auth, google-cloud-* and curl reach it through an HTTP proxy that ends TLS with a
private CA, so they use Google's real host names and the scripts under test are as they are.

    state = State()                              # all of "Google": plain Python objects
    project = state.add_project("some-project", number="123456789012", billing_account="012345-678901-ABCDEF",
                                account="owner@example.com")
    plane = ControlPlane(state)                  # its server
    async with plane.serving(folder) as proxy:   # from a test: servers.enter(plane.serving(folder))
        subprocess.run([...], env={"PATH": os.environ["PATH"], **proxy.environment})

Four rooms, each of which imports only from those below it:

    serving/     ControlPlane (plane.py): the proxy, the application, the addresses of what is deployed
    apis/        one module for each API, listed in registry.py
    framework/   how an API is described (api.py), and what Google asks of every request (enforcement.py)
    state/       State (state.py) and its parts

State and rules (all of it is deep-copied by `state.snapshot()`, put back by `state.restore(snapshot)`):

    state.project(id_or_number) -> Project       # .services (enabled), .billing_account (None: off), .state
    state.policies.bindings_of(resource)         # {(role, member, title of its condition)}; resources: see policies.py
    state.part(SomePart)                         # the state of one API module: an object of that class
    state.rules.denied_permissions               # set of permissions that the caller does not have
    state.rules.org_policies["iam.allowedPolicyMemberDomains"] = {...}   # spec of an organisation's policy
    state.rules.taken_buckets                    # bucket names that somebody else owns
    state.rules.unseen_accounts = n              # a new account is refused in the next n policies that name it
    state.rules.unseen_services = n              # a service just enabled refuses its next n calls
    state.rules.polls = 2                        # how often a long-running operation is asked before it is done

What happened:

    state.log -> list[Logged]                    # .method .host .path .query .body .status .answer .write .headers
    state.log.writes()                           # those that changed something
    state.unknown, state.foreign                 # routes that no module has; hosts that were refused: both stay empty
    plane.pass_through["api.openai.com"] = "http://127.0.0.1:1234"   # another host, answered by a server on loopback

Faults (see state/faults.py):

    state.faults.arm("503", method="POST", host="secretmanager", path=":addVersion$", nth=1, times=1)
    state.faults.every_write_once("409")         # each distinct write fails when it is first tried
    state.faults.call(after=kill_the_script, path=":setIamPolicy$")  # also before=; called with the Logged request

A module is one API: `API = Api("cloudtasks.googleapis.com")`, functions decorated with `@API.get("/v2/{...}")`, and a
line in apis/registry.py. See framework/api.py.
"""
