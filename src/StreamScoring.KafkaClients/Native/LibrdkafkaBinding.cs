using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace StreamScoring.KafkaClients.Native;

internal static class LibrdkafkaBinding
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The binding must be there before the first call.")]
    internal static void Bind() => LoadedLibrary.Bind(typeof(LibrdkafkaBinding).Assembly);
}
