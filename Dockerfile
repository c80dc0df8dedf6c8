# The web server, the worker, the beat and the migrations of the service profile: one image.
FROM python:3.11-slim-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc pkg-config default-libmysqlclient-dev \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /venv
WORKDIR /larder
COPY pyproject.toml ./
RUN /venv/bin/pip install --no-cache-dir "torch==2.13.0" \
    && touch README.md \
    && /venv/bin/pip install --no-cache-dir --editable ".[service]"

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends libmariadb3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 larder \
    && install --directory --owner larder /var/lib/larder
COPY --from=build /venv /venv
WORKDIR /larder
COPY . .
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 VAR_DIR=/var/lib/larder
USER larder
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4"]
