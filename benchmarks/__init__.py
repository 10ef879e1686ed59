"""What the portal costs: figures as ratios to a floor measured in the same run."""
