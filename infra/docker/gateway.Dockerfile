# The HTTP gateway. From the root of the repository:
#   docker build -f infra/docker/gateway.Dockerfile -t disback-gateway:0.1.0 .
FROM mcr.microsoft.com/dotnet/sdk:10.0.401-noble@sha256:e70cdb7f80b0348f5cb85f19a8f670fca061f033d57eed12fa003d58b0e06317 AS build
WORKDIR /source
COPY .editorconfig Directory.* ./
COPY src src
COPY client client
RUN dotnet publish client/DisBack.Gateway -c Release -r linux-x64 --self-contained false -o /app -p:PublishReadyToRun=true -p:UseAppHost=false

FROM mcr.microsoft.com/dotnet/aspnet:10.0.12-noble@sha256:222759b391a1aaf241166672c8f99b2d4ada452e7b5319f3c6e8f265a37b5ad4
# It listens to the container's network, where whatever publishes it does TLS.
ENV DISBACK_ENDPOINTS__ADDRESS=0.0.0.0 \
    DISBACK_ENDPOINTS__TLSTERMINATEDAHEAD=true \
    DISBACK_TOKENS__FILE=/etc/disback/tokens.json \
    DISBACK_SCRATCH=/var/lib/disback
# New volumes mounted here take over the owner.
RUN install -d -o $APP_UID -g $APP_UID /etc/disback /var/lib/disback
WORKDIR /app
COPY --from=build /app .
USER $APP_UID
EXPOSE 8090
ENTRYPOINT ["dotnet", "DisBack.Gateway.dll"]
