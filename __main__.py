"""What `pulumi up` runs.

It stands beside Pulumi.yaml, and not in infra/: Pulumi starts dynamic resources (infra/gcp/claims.py) in the program's
folder, and looks for the virtual environment below that.
"""

from infra.program import main

main()
