"""Pages of the commitment to Partner VCFSE, by audience."""
