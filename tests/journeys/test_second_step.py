"""The second step of signing in, with a passkey, in a browser that holds one."""

import pytest

from tests.factories import PASSWORD, ReviewerFactory
from tests.journeys.steps import heading, press, reads, sign_in, verified
from tests.journeys.test_accessibility import add_passkey


@pytest.mark.slow
def test_reviewer_adds_a_passkey_and_signs_in_with_it(site, visit):
    # Given a reviewer who has no second step yet
    reviewer = verified(ReviewerFactory())
    page = visit()
    page.goto("/accounts/login/")
    sign_in(page, reviewer.email)
    heading(page, "Second step of signing in")

    # When they add a passkey
    press(page, "Add a passkey")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Continue")
    add_passkey(page)
    press(page, "Go to your work")
    heading(page, "Your work")

    # Then it is what lets them in the next time
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/")
    sign_in(page, reviewer.email)
    heading(page, "Second step")
    press(page, "Use a passkey")
    heading(page, "Your work")

    # And a browser without it says what to do, and lets nobody in
    other = visit()
    other.goto("/accounts/login/")
    sign_in(other, reviewer.email)
    other.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('none')); }")
    press(other, "Use a passkey")
    reads(other, "The passkey was not used.")
    other.goto("/review/")
    heading(other, "Second step")
