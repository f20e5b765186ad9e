"""Renovate finds every pinned version."""

import json
import re

from infra.settings.declared_settings import ROOT
from infra.settings.versions import BUILD_IMAGES, IMAGES, KIND_NODE, STRIMZI_CHART


def test_renovate_finds_every_pin() -> None:
    text = (ROOT / "infra/settings/versions.py").read_text()
    managers = json.loads((ROOT / "renovate.json").read_text())["customManagers"]
    patterns = [re.compile(manager["matchStrings"][0].replace("(?<", "(?P<")) for manager in managers]
    found = {f"{match['depName']}:{match['currentValue']}" for pattern in patterns for match in pattern.finditer(text)}
    pins = {*IMAGES.values(), *BUILD_IMAGES.values(), KIND_NODE.partition("@")[0]}
    assert found == pins | {f"quay.io/strimzi-helm/strimzi-kafka-operator:{STRIMZI_CHART}"}
