"""The first rows of a new node: service keys, and the two people without whom nobody could add anybody."""

from __future__ import annotations

import json

from relto.adapters.sealed_keys import SecretsFolder
from relto.base.canonical import Json
from relto.node.folder import NodeFolder
from relto.services import credentials, organisation, service_keys
from relto.services.house import House

_CREDENTIAL_DAYS = 30


def first_service_keys(house: House, secrets: SecretsFolder) -> list[dict[str, str]]:
    """Make the key service's keys and the token key; the public wrapping keys as a party record lists them."""
    made = service_keys.create_service_keys(house, secrets)
    return [
        {"kid": key.kid, "algorithm": key.algorithm, "pem": key.public_pem} for key in made if key.purpose == "wrapping"
    ]


def first_people(folder: NodeFolder, house: House) -> dict[str, Json]:
    """Add the first operator and registrar; their credentials go to first-credentials.json (mode 0600)."""
    first = organisation.bootstrap(house, operator_name="first operator", registrar_name="first registrar")
    answer: dict[str, Json] = {}
    for role, person in (("operator", first.operator), ("registrar", first.registrar)):
        issued = credentials.bootstrap_credential(house, person=person, days=_CREDENTIAL_DAYS)
        answer[role] = {
            "node": house.urls.portal,
            "person": person,
            "client_id": issued.client_id,
            "client_secret": issued.client_secret,
        }
    place = folder.root / "first-credentials.json"
    place.touch(mode=0o600)
    place.write_text(json.dumps(answer, indent=2), encoding="utf-8")
    return answer
