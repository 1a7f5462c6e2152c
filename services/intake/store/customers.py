"""Who the customers are, as the CRM tells, and whose each address is."""

from collections.abc import Collection
from dataclasses import dataclass, field

from services.intake.domain.identity import normal_address, stranger_id
from shared.contracts.fields import Requester, reveal
from shared.contracts.people import CustomerUpdated
from shared.kit.unit import Document, Transaction

CUSTOMERS = "customers"
ADDRESSES = "addresses"


@dataclass(slots=True)
class CustomerChanges:
    """What a batch changed, by customer id and by address; None: gone."""

    customers: dict[str, Document | None] = field(default_factory=dict)
    owners: dict[str, str | None] = field(default_factory=dict)


class CustomerStore:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._customers: dict[str, Document] = {}
        self._owners: dict[str, str] = {}
        self.changes = CustomerChanges()

    async def load(self, customer_ids: Collection[str], addresses: Collection[str]) -> None:
        self._customers = await documents(self._tx, CUSTOMERS, customer_ids)
        old = {a for document in self._customers.values() for a in document["keys"]}
        owners = await documents(self._tx, ADDRESSES, {*addresses, *old})
        self._owners = {key: document["customer_id"] for key, document in owners.items()}

    def update(self, customer: CustomerUpdated) -> None:
        """The last word about a customer holds, and an address is whose it was said to be last."""
        keys = address_keys(customer)
        self._give_up(customer.customer_id, keep=set(keys))
        document = {"_id": customer.customer_id, "keys": keys, **customer.model_dump(mode="json")}
        self._customers[customer.customer_id] = document
        self.changes.customers[customer.customer_id] = document
        self._tx.put(CUSTOMERS, document)
        for key in keys:
            self._owners[key] = self.changes.owners[key] = customer.customer_id
            self._tx.put(ADDRESSES, {"_id": key, "customer_id": customer.customer_id})

    def remove(self, customer_id: str) -> None:
        self._give_up(customer_id, keep=set())
        self._customers.pop(customer_id, None)
        self.changes.customers[customer_id] = None
        self._tx.drop(CUSTOMERS, customer_id)

    def identities(self, customer_id: str) -> set[str]:
        """His id, and those that he had on channels while nobody knew him."""
        keys = self._customers.get(customer_id, {}).get("keys", [])
        return {customer_id, *(stranger_id("", key) for key in keys)}

    def _give_up(self, customer_id: str, keep: set[str]) -> None:
        for key in self._customers.get(customer_id, {}).get("keys", []):
            if key not in keep and self._owners.get(key) == customer_id:
                del self._owners[key]
                self.changes.owners[key] = None
                self._tx.drop(ADDRESSES, key)


def address_keys(customer: CustomerUpdated) -> list[str]:
    open_ones = (a for a in customer.addresses if isinstance(a, str) and a.strip())
    return list(dict.fromkeys(normal_address(address) for address in open_ones))


def as_requester(customer: CustomerUpdated) -> Requester:
    return Requester(
        customer_id=customer.customer_id,
        name=customer.name,
        address=next((a for a in customer.addresses if "@" in reveal(a)), None),
        organisation=customer.organisation,
        tier=customer.tier,
        vip=customer.vip,
        locale=customer.locale,
        time_zone=customer.time_zone,
        known=True,
    )


async def documents(tx: Transaction, collection: str, ids: Collection[str]) -> dict[str, Document]:
    return dict(await tx.get(collection, sorted(ids))) if ids else {}
