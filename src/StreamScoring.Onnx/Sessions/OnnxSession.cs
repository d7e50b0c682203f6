using Microsoft.ML.OnnxRuntime;
using StreamScoring.Scoring;

namespace StreamScoring.Onnx.Sessions;

/// <summary>
/// An inference session that several own: the model, and each lane. It is freed with the last of
/// them, as native code must not lose it under a call that does not come back.
/// </summary>
internal sealed class OnnxSession : IDisposable
{
    /// <summary>A row by itself may take this share of what a call may.</summary>
    private const int RowShare = 8;

    /// <summary>While it loads, loading as a whole has its time.</summary>
    private static readonly TimeSpan CallMaxLoading = TimeSpan.FromDays(1);

    private int _owners = 1;
    private volatile bool _isLoading = true;
    private volatile bool _isStopped;

    static OnnxSession() => RuntimeTelemetry.TurnOff();

    private OnnxSession(string path, InferenceSession inner, TimeSpan callMax, bool isOnCard, IReadOnlyList<string> notices) =>
        (Path, Inner, CallMax, IsOnCard, Notices) = (path, inner, callMax, isOnCard, notices);

    public string Path { get; }

    public InferenceSession Inner { get; }

    /// <summary>How long one call may take.</summary>
    public TimeSpan CallMax { get; }

    /// <summary>Whether a graphics card computes it.</summary>
    public bool IsOnCard { get; }

    /// <summary>What whoever serves it should know of its device.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>Loading is over its time, or was given up: calls end.</summary>
    public bool IsStopped => _isStopped;

    /// <param name="ended">Ends loading, now and in the calls that find out what the model
    /// is.</param>
    /// <exception cref="Configuration.InvalidInputFileException">ONNX Runtime does not load
    /// it.</exception>
    /// <exception cref="OnnxRuntimeException">Its time was over.</exception>
    public static OnnxSession Open(string path, OnnxGraph graph, ModelEngine engine, TimeSpan callMax, CancellationToken ended)
    {
        using var options = new SessionOptions
        {
            // Lanes are the parallelism: a call stays on its own thread, unless somebody wants
            // more.
            IntraOpNumThreads = engine.Threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        var notices = new List<string>();
        var isOnCard = SessionDevice.Choose(path, engine.Device, options, notices);
        using var ending = ended.Register(() => options.SetLoadCancellationFlag(true));
        try
        {
            return new OnnxSession(path, new InferenceSession(graph.ToBytes(), options), callMax, isOnCard, notices);
        }
        catch (OnnxRuntimeException e) when (!ended.IsCancellationRequested)
        {
            throw ModelRefused.Because(path, $"ONNX Runtime does not load it: {ModelRefused.FirstLine(e.Message)}", e);
        }
    }

    /// <summary>How long a call of so many rows may take.</summary>
    public TimeSpan CallMaxOf(int rowCount) => _isLoading ? CallMaxLoading : rowCount == 1 ? CallMax / RowShare : CallMax;

    /// <summary>From now on each call has its own time.</summary>
    public void Loaded() => _isLoading = false;

    /// <summary>Has running calls end soon, and later ones.</summary>
    public void Stop() => _isStopped = true;

    /// <returns>Itself, with one owner more.</returns>
    public OnnxSession Share()
    {
        Interlocked.Increment(ref _owners);
        return this;
    }

    /// <summary>One owner is done with it.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _owners) == 0)
        {
            Inner.Dispose();
        }
    }
}
