using System.Runtime.InteropServices;

namespace StreamScoring.Chaos.World;

/// <summary>Signals of POSIX, by the numbers of Linux.</summary>
public static partial class Signals
{
    public const int Kill = 9, Term = 15, Cont = 18, Stop = 19;

    public static void Send(int processId, int signal) => _ = SendNative(processId, signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendNative(int processId, int signal);
}
