"""Budget messages in the shapes that Google publishes, and the Pub/Sub events that carry them."""

import base64
import json
from typing import Any

BELOW = {
    "budgetDisplayName": "sluice",
    "costAmount": 12.34,
    "costIntervalStart": "2026-11-01T07:00:00Z",
    "budgetAmount": 50.0,
    "budgetAmountType": "SPECIFIED_AMOUNT",
    "currencyCode": "EUR",
}
"""What comes several times a day although no threshold is crossed."""
ACTUAL = {**BELOW, "costAmount": 45.01, "alertThresholdExceeded": 0.9}
FORECAST = {**BELOW, "costAmount": 20.0, "forecastThresholdExceeded": 1.0}
BOTH = {**BELOW, "costAmount": 51.2, "alertThresholdExceeded": 1.0, "forecastThresholdExceeded": 1.0}
ABOVE_WITHOUT_THRESHOLD = {**BELOW, "costAmount": 47}
"""A budget whose rules name other thresholds than the guard's share."""
LAST_MONTH = {**BOTH, "costIntervalStart": "2026-10-01T07:00:00Z"}


def event(data: object = None, *, raw: str | None = None, published: str | None = "2026-11-22T18:55:00.123Z") -> Any:
    """The data of a Pub/Sub event that carries a budget's message."""
    return {
        "message": {
            "data": raw if raw is not None else base64.b64encode(json.dumps(data).encode()).decode(),
            "attributes": {
                "billingAccountId": "01D4EE-079462-DFD6EC",
                "budgetId": "de72f49d-779b-4945-a127-4d6ce8def0bb",
                "schemaVersion": "1.0",
            },
            "messageId": "136969346945",
            **({"publishTime": published} if published else {}),
        },
        "subscription": "projects/lab/subscriptions/eventarc-guard",
    }
