"""The commitment to Partner VCFSE: a baseline, yearly targets, and what came of them."""
