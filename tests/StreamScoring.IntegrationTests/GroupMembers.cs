using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Confluent.Kafka;

namespace StreamScoring.IntegrationTests;

/// <summary>
/// The members of a consumer group as its coordinator, the only broker, sees them.
/// </summary>
internal sealed class GroupMembers(string brokers, string group)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Waits until the group is stable and has so many members.</summary>
    /// <returns>Their ids.</returns>
    public async Task<IReadOnlyList<string>> OnceThereAreAsync(int count)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = brokers }).Build();
        using var patience = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            var found = (await admin.DescribeConsumerGroupsAsync([group])).ConsumerGroupDescriptions.Single();
            if (found.State == ConsumerGroupState.Stable && found.Members.Count == count)
            {
                return [.. found.Members.Select(member => member.ConsumerId)];
            }

            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    /// <summary>Leaves the group in a member's name, which that one does not hear of.</summary>
    /// <param name="protocol">The group's: classic or consumer.</param>
    public async Task EvictAsync(string memberId, string protocol)
    {
        var request = protocol == "classic" ? LeaveGroup(memberId) : LastHeartbeat(memberId);
        var colon = brokers.LastIndexOf(':');
        using var client = new TcpClient(brokers[..colon], int.Parse(brokers[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture));
        var stream = client.GetStream();
        await stream.WriteAsync(BigEndian(request.Length));
        await stream.WriteAsync(request);
        var size = new byte[4];
        await stream.ReadExactlyAsync(size);
        var response = new byte[BinaryPrimitives.ReadInt32BigEndian(size)];
        await stream.ReadExactlyAsync(response);
        // Both begin with the correlation id, tags where there are any, the throttle time, and the
        // error.
        var error = BinaryPrimitives.ReadInt16BigEndian(response.AsSpan(protocol == "classic" ? 8 : 9));
        Assert.True(error == 0, $"the coordinator did not let {memberId} of {group} leave: error {error}");
    }

    /// <summary>LeaveGroup, version 3.</summary>
    private byte[] LeaveGroup(string memberId) => [0, 13, 0, 3, .. BigEndian(1), .. Text("tests"), .. Text(group), .. BigEndian(1), .. Text(memberId), 0xff, 0xff];

    /// <summary>
    /// ConsumerGroupHeartbeat, version 0, with the epoch of one that leaves; everything else stays
    /// as it was.
    /// </summary>
    private byte[] LastHeartbeat(string memberId) =>
        [0, 68, 0, 0, .. BigEndian(1), .. Text("tests"), 0, .. CompactText(group), .. CompactText(memberId), .. BigEndian(-1), 0, 0, .. BigEndian(-1), 0, 0, 0, 0];

    private static byte[] BigEndian(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }

    private static byte[] Text(string text) => [0, checked((byte)text.Length), .. Encoding.ASCII.GetBytes(text)];

    private static byte[] CompactText(string text) => [checked((byte)(text.Length + 1)), .. Encoding.ASCII.GetBytes(text)];
}
