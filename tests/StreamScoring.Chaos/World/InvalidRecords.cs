using System.Text;

namespace StreamScoring.Chaos.World;

/// <summary>
/// Records that are neither payment nor label, of the kinds that publishers send by mistake.
/// </summary>
public static class InvalidRecords
{
    private static readonly byte[][] Kinds =
    [
        [],
        [0xc1, 0xff, 0x00],
        [0x9c, 0x01, 0xa3],
        Encoding.UTF8.GetBytes("no payment at all"),
        Encoding.UTF8.GetBytes("{\"payment_id\":\"x\",\"event_time\":"),
        Encoding.UTF8.GetBytes("{\"payment_id\":\"x\",\"event_time\":1700000000000,\"amount_minor\":5,\"currency\":\"ZZZ\",\"card_id\":\"c\"}"),
        Encoding.UTF8.GetBytes("{\"payment_id\":\"x\",\"event_time\":1700000000000,\"amount_minor\":5,\"currency\":\"EUR\",\"card_id\":\"4111111111111111\"}"),
        Encoding.UTF8.GetBytes("{\"payment_id\":\"\",\"event_time\":\"yesterday\",\"amount_minor\":-5}"),
    ];

    public static byte[] Next(Random random) => Kinds[random.Next(Kinds.Length)];
}
