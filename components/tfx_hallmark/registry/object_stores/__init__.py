"""Registry roots on S3, Google Cloud Storage, Azure and whatever else speaks one of their protocols."""
