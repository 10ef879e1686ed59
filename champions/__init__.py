"""The community of champions: charter, network and published case studies."""
