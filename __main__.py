"""The entry point of `pulumi up`.

It is beside Pulumi.yaml, not in infra/: Pulumi starts dynamic resources (infra/gcp/claims.py) in the program's folder,
and looks for the virtual environment below it.
"""

from infra.program import main

main()
