# Nigehban: one image, one role for each container: `nigehban server|gateway|media|all`.

FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY domain/package.json domain/
COPY media/package.json media/
COPY config/package.json config/
COPY camera-gateway/package.json camera-gateway/
COPY recorder/package.json recorder/
COPY relay/package.json relay/
COPY server/package.json server/
COPY web/package.json web/
COPY test/package.json test/
COPY scripts scripts
# The set-up of a checkout, without Debian packages and worker: those have stages of their own.
RUN node scripts/setup.mjs --for check

# mediasoup's own prebuilt worker when it can be downloaded, else built from source.
FROM packages AS worker
RUN apt-get update \
  && apt-get install -y --no-install-recommends \
    g++ make python3 meson ninja-build pkg-config libuv1-dev libssl-dev libsrtp2-dev libabsl-dev \
    libflatbuffers-dev flatbuffers-compiler ca-certificates \
  && rm -rf /var/lib/apt/lists/*
RUN XDG_CACHE_HOME=/tmp/cache node scripts/build-mediasoup-worker.mjs \
  && cp -L .cache/mediasoup-worker-* /mediasoup-worker

FROM packages AS web
COPY domain domain
COPY web web
RUN cd web && node ../node_modules/vite/bin/vite.js build

FROM packages AS production-packages
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends \
    ffmpeg fonts-dejavu-core redis-server \
    libuv1 libssl3 libsrtp2-1 libabsl20220623 \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --user-group --home-dir /app --shell /usr/sbin/nologin nigehban \
  && mkdir /data \
  && chown nigehban:nigehban /data \
  && printf '#!/bin/sh\nexec node /app/bin/nigehban.ts "$@"\n' > /usr/local/bin/nigehban \
  && chmod 755 /usr/local/bin/nigehban
WORKDIR /app
COPY --from=production-packages /app/node_modules node_modules
COPY --from=worker /mediasoup-worker /usr/local/bin/mediasoup-worker
COPY . .
COPY --from=web /app/web/dist web/dist
ENV NODE_ENV=production \
  MEDIASOUP_WORKER_BIN=/usr/local/bin/mediasoup-worker \
  NIGEHBAN_HOST=0.0.0.0 \
  NIGEHBAN_DATA=/data
USER nigehban
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["nigehban"]
CMD ["all"]
