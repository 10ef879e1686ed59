"""What people do in more than one journey."""

import re
from pathlib import Path

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from playwright.sync_api import expect

from tests.clients import code_now
from tests.factories import PASSWORD

AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"
# Nothing here needs axe to fetch style sheets and films of its own (preload).
RUN_AXE = """async () => {
  const {violations} = await axe.run(document, {resultTypes: ["violations"], preload: false});
  const where = (found) => found.nodes.map((node) => node.target.join(" ")).join(", ");
  return violations.map((found) => `${found.id}: ${where(found)}`);
}"""
TOO_WIDE = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return "";
  const wide = [...document.querySelectorAll("body *")].filter(
    (part) => part.getBoundingClientRect().right > page.clientWidth + 1,
  );
  const names = wide.map((part) => `${part.tagName}.${part.className}`);
  return names.slice(0, 3).join(" ") || "somewhere";
}"""


def fits(page):
    """See that nothing sticks out of the window and axe finds nothing."""
    assert page.evaluate(TOO_WIDE) == "", page.url
    page.evaluate(AXE.read_text())
    assert page.evaluate(RUN_AXE) == [], page.url


def press(page, name):
    """Press the button in the page's main part, or follow the link that looks like one."""
    button = page.locator("main").get_by_role("button", name=name, exact=True)
    link = page.locator("main").get_by_role("link", name=name, exact=True)
    button.or_(link).first.click()


def reads(page, *words):
    """See each of these words in the page's main part."""
    for text in words:
        expect(page.locator("main")).to_contain_text(text)


def heading(page, words):
    """See that the page is the one with this heading."""
    expect(page.locator("h1")).to_contain_text(words)


def mail_to(address, subject):
    """Return the newest mail to somebody whose subject has these words in it."""
    found = [m for m in mail.outbox if m.to == [address] and subject in m.subject]
    assert found, (address, subject, [(m.to, m.subject) for m in mail.outbox])
    return found[-1]


def link_in(message, start):
    """Return the address within the portal that a mail leads to."""
    return re.search(rf"https?://[^/\s]+({re.escape(start)}\S*)", message.body)[1]


def verified(user):
    """Return somebody whose e-mail address is theirs beyond doubt."""
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def sign_up(page, name, email):
    """Fill in the sign-up form that is open, and enter the code from the mail."""
    page.get_by_label("Full name").fill(name)
    page.get_by_label("Work e-mail address").fill(email)
    page.get_by_label("Choose a password").fill(PASSWORD)
    press(page, "Create an account")
    heading(page, "Enter the code from your e-mail")
    message = mail_to(email, "Your code")
    code = re.search(r"^([A-Z0-9-]{6,9})$", message.body, re.MULTILINE)[1]
    page.get_by_label("Code", exact=True).fill(code)
    press(page, "Continue")


def sign_in(page, email):
    """Sign in by password on the sign-in page that is open."""
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Sign in")


def show_code(page):
    """Show what the authenticator app says as the second step of signing in."""
    heading(page, "Second step")
    page.get_by_label("Code").fill(code_now())
    press(page, "Sign in")


def set_up_app(page):
    """Set an authenticator app up, as whoever needs a second step must, and go on to work."""
    heading(page, "Second step of signing in")
    press(page, "Set up an authenticator app")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Continue")
    secret = page.locator("p", has_text="Key:").locator("strong").inner_text()
    page.get_by_label("Code").fill(code_now(secret=secret))
    press(page, "Turn it on")
    heading(page, "Your recovery codes")
    press(page, "Go to your work")
