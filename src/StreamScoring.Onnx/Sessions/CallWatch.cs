using System.Diagnostics;

namespace StreamScoring.Onnx.Sessions;

/// <summary>
/// One thread that looks at all calls of ONNX Runtime in the process. A pool's thread might come
/// late where lanes hold them all.
/// </summary>
internal static class CallWatch
{
    /// <summary>By so much at most a call may be over its time.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(25);

    private static readonly object Gate = new();
    private static readonly List<WatchedCall> Calls = [];
    private static Thread? s_thread;

    public static void Add(WatchedCall call)
    {
        lock (Gate)
        {
            Calls.Add(call);
            if (s_thread is null)
            {
                s_thread = new Thread(Run) { IsBackground = true, Name = "model watch" };
                s_thread.Start();
            }

            Monitor.Pulse(Gate);
        }
    }

    public static void Remove(WatchedCall call)
    {
        lock (Gate)
        {
            Calls.Remove(call);
        }
    }

    private static void Run()
    {
        lock (Gate)
        {
            while (true)
            {
                if (Calls.Count == 0)
                {
                    Monitor.Wait(Gate);
                    continue;
                }

                var now = Stopwatch.GetTimestamp();
                for (var i = 0; i < Calls.Count; i++)
                {
                    Calls[i].EndIfOver(now);
                }

                Monitor.Wait(Gate, LookInterval);
            }
        }
    }
}
