# The program as an image: `docker build -t streamscoring .`, then `docker run streamscoring demo --events 20000`. See docs/operations.md.
# The RUN lines of the first stage are also run without an engine, by deploy/check.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src ./src
COPY topology ./topology
RUN dotnet restore src/StreamScoring.Host --use-current-runtime
RUN dotnet publish src/StreamScoring.Host --no-restore --use-current-runtime --self-contained false -c Release -v quiet -o /published

# Ubuntu, with what .NET and ONNX Runtime need. librdkafka comes with the program.
FROM mcr.microsoft.com/dotnet/aspnet:10.0
# Training is by LightGBM, which needs OpenMP.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
# A named volume takes its owner from the folder that it covers.
RUN mkdir /data && chown "$APP_UID" /data
WORKDIR /scoring
COPY --from=build /published ./program
COPY topology ./topology
COPY deploy/is-live ./is-live
# All interfaces of the container, which are its own: who reaches them is for whoever publishes the port to say.
ENV PATH="/scoring/program:$PATH" \
    SCORING_DATA=/data \
    SCORING_HTTP_ADDRESS=0.0.0.0 \
    SCORING_HTTP_PORT=9464
USER $APP_UID
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/scoring/is-live"]
ENTRYPOINT ["scoring"]
CMD ["--help"]
