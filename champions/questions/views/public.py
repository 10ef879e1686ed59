"""Where the link in each mail about questions leads: one click ends them, without a sign-in."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from champions.questions import services
from champions.questions.emails import user_of
from champions.questions.models import Frequency


# A mail program that offers 'unsubscribe' sends the form itself (RFC 8058): it has no token of a
# page of ours. The address is signed and can do this one thing to the one person it was sent to.
@csrf_exempt
@login_not_required
def questions_unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End somebody's mails about questions, once it is confirmed."""
    person = user_of(token)
    if person is None:
        raise Http404
    done = request.method == "POST"
    if done:
        services.choose_notices(person, by=person, frequency=Frequency.NONE, topics=[])
    return render(request, "champions/questions/unsubscribe.html", {"done": done})
