from tests.unit.infra.gcp.conftest import made

__all__ = ["made"]
