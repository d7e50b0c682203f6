using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Prometheus;
using StreamScoring.Configuration;

namespace StreamScoring.Host.Serving;

/// <summary>Serves /metrics, /health/live, /health/ready and /state on the loopback and all other interfaces.</summary>
internal sealed class HttpEndpoint : IAsyncDisposable
{
    private static readonly TimeSpan StatePatience = TimeSpan.FromSeconds(60);

    private readonly WebApplication _application;

    private HttpEndpoint(WebApplication application, int port) => (_application, Port) = (application, port);

    /// <summary>The port it listens on.</summary>
    public int Port { get; }

    /// <param name="port">0: any free one.</param>
    /// <param name="state">Gives the state's report, taken between two batches; null within it where no graph runs.</param>
    /// <exception cref="InvalidInputFileException">The port is taken.</exception>
    public static async Task<HttpEndpoint> StartAsync(int port, CollectorRegistry registry, PipelineHealth health, Func<Task<StateReport?>>? state = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://0.0.0.0:{port}");
        var application = builder.Build();
        application.MapMetrics("/metrics", registry);
        application.MapGet("/health/live", () => Answer(health.Failed));
        application.MapGet("/health/ready", () => Answer(health.NotReady, health.Degraded));
        if (state is not null)
        {
            application.MapGet("/state", () => ReportAsync(state));
        }

        try
        {
            await application.StartAsync();
        }
        catch (IOException e)
        {
            await application.DisposeAsync();
            throw new InvalidInputFileException(
                $"http.port {port} cannot be listened on: {e.Message} Set SCORING_HTTP_PORT to another one, or to 0 for any free one.", e);
        }

        var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new HttpEndpoint(application, new Uri(address.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)).Port);
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _application.StopAsync(soon.Token);
        await _application.DisposeAsync();
    }

    private static async Task<IResult> ReportAsync(Func<Task<StateReport?>> state)
    {
        try
        {
            return await state().WaitAsync(StatePatience) is { } report ? Results.Json(report) : Answer("no graph runs now");
        }
        catch (TimeoutException)
        {
            return Answer("the state could not be looked at in time");
        }
    }

    /// <param name="note">What is to be said though all is well enough.</param>
    private static IResult Answer(string? problem, string? note = null) =>
        problem is null ? Results.Text(note is null ? "ok\n" : $"ok, degraded\n{note}\n") : Results.Text(problem + "\n", statusCode: 503);
}
