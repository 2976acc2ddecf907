# One image for every role: `docker run cartograph router`.
FROM node:22-alpine AS pages
WORKDIR /src/router/playground
COPY router/playground/package.json router/playground/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY router/playground/ ./
RUN npm run build

FROM golang:1.26-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=pages /src/router/playground/dist router/playground/dist
ARG VERSION
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -X cartograph/app.version=${VERSION}" -o /cartograph ./cmd/cartograph

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /cartograph /cartograph
ENTRYPOINT ["/cartograph"]
