"""The loader: sends GPS logs and images to Kafka and accounts for every row and image. Knows no sink."""
