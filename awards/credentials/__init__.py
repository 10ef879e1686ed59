"""The mark as data: each award as a signed credential, its badge files, its status, its check."""
