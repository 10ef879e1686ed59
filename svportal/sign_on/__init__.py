"""Single sign-on: people let in by the sign-in of their own organisation, where one is set up."""
