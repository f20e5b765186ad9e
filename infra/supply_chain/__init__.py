"""What the images and the local pipeline are made of: SBOMs from the pins, and a look-up of known vulnerabilities."""
