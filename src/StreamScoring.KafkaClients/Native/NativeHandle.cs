using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace StreamScoring.KafkaClients.Native;

/// <summary>The native client behind one of Confluent.Kafka.</summary>
internal static class NativeHandle
{
    public static SafeHandle Of(Handle client) => (SafeHandle)LibrdkafkaHandle(client);

    /// <summary>
    /// Confluent.Kafka keeps the client's pointer to itself. A version that renames this fails at
    /// the first call, which a test makes.
    /// </summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_LibrdkafkaHandle")]
    [return: UnsafeAccessorType("Confluent.Kafka.Impl.SafeKafkaHandle, Confluent.Kafka")]
    private static extern object LibrdkafkaHandle(Handle client);
}
