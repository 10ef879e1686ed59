# Front-end packages, built once.
FROM node:22.20-bookworm-slim AS assets
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --silent
COPY bin/build-assets bin/
COPY svportal/assets svportal/assets
RUN npm run --silent build

FROM python:3.13-slim-trixie
RUN apt-get update -qq \
    && apt-get install -qq -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin portal \
    && install -d -o portal -g portal -m 700 /data /keys
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DATA_DIR=/data
WORKDIR /app
COPY requirements/runtime.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY . .
COPY --from=assets /app/build/static build/static
RUN DEVELOPMENT=1 DATA_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf /tmp/build
USER portal
EXPOSE 8000
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "svportal.wsgi:application"]
