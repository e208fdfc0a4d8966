FROM node:20.20.2-bookworm-slim AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends g++ make python3 \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# No script of a dependency runs but the one of better-sqlite3. It is compiled from the source whose hash is in the lock
# file, with the headers of this image: neither a binary nor headers are fetched from elsewhere.
RUN npm ci --ignore-scripts --no-progress
RUN npm_config_build_from_source=better-sqlite3 npm_config_nodedir=/usr/local npm rebuild better-sqlite3
COPY . .
# What is published is what runs; maps, types and the sources of SQLite are of no use there.
RUN npm run build \
 && npm pack --ignore-scripts \
 && npm prune --omit=dev --ignore-scripts \
 && mkdir /opt/lfsb \
 && tar -xzf lfsb-*.tgz -C /opt/lfsb --strip-components=1 \
 && mv node_modules /opt/lfsb/ \
 && cd /opt/lfsb/node_modules \
 && rm -rf better-sqlite3/deps better-sqlite3/src \
 && find better-sqlite3/build -type f ! -path '*/Release/better_sqlite3.node' -delete \
 && find . -regextype posix-extended -type f -regex '.*[.](map|d[.][cm]?ts)' -delete

FROM node:20.20.2-bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends sqlite3 \
 && rm -rf /var/lib/apt/lists/* \
 && install --directory --owner=node --group=node /data
COPY --from=build /opt/lfsb /opt/lfsb
RUN ln -s /opt/lfsb/bin/run.js /usr/local/bin/lfsb && lfsb --version
ENV NODE_ENV=production LFSB_DATA_PATH=/data LFSB_BIND=:2200 LFSB_ENDPOINT=http://localhost:2200
USER node
WORKDIR /data
EXPOSE 2200
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://localhost:' + process.env.LFSB_BIND.split(':').pop() + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["lfsb"]
CMD ["serve"]
