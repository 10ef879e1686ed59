"""Where the link in each announcement leads: one click ends them, without a sign-in."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from champions.announcements import services
from champions.announcements.emails import user_of


# A mail program that offers 'unsubscribe' sends the form itself (RFC 8058): it has no token of a
# page of ours. The address is signed and can do this one thing to the one person it was sent to.
@csrf_exempt
@login_not_required
def announcements_unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End somebody's announcements by e-mail, once it is confirmed."""
    person = user_of(token)
    if person is None:
        raise Http404
    done = request.method == "POST"
    if done:
        services.choose(person, by=person, wanted=False)
    return render(request, "champions/announcements/unsubscribe.html", {"done": done})
