"""VersionTagger: gives every trained model its identity."""
