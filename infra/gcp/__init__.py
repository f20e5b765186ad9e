"""A cluster on Google Cloud that cannot surprise its owner: nothing that costs money is made before its budget."""
