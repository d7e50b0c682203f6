using System.Net;
using System.Net.Sockets;
using Prometheus;
using StreamScoring.Host.Serving;

namespace StreamScoring.IntegrationTests;

public sealed class HttpEndpointTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_call_for_the_state_ends_when_its_client_is_gone()
    {
        var (begun, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var endpoint = await HttpEndpoint.StartAsync(IPAddress.Loopback, 0, Metrics.NewCustomRegistry(), new PipelineHealth(new ProcessLife(TimeProvider.System)), async aborted =>
        {
            using var registration = aborted.Register(ended.SetResult);
            begun.SetResult();
            await ended.Task;
            aborted.ThrowIfCancellationRequested();
            return null;
        });
        using var http = new HttpClient { BaseAddress = new Uri(endpoint.Url) };
        using var gone = new CancellationTokenSource();
        var call = http.GetAsync("/state", gone.Token);
        await begun.Task.WaitAsync(Patience);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await ended.Task.WaitAsync(Patience);
    }

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("0.0.0.0", true)]
    public async Task It_is_reached_on_the_address_that_it_was_given_alone(string address, bool everywhere)
    {
        await using var endpoint = await HttpEndpoint.StartAsync(IPAddress.Parse(address), 0, Metrics.NewCustomRegistry(), new PipelineHealth(new ProcessLife(TimeProvider.System)));
        var port = new Uri(endpoint.Url).Port;
        Assert.Equal($"http://127.0.0.1:{port}", endpoint.Url);
        using var client = new TcpClient();
        // Another address of this machine, which every Linux machine has.
        var reached = await client.ConnectAsync("127.0.0.2", port).WaitAsync(Patience).ContinueWith(connecting => connecting.IsCompletedSuccessfully, TaskScheduler.Default);
        Assert.Equal(everywhere, reached);
    }
}
