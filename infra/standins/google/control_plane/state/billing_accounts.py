"""Billing accounts, as far as a project is paid by one."""

from dataclasses import dataclass

from standins.google.errors import GoogleError
from standins.values import Json


@dataclass
class BillingAccount:
    """`account_id`: XXXXXX-XXXXXX-XXXXXX."""

    account_id: str
    display_name: str
    is_open: bool = True

    def resource(self) -> Json:
        return {
            "name": f"billingAccounts/{self.account_id}",
            "open": self.is_open,
            "displayName": self.display_name,
            "masterBillingAccount": "",
            "currencyCode": "USD",
        }


class BillingAccounts(dict[str, BillingAccount]):
    """By id."""

    def find(self, account_id: str) -> BillingAccount:
        if account_id not in self:
            raise GoogleError("PERMISSION_DENIED", "The caller does not have permission")
        return self[account_id]
