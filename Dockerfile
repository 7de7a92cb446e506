# The image of Countersign: one static binary and the certificate authorities of the world, and nothing else.
#
#     docker build --build-arg REVISION="$(git rev-parse HEAD)" --tag countersign .
#
# Without a registry at hand, `images/build` builds the last stage of this file with buildah.

# The version is that of rust-toolchain.toml (a test compares them). A release pins the digest, too:
# RUST_IMAGE=docker.io/library/rust@sha256:…
ARG RUST_IMAGE=docker.io/library/rust:1.95.0-slim-bookworm

FROM ${RUST_IMAGE} AS build
WORKDIR /src
COPY . .
ARG REVISION=unknown
RUN COUNTERSIGN_COMMIT=${REVISION} images/binary /out \
    && cp /etc/ssl/certs/ca-certificates.crt /out/

FROM scratch
COPY --from=build /out/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/countersign /countersign
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
ENTRYPOINT ["/countersign"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Countersign" \
      org.opencontainers.image.description="Workload identity token broker for Kubernetes" \
      org.opencontainers.image.source="https://github.com/countersign/countersign" \
      org.opencontainers.image.url="https://github.com/countersign/countersign" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
