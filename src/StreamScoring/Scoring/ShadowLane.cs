using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace StreamScoring.Scoring;

/// <summary>
/// A shadow model's own thread beside one lane of the champion. It works on a copy of the rows, so
/// that a call that takes long, or never comes back, holds nothing of the champion's: the batch
/// waits for a bounded time and goes on without it. Whoever was slow or failed is then left alone,
/// for a second and each time in a row for twice as long, up to a minute: a model that is always
/// slow costs the champion one wait in a minute.
/// </summary>
/// <remarks>
/// One caller at a time: <see cref="Begin"/>, then <see cref="End"/> where it was begun.
/// </remarks>
internal sealed class ShadowLane : IDisposable
{
    private static readonly TimeSpan RestFirst = TimeSpan.FromSeconds(1), RestMax = TimeSpan.FromMinutes(1), EndMax = TimeSpan.FromSeconds(2);

    private readonly object _gate = new();
    private readonly IFraudModel _model;
    private readonly string _id;
    private readonly ModelFailures? _failures;
    private readonly IScoringLane _scoring;
    private readonly CopiedInputs _inputs;
    private readonly double[] _probabilities;
    private readonly Thread _thread;

    // Under the gate.
    private long _begun;
    private long _ended;
    private bool _hasFailed;
    private Exception? _bug;
    private bool _isOver;

    private readonly RestTime _rest;

    /// <param name="failures">Told what it failed of; null: nobody is.</param>
    public ShadowLane(ShadowModel shadow, int rowsMax, TimeProvider clock, ModelFailures? failures = null)
    {
        (_model, _id, _rest, _failures) = (shadow.Model, shadow.Id, new RestTime(clock), failures);
        _inputs = new CopiedInputs(_model.Inputs, shadow.FeatureColumns, rowsMax);
        _scoring = _model.OpenLane([.. Enumerable.Range(0, _model.Inputs.Count)], rowsMax);
        _probabilities = new double[rowsMax];
        _thread = new Thread(Run) { IsBackground = true, Name = $"shadow {shadow.Id}" };
        _thread.Start();
    }

    /// <summary>Has some rows scored, unless it is busy or rests.</summary>
    /// <returns><see cref="ShadowOutcome.Scored"/> where it was begun and <see cref="End"/> tells
    /// how it went.</returns>
    /// <exception cref="InvariantBrokenException">Our bug came up in an earlier call.</exception>
    public ShadowOutcome Begin(Batches.FeatureMatrix features, ReadOnlySpan<int> rows)
    {
        lock (_gate)
        {
            ThrowBug();
            if (_begun != _ended)
            {
                return ShadowOutcome.Busy;
            }

            if (_rest.IsResting)
            {
                return ShadowOutcome.Resting;
            }

            _inputs.Take(features, rows);
            _begun++;
            Monitor.PulseAll(_gate);
            return ShadowOutcome.Scored;
        }
    }

    /// <summary>Waits for what was begun.</summary>
    /// <param name="until">By <see cref="Stopwatch.GetTimestamp"/>.</param>
    /// <param name="rows">Those that were begun.</param>
    /// <param name="probabilities">Filled at these rows: NaN where the model has no answer.</param>
    public ShadowOutcome End(long until, ReadOnlySpan<int> rows, Span<double> probabilities)
    {
        ShadowOutcome outcome;
        lock (_gate)
        {
            while (_ended != _begun && Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), until) is var left && left > TimeSpan.Zero)
            {
                Monitor.Wait(_gate, (int)Math.Ceiling(left.TotalMilliseconds));
            }

            ThrowBug();
            outcome = _ended != _begun ? ShadowOutcome.Slow : _hasFailed ? ShadowOutcome.Failed : ShadowOutcome.Scored;
            for (var i = 0; i < rows.Length; i++)
            {
                probabilities[rows[i]] = outcome == ShadowOutcome.Scored ? _probabilities[i] : double.NaN;
            }
        }

        if (outcome == ShadowOutcome.Scored)
        {
            _rest.End();
        }
        else
        {
            _rest.Rest(RestFirst, RestMax);
        }

        return outcome;
    }

    /// <summary>Has the call that is running end soon. From any thread.</summary>
    public void Stop() => _scoring.Stop();

    /// <summary>
    /// Ends the thread; one that is in a call that does not return is given up, and its buffers
    /// with it.
    /// </summary>
    public void Dispose()
    {
        Stop();
        lock (_gate)
        {
            _isOver = true;
            Monitor.PulseAll(_gate);
        }

        if (_thread.Join(EndMax))
        {
            _scoring.Dispose();
        }
    }

    private void Run()
    {
        while (true)
        {
            lock (_gate)
            {
                while (_begun == _ended && !_isOver)
                {
                    Monitor.Wait(_gate);
                }

                if (_isOver)
                {
                    return;
                }
            }

            var hasFailed = false;
            Exception? bug = null;
            try
            {
                var probabilities = _probabilities.AsSpan(0, _inputs.RowCount);
                _scoring.Score(_inputs.Features, _inputs.Rows, probabilities);
                foreach (ref var probability in probabilities)
                {
                    probability = _model.Calibration.Probability(probability);
                }
            }
            catch (InvariantBrokenException e)
            {
                // Thrown by whoever asks next: our bug stops the graph, on whichever thread it
                // comes up.
                (bug, hasFailed) = (e, true);
            }
            catch (Exception e)
            {
                // It must not end the process, and the champion never hears of it.
                hasFailed = true;
                _failures?.Add(_id, e);
            }

            lock (_gate)
            {
                (_hasFailed, _bug, _ended) = (hasFailed, _bug ?? bug, _ended + 1);
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void ThrowBug()
    {
        if (_bug is not null)
        {
            ExceptionDispatchInfo.Throw(_bug);
        }
    }
}
