from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Whether this process can serve: the shop's own database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        sentence = "The shop's database does not answer: see that it runs and that DATABASE_URL names it."
        return JsonResponse({"status": "unavailable", "detail": sentence}, status=503)
    return JsonResponse({"status": "ok"})
