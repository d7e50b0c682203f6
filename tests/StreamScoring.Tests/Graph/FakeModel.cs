using StreamScoring.Batches;
using StreamScoring.Scoring;

namespace StreamScoring.Tests.Graph;

/// <summary>
/// A model of one input whose output is a hundredth of that input. A test may hold its lanes up.
/// </summary>
/// <param name="beforeBatch">What it does when it is asked; it may throw.</param>
/// <param name="stopped">Called when a lane is told to stop.</param>
/// <param name="nanFrom">From this input on it gives NaN.</param>
/// <param name="managedSeconds">What a call is said to have taken at load, of a model whose calls
/// come back; null: they may not.</param>
internal sealed class FakeModel(Action? beforeBatch = null, ScoreCalibration? calibration = null, Action? stopped = null, string name = "fake", double nanFrom = double.PositiveInfinity, double? managedSeconds = null) : IFraudModel
{
    private int _openLanes;
    private int _freedInCall;

    /// <summary>Lanes that were opened and not yet freed.</summary>
    public int OpenLanes => Volatile.Read(ref _openLanes);

    /// <summary>
    /// Lanes that were freed while they scored: with a native engine that would be the end of the
    /// process.
    /// </summary>
    public int FreedInCall => Volatile.Read(ref _freedInCall);

    public string Name => name;

    public string Version { get; } = "sha256:" + new string('0', 64);

    public string Engine => "test";

    public bool IsManaged => managedSeconds is not null;

    public IReadOnlyList<ModelInput> Inputs { get; } = [new ModelInput("tx_amount", IsText: false)];

    /// <summary>Null: asking for it fails, which stands for a bug in the score stage.</summary>
    public ScoreCalibration Calibration => calibration ?? throw new InvalidOperationException("no calibration");

    public IScoringLane OpenLane(IReadOnlyList<int> featureColumns, int rowsMax) => new Lane(this, beforeBatch, stopped, featureColumns[0], nanFrom);

    public double SecondsOf(int rowCount) => managedSeconds ?? 0;

    public IExplainer OpenExplainer(IReadOnlyList<int> featureColumns) => new Explainer(featureColumns[0]);

    public void Dispose()
    {
    }

    /// <summary>The contribution of the input is its value.</summary>
    private sealed class Explainer(int column) : IExplainer
    {
        public int RowsMax => 3;

        public void Explain(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> contributions)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                contributions[i] = features.Column(column)[rows[i]];
            }
        }

        public void Stop()
        {
        }

        public void Dispose()
        {
        }
    }

    private sealed class Lane : IScoringLane
    {
        private readonly FakeModel _model;
        private readonly Action? _beforeBatch;
        private readonly Action? _stopped;
        private readonly int _column;
        private readonly double _nanFrom;
        private volatile bool _isInCall;

        public Lane(FakeModel model, Action? beforeBatch, Action? stopped, int column, double nanFrom)
        {
            (_model, _beforeBatch, _stopped, _column, _nanFrom) = (model, beforeBatch, stopped, column, nanFrom);
            Interlocked.Increment(ref model._openLanes);
        }

        public void Score(FeatureMatrix features, ReadOnlySpan<int> rows, Span<double> raw)
        {
            _isInCall = true;
            try
            {
                _beforeBatch?.Invoke();
                for (var i = 0; i < rows.Length; i++)
                {
                    raw[i] = features.Column(_column)[rows[i]] is var value && value >= _nanFrom ? double.NaN : value / 100;
                }
            }
            finally
            {
                _isInCall = false;
            }
        }

        public void Stop() => _stopped?.Invoke();

        public void Dispose()
        {
            Interlocked.Decrement(ref _model._openLanes);
            if (_isInCall)
            {
                Interlocked.Increment(ref _model._freedInCall);
            }
        }
    }
}
