extern alias chaos;

using System.Net;
using System.Net.NetworkInformation;
using chaos::StreamScoring.Chaos;
using StreamScoring.TestSupport;
using Xunit.Abstractions;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// The short form of tests/StreamScoring.Chaos; docs/testing.md says how to run it at length.
/// </summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int PortsNeeded = 300;

    [SharedTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_payment_is_decided_once_and_all_states_agree_after_processes_and_brokers_were_killed(bool isTransactional)
    {
        var options = new ChaosOptions(
            Seed: 5, RoundsMax: 5, DurationMax: TimeSpan.FromSeconds(25), Rate: 200, UsesConsumerProtocol: false, isTransactional,
            Faults: ["kill-process", "kill-leader-and-process", "freeze-process", "block-snapshots", "guest", "wrong-clock"], Port: FreePorts(), LogFolder: null);
        var summary = await new ChaosRun(options, output.WriteLine).RunAsync(CancellationToken.None);
        // Not Assert.Empty, which cuts each off after fifty characters.
        Assert.True(summary.Violations.Count == 0, string.Join("\n", summary.Violations));
        Assert.NotNull(summary.Digest);
        Assert.True(summary.Judged!.Payments > 0 && summary.Judged.FeaturesRecounted > 0);
    }

    /// <summary>The first of as many ports on which nobody listens.</summary>
    private static int FreePorts()
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select((IPEndPoint listener) => listener.Port).ToHashSet();
        for (var port = 20_000 + Random.Shared.Next(10_000); ; port += PortsNeeded)
        {
            if (!Enumerable.Range(port, PortsNeeded).Any(taken.Contains))
            {
                return port;
            }
        }
    }
}
