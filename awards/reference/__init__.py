"""Where partnership admins keep the frameworks: new versions, edits, publication, uploads."""
