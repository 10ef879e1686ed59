"""The judged claim: evidence, applications, review, the award rule and the award."""
