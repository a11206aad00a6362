"""What a project is now, as bootstrap.sh reads it, but without patience: what is refused is noted and left out."""

from functools import partial
from typing import Any

from common.google_api import Signed
from common.retry import Backoff

from ..desired import Desired, Grant, Resource
from ..lists import Question
from ..policies import policy_command
from ..reading import Reader
from ..reality import grants_of
from .answers import Answer, Refusal
from .asking import Asker
from .rest import Rest

FIREBASE = "http"  # the group of the few requests that gcloud has no command for


class Glance(Reader):
    """`unread` holds the refusals by the group of the command: secrets, storage, run, …"""

    def __init__(self, asker: Asker, desired: Desired, rest: Rest) -> None:
        super().__init__(asker.gcloud, desired, Backoff())
        self.unread: dict[str, Answer] = {}
        self._asker = asker
        self._rest = rest

    def _sign_in(self) -> Signed:
        return Signed(self._project_id, self._rest.token)

    def _ask(self, question: Question) -> Any:
        return self._once(question, [])

    def _optional(self, question: Question) -> Any:
        return self._once(question, None)

    def _policy(self, resource: Resource) -> frozenset[Grant]:
        answer = self._asker.answer(partial(self._rest.policy, resource))
        group = group_of(policy_command(resource, "get-iam-policy", self._desired.names))
        return grants_of(self._noted(group, answer, {}))

    def _request(self, url: str) -> Any:
        """None for what is not there, which Firebase says in two ways."""
        answer = self._asker.answer(lambda seconds: self._rest.ask("GET", url, seconds))
        return None if answer.refusal in (Refusal.NOT_FOUND, Refusal.DENIED) else self._noted(FIREBASE, answer, None)

    def _once(self, question: Question, default: Any) -> Any:
        answer = self._asker.answer(partial(self._asker.read, self._rest, question))
        return self._noted(question.group, answer, default)

    def _noted(self, group: str, answer: Answer, default: Any) -> Any:
        if answer.ok:
            return answer.value
        self.unread[group] = answer
        return default


def group_of(command: tuple[str, ...]) -> str:
    """Of a command of a plan, with or without the name of the program in front."""
    words = [word for word in command if word not in ("gcloud", "alpha", "beta", "policy")]
    return words[0]
