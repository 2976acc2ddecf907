# One image for every role: `docker run cartograph router`. It has a version only
# if it is built with one: --build-arg VERSION=$(git describe --always --dirty).
FROM node:22.23.2-alpine3.24@sha256:c610fcdfb1d5b4740dd70c284ed3cb16bb857e0f7166196e36a5501df7a3aa32 AS pages
WORKDIR /src/router/playground
COPY router/playground/package.json router/playground/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY router/playground/ ./
RUN npm run build

FROM golang:1.26.8-alpine3.24@sha256:8ac98ca534ac3f51e1f420a1dd2c15e74c75cfa0f23f3ad27eb5d7236c349a0c AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=pages /src/router/playground/dist router/playground/dist
ARG VERSION
# nodynamic: the WebP encoder would link the program to a C library, to look for a
# libwebp on the machine. This image has neither.
RUN CGO_ENABLED=0 go build -tags nodynamic -trimpath -ldflags="-s -X cartograph/app.version=${VERSION}" -o /cartograph ./cmd/cartograph

FROM gcr.io/distroless/static-debian12:nonroot@sha256:afa5c872c891853ca7fcf1f12c3edb23f7eeef36189728842dd51042ff57f7ab
COPY --from=build /cartograph /src/NOTICE /
ENTRYPOINT ["/cartograph"]
