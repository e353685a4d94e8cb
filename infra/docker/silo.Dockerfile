# A silo, for the CPU or for NVIDIA GPUs (about 3 GB more). From the root of the repository:
#   docker build -f infra/docker/silo.Dockerfile -t disback-silo:0.1.0 .
#   docker build -f infra/docker/silo.Dockerfile -t disback-silo:0.1.0-cuda --build-arg TORCH_BACKEND=cuda .
FROM mcr.microsoft.com/dotnet/sdk:10.0.401-noble@sha256:e70cdb7f80b0348f5cb85f19a8f670fca061f033d57eed12fa003d58b0e06317 AS build
ARG TORCH_BACKEND=cpu
WORKDIR /source
COPY .editorconfig Directory.* ./
COPY src src
COPY silo silo
# Machine code, so that a killed worker is there again with a quarter less work; and native libraries of this system alone.
RUN dotnet publish silo/DisBack.Silo -c Release -r linux-x64 --self-contained false -o /app -p:PublishReadyToRun=true -p:TorchBackend=$TORCH_BACKEND \
    -p:UseAppHost=false

FROM mcr.microsoft.com/dotnet/aspnet:10.0.12-noble@sha256:222759b391a1aaf241166672c8f99b2d4ada452e7b5319f3c6e8f265a37b5ad4
# libtorch brings its own CUDA libraries; of the host it needs the driver alone.
ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    DISBACK_WORKER__SCRATCH=/var/lib/disback/scratch \
    DISBACK_WORKER__CACHE=/var/lib/disback/cache
# A new volume mounted here takes over the owner.
RUN install -d -o $APP_UID -g $APP_UID /var/lib/disback
WORKDIR /app
COPY --from=build /app .
USER $APP_UID
EXPOSE 11111 30000 8080
ENTRYPOINT ["dotnet", "DisBack.Silo.dll"]
