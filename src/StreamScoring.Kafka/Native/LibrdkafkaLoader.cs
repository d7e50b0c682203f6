using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamScoring.Kafka.Native;

/// <summary>
/// Binds our calls to the very library file that Confluent.Kafka loaded: it picks one by distribution (on Debian 12 centos8-librdkafka.so),
/// and two copies in one process would not share anything.
/// </summary>
internal static class LibrdkafkaLoader
{
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255", Justification = "The resolver must be there before the first call.")]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(LibrdkafkaLoader).Assembly, Resolve);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Librdkafka.Name)
        {
            return 0;
        }

        Confluent.Kafka.Library.Load();
        using var process = Process.GetCurrentProcess();
        var loaded = process.Modules.Cast<ProcessModule>().FirstOrDefault(module => module.ModuleName.Contains("librdkafka", StringComparison.Ordinal));
        return loaded is not null ? NativeLibrary.Load(loaded.FileName)
            : throw new DllNotFoundException("Confluent.Kafka loaded no librdkafka; its package librdkafka.redist is part of the build output");
    }
}
