"""The toolbox has every variable of the endpoints, the loader those of a load."""

from infra.workloads.toolbox import endpoint_variables, producer_variables
from sluice.view import endpoints


def test_toolbox_and_loader_have_the_variables_of_the_endpoints() -> None:
    assert {variable["name"] for variable in endpoint_variables()} == endpoints.VARIABLES.keys()
    assert [variable["name"] for variable in producer_variables()] == list(endpoints.PRODUCER_VARIABLES)
