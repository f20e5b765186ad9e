"""The Job that runs the tests in a cluster."""

from tests.in_cluster import job_like

SECURITY = {"readOnlyRootFilesystem": True}
DEPLOYMENT = {
    "spec": {
        "template": {
            "metadata": {"labels": {"app.kubernetes.io/name": "toolbox"}},
            "spec": {
                "restartPolicy": "Always",
                "containers": [
                    {
                        "name": "toolbox",
                        "image": "toolbox:1",
                        "command": ["sleep", "infinity"],
                        "env": [{"name": "SLUICE_CONNECT_URL", "value": "http://connect"}],
                        "securityContext": SECURITY,
                    }
                ],
            },
        }
    }
}


def test_job_is_the_toolbox_with_the_tests_in_it() -> None:
    job = job_like(DEPLOYMENT, image="tests:1", arguments=["tests/pipeline", "--target", "external"])
    template = job["spec"]["template"]
    (container,) = template["spec"]["containers"]
    # The same labels: network policies let the toolbox reach the brokers and stores.
    assert template["metadata"]["labels"] == {"app.kubernetes.io/name": "toolbox"}
    assert container["image"] == "tests:1"
    assert container["command"][-3:] == ["tests/pipeline", "--target", "external"]
    assert {"name": "SLUICE_CONNECT_URL", "value": "http://connect"} in container["env"]
    assert container["securityContext"] == SECURITY
    assert template["spec"]["restartPolicy"] == "Never"
    assert job["spec"]["backoffLimit"] == 0
