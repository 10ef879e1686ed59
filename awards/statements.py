"""What a lead champion declares when submitting, word for word; kept with each submission."""

# Guidance, section 4: champions apply on behalf of their organisation; by applying, the
# organisation permits its practice to be publicised as case studies.
STATEMENTS = (
    "I am the organisation’s lead champion and submit this application on its behalf.",
    "What the application says is accurate to the best of my knowledge.",
    "The organisation agrees that its social value practice may be published as case studies.",
    "Nothing in the evidence or its files lets a patient or service user be identified.",
)
