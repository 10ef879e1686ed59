"""Published case studies: what an organisation did, told for those who want to do the like."""
