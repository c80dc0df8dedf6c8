from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from recommender.forms import MOST_REMOVED, AskForm
from recommender.impressions import shown
from recommender.models import Place
from recommender.shelf import four_for


@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """A sentence in, four products out. What was understood can be taken away: `?q=…&without=label`."""
    form = AskForm(request.GET)
    context: dict[str, object] = {"asked": request.GET.get("q", ""), "form": form}
    if not form.is_valid():
        return render(request, "recommender/ask.html", context, status=422)
    if sentence := form.cleaned_data["q"]:
        answer = four_for(sentence, request.GET.getlist("without")[:MOST_REMOVED])
        context |= {"answer": answer, "offers": shown(Place.ASK, answer.offers)}
    return render(request, "recommender/ask.html", context)
