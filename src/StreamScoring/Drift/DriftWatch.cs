using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using StreamScoring.Signals;

namespace StreamScoring.Drift;

/// <summary>
/// Compares what the models get and give with what they were trained on, over a rolling window of
/// processing time. One for a process: its windows outlive graphs and policies.
/// </summary>
public sealed class DriftWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>The thread does nothing that could take long.</summary>
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(5);

    private readonly EngineMeter _meter;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Counter<long> _dropped;
    private readonly ManualResetEventSlim _isOver = new();
    private readonly Lock _gate = new();

    /// <summary>Those that are told of by now. Under the gate.</summary>
    private List<ModelWatch> _told = [];
    private Thread? _thread;
    private DriftTap? _tap;
    private volatile IReadOnlyList<ModelDrift> _models = [];

    public DriftWatch(EngineMeter meter, TimeSpan window, TimeProvider clock, ILogger logger)
    {
        Invariant.Require(window > TimeSpan.Zero);
        (_meter, Window, _clock, _logger) = (meter, window, clock, logger);
        _dropped = meter.CreateCounter("scoring_drift_dropped_total", "Payments that were to be sampled for drift and were not, as too many waited to be counted.");
    }

    public TimeSpan Window { get; }

    /// <summary>As they were when they were last counted.</summary>
    public IReadOnlyList<ModelDrift> Models => _models;

    /// <summary>A tap for a policy that is yet to decide. A model that is watched goes on with its
    /// window.</summary>
    /// <param name="models">In the order of the policy's.</param>
    public DriftTap Open(IReadOnlyList<WatchedModel> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        var opened = new List<ModelWatch>();
        lock (_gate)
        {
            foreach (var model in models)
            {
                opened.Add(_told.Concat(opened).FirstOrDefault(watch => watch.Watched.IsSampledLike(model)) ?? new ModelWatch(model, _meter, Window, _clock));
            }
        }

        return new DriftTap(this, opened);
    }

    /// <summary>Counts from now on, each second, on a thread of its own.</summary>
    public void Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "drift" };
        _thread.Start();
    }

    /// <summary>
    /// Counts what was sampled for the models that decide now, and tells it. By one thread at a
    /// time.
    /// </summary>
    public void Count()
    {
        if (Volatile.Read(ref _tap) is not { } tap)
        {
            return;
        }

        List<ModelWatch> models = [.. tap.Models.ToArray().Distinct()];
        lock (_gate)
        {
            _told.Except(models).ToList().ForEach(model => model.Leave());
            _told = models;
        }

        _models = models.ConvertAll(model => model.Count());
    }

    public void Dispose()
    {
        _isOver.Set();
        if (_thread is null || _thread.Join(EndMax))
        {
            _isOver.Dispose();
        }
    }

    /// <summary>From the thread that decides: the models of this tap decide now.</summary>
    internal void Use(DriftTap tap)
    {
        if (tap != _tap)
        {
            Volatile.Write(ref _tap, tap);
        }
    }

    internal void Dropped(int rows) => _dropped.Add(rows);

    private void Run()
    {
        try
        {
            while (!_isOver.Wait(Interval))
            {
                Count();
            }
        }
        catch (Exception e)
        {
            // Payments are decided without it. What is sampled from here on is counted as dropped.
            _logger.DriftNotWatched(e.ToString());
        }
    }
}
