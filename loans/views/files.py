from django.http import HttpResponse


def pdf_answer(content: bytes, name: str) -> HttpResponse:
    """To be kept: the browser saves it under this name."""
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
