"""The Charter: its versions, who signs it for their organisation, and who has signed."""
