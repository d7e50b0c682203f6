using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Prometheus;
using StreamScoring.Configuration;
using StreamScoring.Quality;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Serves /metrics, /health/live, /health/ready, /state, /status and /quality. There is no login:
/// who reaches the address may ask.
/// </summary>
internal sealed class HttpEndpoint : IAsyncDisposable
{
    private static readonly TimeSpan StatePatience = TimeSpan.FromSeconds(60);

    private readonly WebApplication _application;

    private HttpEndpoint(WebApplication application, string url) => (_application, Url) = (application, url);

    /// <summary>Where it answers, as a program on this machine reaches it.</summary>
    public string Url { get; }

    /// <param name="address">The interface that it listens on; 0.0.0.0 or ::, all of them.</param>
    /// <param name="port">0: any free one.</param>
    /// <param name="state">Gives the state's report, taken between two batches, unless it is
    /// cancelled; null within it where no graph runs.</param>
    /// <param name="status">Tells where the process stands.</param>
    /// <param name="quality">How good its decisions are, of so many of the newest days; null: it is
    /// not known.</param>
    /// <exception cref="InvalidInputFileException">The port is taken, or this machine does not have
    /// the address.</exception>
    public static async Task<HttpEndpoint> StartAsync(
        IPAddress address, int port, CollectorRegistry registry, PipelineHealth health, Func<CancellationToken, Task<StateReport?>>? state = null, Func<StatusReport>? status = null,
        Func<int, QualityReport>? quality = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://{new IPEndPoint(address, port)}");
        var application = builder.Build();
        application.MapMetrics("/metrics", registry);
        application.MapGet("/health/live", () => Answer(health.Failed));
        application.MapGet("/health/ready", () => Answer(health.NotReady, health.Degraded));
        if (state is not null)
        {
            application.MapGet("/state", (CancellationToken aborted) => ReportAsync(state, aborted));
        }

        if (status is not null)
        {
            application.MapGet("/status", () => Results.Json(status(), StatusReport.Json));
        }

        if (quality is not null)
        {
            application.MapGet("/quality", (int? days) => days is < 0
                ? Results.Text($"days is {days}; give how many of the newest days to tell, 0 or more\n", statusCode: 400) : Results.Json(quality(days ?? int.MaxValue), StatusReport.Json));
        }

        try
        {
            await application.StartAsync();
        }
        catch (IOException e)
        {
            await application.DisposeAsync();
            throw new InvalidInputFileException(
                $"http.address {address}, http.port {port} cannot be listened on: {e.Message} Set SCORING_HTTP_PORT to another one, or to 0 for any free one.", e);
        }

        var bound = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var reached = address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;
        return new HttpEndpoint(application, $"http://{new IPEndPoint(reached, new Uri(bound).Port)}");
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _application.StopAsync(soon.Token);
        await _application.DisposeAsync();
    }

    private static async Task<IResult> ReportAsync(Func<CancellationToken, Task<StateReport?>> state, CancellationToken aborted)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        patience.CancelAfter(StatePatience);
        try
        {
            return await state(patience.Token) is { } report ? Results.Json(report) : Answer("no graph runs now");
        }
        catch (OperationCanceledException)
        {
            return Answer("the state could not be looked at in time");
        }
    }

    /// <param name="note">What is to be said though all is well enough.</param>
    private static IResult Answer(string? problem, string? note = null) =>
        problem is null ? Results.Text(note is null ? "ok\n" : $"ok, degraded\n{note}\n") : Results.Text(problem + "\n", statusCode: 503);
}
