using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace StreamScoring.KafkaClients.Native;

/// <summary>
/// Binds calls of ours to the very library file that Confluent.Kafka loaded: it picks one by
/// distribution (on Debian 12 centos8-librdkafka.so), and two copies in one process would share
/// neither clients nor queues.
/// </summary>
internal static class LoadedLibrary
{
    /// <summary>What imports name it by.</summary>
    public const string Name = "librdkafka";

    /// <summary>
    /// Binds an assembly's imports. To be called before the first of them, so by its module
    /// initializer.
    /// </summary>
    public static void Bind(Assembly assembly) => NativeLibrary.SetDllImportResolver(assembly, static (name, _, _) => name == Name ? Load() : 0);

    private static nint Load()
    {
        Confluent.Kafka.Library.Load();
        using var process = Process.GetCurrentProcess();
        var loaded = process.Modules.Cast<ProcessModule>().FirstOrDefault(module => module.ModuleName.Contains(Name, StringComparison.Ordinal));
        return loaded is not null ? NativeLibrary.Load(loaded.FileName)
            : throw new DllNotFoundException("Confluent.Kafka loaded no librdkafka; its package librdkafka.redist is part of the build output");
    }
}
