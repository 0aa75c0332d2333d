# Loa for production. The same image runs every role: docker run … loa listen | push | web.
FROM python:3.12-slim AS build
WORKDIR /loa
COPY requirements.lock .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 loa
COPY --from=build /venv /venv
COPY --from=build /loa/alembic.ini /loa/Procfile /home/loa/
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 LOA_HOST=0.0.0.0 LOA_DATA_DIR=/home/loa/var
USER loa
WORKDIR /home/loa
RUN mkdir var
EXPOSE 8088
HEALTHCHECK CMD python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8088/health')"
CMD ["loa", "run"]
